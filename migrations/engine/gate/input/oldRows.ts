/**
 * Rows and relations that were there before the file and that a statement reaches, whatever leads there: views,
 * inheritance, partitions, foreign keys, triggers, rules, functions.
 * Does NOT judge (see the rules).
 */
import type { RowImpact, StatementImpact } from "../../impact/impact";
import type { ObjectName, ObjectRef } from "../../sql/objectName";
import type { PlacedOperation } from "./placedOperation";
import { placedOperationOf, sameName, type Subject } from "./subject";

/** Something of one statement, with the first placed operation of that statement. */
interface Reached<T> {
  readonly placed: PlacedOperation;
  readonly impact: StatementImpact;
  readonly item: T;
}

/** Changes of rows that the forward file finds in place. */
export function oldWrites(subject: Subject): readonly Reached<RowImpact>[] {
  return subject.impacts.flatMap((impact) => {
    const placed = placedOperationOf(subject, impact.statement);
    if (placed === undefined || impact.statement.ledger !== null) return [];
    return impact.writes
      .filter(({ isNew, object }) => !isNew && !subject.isNew(object, placed))
      .map((item) => ({ placed, impact, item }));
  });
}

/** Tables that a drop takes along though the file itself made what is named: old children of a new parent. */
export function oldDrops(subject: Subject): readonly Reached<ObjectRef>[] {
  return subject.impacts.flatMap((impact) => {
    const placed = placedOperationOf(subject, impact.statement);
    if (placed === undefined) return [];
    return impact.drops
      .filter(({ kind }) => kind === "table" || kind === "foreign table")
      .filter((object) => {
        const made = subject.before.relation(object);
        return made !== null && !subject.isNew(object, placed);
      })
      .map((item) => ({ placed, impact, item }));
  });
}

/** Tables that were there and that the file has hung under one of its own, by ATTACH PARTITION or INHERIT. */
export function oldHeirs(
  subject: Subject,
  placed: PlacedOperation,
  table: ObjectName,
): readonly ObjectName[] {
  const found: ObjectName[] = [table];
  for (const above of found) {
    for (const { operation, index } of subject.placedOperations) {
      if (index >= placed.index || operation.kind !== "alter table") continue;
      const { command } = operation;
      const heir =
        command.kind === "attach partition" && sameName(operation.table, above)
          ? command.partition
          : command.kind === "inherit" && sameName(command.parent, above)
            ? operation.table
            : null;
      if (heir !== null && !found.some((one) => sameName(one, heir))) found.push(heir);
    }
  }
  return found.slice(1).filter((one) => subject.before.relation(one) !== null);
}

/** " (by trigger t of m.x)", or nothing where the statement names the relation itself. */
export const byWhat = ({ by }: RowImpact): string => (by === null ? "" : ` (by ${by})`);

/** Sequences that were there and will give other values. */
export function oldResets(subject: Subject): readonly Reached<ObjectRef>[] {
  return subject.impacts.flatMap((impact) => {
    const placed = placedOperationOf(subject, impact.statement);
    if (placed === undefined) return [];
    return impact.resets
      .filter((object) => !isOfNewTable(subject, object, placed) && !subject.isNew(object, placed))
      .map((item) => ({ placed, impact, item }));
  });
}

/** The sequence of a column of a table that the file makes: `t_id_seq`. */
function isOfNewTable(subject: Subject, sequence: ObjectRef, placed: PlacedOperation): boolean {
  return subject.placedOperations.some(
    ({ operation, index }) =>
      index < placed.index &&
      operation.kind === "create table" &&
      operation.table.schema === sequence.schema &&
      sequence.name.startsWith(`${operation.table.name}_`) &&
      subject.isNew(operation.table, placed),
  );
}

/** The kind that a relation really has: ALTER INDEX and ALTER TABLE take names of other kinds as well. */
export const realKind = (subject: Subject, object: ObjectRef): string =>
  subject.before.relation(object)?.ref.kind ?? object.kind;
