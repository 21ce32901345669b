/**
 * What adding and validating of constraints locks and reads.
 * Does NOT cover dropping (see dropImpacts).
 */
import { isProvenNotNull } from "../schema/schemaModel";
import type { LockMode } from "../sql/lockModes";
import type { Constraint } from "../statements/tableOperation";
import type { ImpactBuilder, Target } from "./impactBuilder";
import type { Reached } from "./reached";

/**
 * Adding a foreign key stops writes to both tables; its check reads both.
 *
 * @param reached  The tables that get it; none when they are made by the same statement.
 * Source: postgresql.org/docs/current/sql-altertable.html, ADD table_constraint.
 */
export function foreignKeyImpact(
  impacts: ImpactBuilder,
  reached: readonly Target[],
  { references, valid, enforced }: Constraint,
  mode: LockMode,
): void {
  impacts.lockAll(reached, mode);
  if (references === null) return;
  const referenced = impacts.family(impacts.find(references));
  impacts.lockAll(referenced, mode);
  if (valid && enforced && reached.length > 0) impacts.scanAll([...reached, ...referenced]);
}

/** Where the columns may hold NULL, as far as the files tell. */
const mayBeNull =
  (columns: readonly string[]) =>
  ({ model }: Target): boolean =>
    model === null || columns.some((column) => !isProvenNotNull(model, column));

/** Columns of the index that a primary key takes over; null when no file makes it. */
const columnsOfIndex = (impacts: ImpactBuilder, { ref }: Target, index: string) =>
  impacts.find({ schema: ref.schema, name: index }, "index").model?.index?.columns ?? null;

export function addConstraint(
  impacts: ImpactBuilder,
  reached: readonly Target[],
  constraint: Constraint,
): void {
  const { type, valid, enforced, usingIndex, columns } = constraint;
  if (type === "foreign key") {
    foreignKeyImpact(impacts, reached, constraint, "SHARE ROW EXCLUSIVE");
    return;
  }
  impacts.lockAll(reached, "ACCESS EXCLUSIVE");
  if (type === "check") {
    if (valid && enforced) {
      impacts.scanAll(reached);
      for (const name of constraint.calls) impacts.call(name);
    }
  } else if (type === "not null") {
    if (valid) impacts.scanAll(reached.filter(mayBeNull(columns)));
  } else if (usingIndex === null) {
    impacts.scanAll(reached);
  } else if (type === "primary key") {
    const isRead = (target: Target): boolean => {
      const keys = columnsOfIndex(impacts, target, usingIndex);
      return keys === null || mayBeNull(keys)(target);
    };
    impacts.scanAll(reached.filter(isRead));
  }
}

export function validateConstraint(
  impacts: ImpactBuilder,
  { table, family, command }: Reached<"validate constraint">,
): void {
  impacts.lockAll(family, "SHARE UPDATE EXCLUSIVE");
  const constraint = table.model?.constraints.find(({ name }) => name === command.constraint);
  if (constraint === undefined) {
    impacts.assume(
      `no file makes the constraint ${command.constraint}: a foreign key locks its other table as well, ROW SHARE`,
    );
    impacts.scanAll(family);
    return;
  }
  // What is valid already is not asked again.
  if (constraint.valid) return;
  impacts.scanAll(family);
  impacts.fire(constraint.calls, `check ${constraint.name}`);
  if (constraint.references === null) return;
  const referenced = impacts.family(impacts.find(constraint.references));
  impacts.lockAll(referenced, "ROW SHARE");
  impacts.scanAll(referenced);
}

/** ENFORCED and NOT ENFORCED make or drop the triggers at both ends; ENFORCED looks at every row. */
export function alterConstraint(
  impacts: ImpactBuilder,
  { table, family, command }: Reached<"alter constraint">,
): void {
  impacts.lockAll(family, "ACCESS EXCLUSIVE");
  const constraint = table.model?.constraints.find(({ name }) => name === command.constraint);
  const { enforced } = command;
  // What is so already is left alone.
  if (enforced === null || constraint?.enforced === enforced) return;
  if (constraint === undefined) {
    impacts.assume(
      `no file makes the constraint ${command.constraint}: a foreign key locks its other table as well, ACCESS EXCLUSIVE`,
    );
  }
  const { references = null } = constraint ?? {};
  const referenced = references === null ? [] : impacts.family(impacts.find(references));
  impacts.lockAll(referenced, enforced ? "SHARE ROW EXCLUSIVE" : "ACCESS EXCLUSIVE");
  if (enforced) impacts.scanAll([...family, ...referenced]);
}
