/**
 * What ALTER TABLE … DROP COLUMN and DROP CONSTRAINT lock beside the table: the other ends of foreign keys.
 * Does NOT cover DROP TABLE (see objectImpacts).
 */
import type { ConstraintModel } from "../schema/schemaModel";
import { dropReaders } from "./dropImpacts";
import type { ImpactBuilder, Target } from "./impactBuilder";
import type { Reached } from "./reached";

/** Dropping a foreign key drops the triggers that enforce it, on both tables. */
function lockOtherEnd(impacts: ImpactBuilder, constraint: ConstraintModel): void {
  if (constraint.references === null) return;
  const other =
    constraint.target === null
      ? [impacts.find(constraint.references)]
      : impacts.all([constraint.target]);
  for (const target of other.flatMap((one) => impacts.family(one))) {
    impacts.lock(target, "ACCESS EXCLUSIVE");
  }
}

/**
 * CASCADE takes the foreign keys that point here.
 *
 * @param columns  The key they would point at; a foreign key that names none points at the primary key.
 */
function lockReferencing(
  impacts: ImpactBuilder,
  { model }: Target,
  columns: readonly string[],
  isPrimary: boolean,
): void {
  for (const referencing of impacts.all(model?.referencedBy ?? [])) {
    const keys = referencing.model?.constraints.filter(({ target }) => target === model?.id) ?? [];
    const isHit = keys.some(
      ({ referencedColumns }) =>
        (isPrimary && referencedColumns.length === 0) ||
        referencedColumns.some((column) => columns.includes(column)),
    );
    if (isHit) impacts.lock(referencing, "ACCESS EXCLUSIVE");
  }
}

function assumeCascade(impacts: ImpactBuilder, what: string): void {
  impacts.assume(`CASCADE drops what depends on ${what}, which may be more than the files say`);
}

export function dropColumnImpact(
  impacts: ImpactBuilder,
  { table, family, command }: Reached<"drop column">,
): void {
  for (const target of family) {
    impacts.lock(target, "ACCESS EXCLUSIVE");
    for (const constraint of target.model?.constraints ?? []) {
      if (constraint.columns.includes(command.column)) lockOtherEnd(impacts, constraint);
    }
    const sequences = impacts.all(target.model?.sequences ?? []);
    for (const sequence of sequences) {
      if (sequence.model?.column !== command.column) continue;
      impacts.lock(sequence, "ACCESS EXCLUSIVE");
      impacts.dropRelation(sequence);
    }
    if (!command.cascade) continue;
    lockReferencing(impacts, target, [command.column], true);
    // Which columns a view uses is not known: all views of the table.
    if (target.model !== null) dropReaders(impacts, target.model);
  }
  if (command.cascade) assumeCascade(impacts, `column ${command.column}`);
  const { schema, name } = table.ref;
  impacts.drop({ kind: "column", schema, name: `${name}.${command.column}` }, true);
  impacts.loseData(table, true);
}

export function dropConstraintImpact(
  impacts: ImpactBuilder,
  { table, family, command }: Reached<"drop constraint">,
): void {
  for (const target of family) {
    impacts.lock(target, "ACCESS EXCLUSIVE");
    const found = target.model?.constraints.find(({ name }) => name === command.constraint);
    if (found === undefined) {
      if (!command.ifExists) {
        impacts.assume(
          `no file makes the constraint ${command.constraint}: a foreign key locks its other table as well`,
        );
      }
      continue;
    }
    lockOtherEnd(impacts, found);
    if (command.cascade) {
      lockReferencing(impacts, target, found.columns, found.type === "primary key");
    }
  }
  if (command.cascade) assumeCascade(impacts, `constraint ${command.constraint}`);
  const { schema, name } = table.ref;
  impacts.drop({ kind: "constraint", schema, name: `${name}.${command.constraint}` }, true);
}
