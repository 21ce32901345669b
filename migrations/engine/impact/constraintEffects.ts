/**
 * What adding and validating of constraints locks and reads.
 * Does NOT cover dropping (see tableDropEffects).
 */
import { isProvenNotNull } from "../schema/schemaModel";
import type { LockMode } from "../sql/lockModes";
import type { Constraint } from "../statements/tableAction";
import type { EffectDraft, Target } from "./effectDraft";
import type { Reached } from "./reached";

/**
 * Adding a foreign key stops writes to both tables; its check reads both.
 *
 * @param reached  The tables that get it; none when they are made by the same statement.
 * Source: postgresql.org/docs/current/sql-altertable.html, ADD table_constraint.
 */
export function foreignKeyEffect(
  effects: EffectDraft,
  reached: readonly Target[],
  { references, valid, enforced }: Constraint,
  mode: LockMode,
): void {
  effects.lockAll(reached, mode);
  if (references === null) return;
  const referenced = effects.family(effects.find(references));
  effects.lockAll(referenced, mode);
  if (valid && enforced && reached.length > 0) effects.scanAll([...reached, ...referenced]);
}

/** Where the columns may hold NULL, as far as the files tell. */
const mayBeNull =
  (columns: readonly string[]) =>
  ({ model }: Target): boolean =>
    model === null || columns.some((column) => !isProvenNotNull(model, column));

/** Columns of the index that a primary key takes over; null when no file makes it. */
const columnsOfIndex = (effects: EffectDraft, { ref }: Target, index: string) =>
  effects.find({ schema: ref.schema, name: index }, "index").model?.index?.columns ?? null;

export function addConstraint(
  effects: EffectDraft,
  reached: readonly Target[],
  constraint: Constraint,
): void {
  const { type, valid, enforced, usingIndex, columns } = constraint;
  if (type === "foreign key") {
    foreignKeyEffect(effects, reached, constraint, "SHARE ROW EXCLUSIVE");
    return;
  }
  effects.lockAll(reached, "ACCESS EXCLUSIVE");
  if (type === "check") {
    if (valid && enforced) {
      effects.scanAll(reached);
      for (const name of constraint.calls) effects.call(name);
    }
  } else if (type === "not null") {
    if (valid) effects.scanAll(reached.filter(mayBeNull(columns)));
  } else if (usingIndex === null) {
    effects.scanAll(reached);
  } else if (type === "primary key") {
    const isRead = (target: Target): boolean => {
      const keys = columnsOfIndex(effects, target, usingIndex);
      return keys === null || mayBeNull(keys)(target);
    };
    effects.scanAll(reached.filter(isRead));
  }
}

export function validateConstraint(
  effects: EffectDraft,
  { table, family, command }: Reached<"validate constraint">,
): void {
  effects.lockAll(family, "SHARE UPDATE EXCLUSIVE");
  const constraint = table.model?.constraints.find(({ name }) => name === command.constraint);
  if (constraint === undefined) {
    effects.assume(
      `no file makes the constraint ${command.constraint}: a foreign key locks its other table as well, ROW SHARE`,
    );
    effects.scanAll(family);
    return;
  }
  // What is valid already is not asked again.
  if (constraint.valid) return;
  effects.scanAll(family);
  effects.fire(constraint.calls, `check ${constraint.name}`);
  if (constraint.references === null) return;
  const referenced = effects.family(effects.find(constraint.references));
  effects.lockAll(referenced, "ROW SHARE");
  effects.scanAll(referenced);
}
