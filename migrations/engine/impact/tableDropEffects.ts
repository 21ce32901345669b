/**
 * What ALTER TABLE … DROP COLUMN and DROP CONSTRAINT lock beside the table: the other ends of foreign keys.
 * Does NOT cover DROP TABLE (see objectEffects).
 */
import type { ConstraintModel } from "../schema/schemaModel";
import { dropReaders } from "./dropEffects";
import type { EffectDraft, Target } from "./effectDraft";
import type { Reached } from "./reached";

/** Dropping a foreign key drops the triggers that enforce it, on both tables. */
function lockOtherEnd(effects: EffectDraft, constraint: ConstraintModel): void {
  if (constraint.references === null) return;
  const other =
    constraint.target === null
      ? [effects.find(constraint.references)]
      : effects.all([constraint.target]);
  for (const target of other.flatMap((one) => effects.family(one))) {
    effects.lock(target, "ACCESS EXCLUSIVE");
  }
}

/**
 * CASCADE takes the foreign keys that point here.
 *
 * @param columns  The key they would point at; a foreign key that names none points at the primary key.
 */
function lockReferencing(
  effects: EffectDraft,
  { model }: Target,
  columns: readonly string[],
  isPrimary: boolean,
): void {
  for (const referencing of effects.all(model?.referencedBy ?? [])) {
    const keys = referencing.model?.constraints.filter(({ target }) => target === model?.id) ?? [];
    const isHit = keys.some(
      ({ referencedColumns }) =>
        (isPrimary && referencedColumns.length === 0) ||
        referencedColumns.some((column) => columns.includes(column)),
    );
    if (isHit) effects.lock(referencing, "ACCESS EXCLUSIVE");
  }
}

function assumeCascade(effects: EffectDraft, what: string): void {
  effects.assume(`CASCADE drops what depends on ${what}, which may be more than the files say`);
}

export function dropColumnEffect(
  effects: EffectDraft,
  { table, family, command }: Reached<"drop column">,
): void {
  for (const target of family) {
    effects.lock(target, "ACCESS EXCLUSIVE");
    for (const constraint of target.model?.constraints ?? []) {
      if (constraint.columns.includes(command.column)) lockOtherEnd(effects, constraint);
    }
    const sequences = effects.all(target.model?.sequences ?? []);
    for (const sequence of sequences) {
      if (sequence.model?.column !== command.column) continue;
      effects.lock(sequence, "ACCESS EXCLUSIVE");
      effects.dropRelation(sequence);
    }
    if (!command.cascade) continue;
    lockReferencing(effects, target, [command.column], true);
    // Which columns a view uses is not known: all views of the table.
    if (target.model !== null) dropReaders(effects, target.model);
  }
  if (command.cascade) assumeCascade(effects, `column ${command.column}`);
  const { schema, name } = table.ref;
  effects.drop({ kind: "column", schema, name: `${name}.${command.column}` }, true);
  effects.loseData(table, true);
}

export function dropConstraintEffect(
  effects: EffectDraft,
  { table, family, command }: Reached<"drop constraint">,
): void {
  for (const target of family) {
    effects.lock(target, "ACCESS EXCLUSIVE");
    const found = target.model?.constraints.find(({ name }) => name === command.constraint);
    if (found === undefined) {
      if (!command.ifExists) {
        effects.assume(
          `no file makes the constraint ${command.constraint}: a foreign key locks its other table as well`,
        );
      }
      continue;
    }
    lockOtherEnd(effects, found);
    if (command.cascade) {
      lockReferencing(effects, target, found.columns, found.type === "primary key");
    }
  }
  if (command.cascade) assumeCascade(effects, `constraint ${command.constraint}`);
  const { schema, name } = table.ref;
  effects.drop({ kind: "constraint", schema, name: `${name}.${command.constraint}` }, true);
}
