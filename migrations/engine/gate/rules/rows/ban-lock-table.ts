/**
 * Gate rule ban-lock-table: its texts, its examples, and what it finds.
 * Does NOT cover the splitting of a change into batches (the runner does it, where the file asks for it).
 */
import type { ObjectName } from "../../../sql/objectName";
import { sqlName } from "../../../sql/sqlText";
import type { OperationOf } from "../../../statements/operation";
import type { RuleFinding } from "../../input/gateRule";
import type { PlacedOperation } from "../../input/placedOperation";
import { impactOf, placedOfKind, type Subject } from "../../input/subject";
import { atStatement, docs, fileRule } from "../fileRule";

export const banLockTable = fileRule({
  id: "ban-lock-table",
  problem: "LOCK TABLE on a table in use.",
  why: "it holds its lock to the end of the transaction, and all others wait behind it.",
  instead:
    "leave it out: each statement takes the lock it needs, with a timeout and a retry of the whole transaction.",
  source: `Policy, Review: Lock escalation risks; ${docs("sql-lock.html")}`,
  exception: "reason",
  bad: {
    body: "BEGIN;\nLOCK TABLE dagapp.jobs IN SHARE MODE;\nALTER TABLE dagapp.jobs ADD COLUMN region TEXT;\nCOMMIT;",
    rollback: "ALTER TABLE dagapp.jobs DROP COLUMN IF EXISTS region;",
  },
  good: {
    body: "ALTER TABLE dagapp.jobs ADD COLUMN region TEXT;",
    rollback: "ALTER TABLE dagapp.jobs DROP COLUMN IF EXISTS region;",
  },
  find: (subject) => [
    ...placedOfKind(subject.placedOperations, "lock")
      .filter((placed) => locksOld(subject, placed))
      .map(finding),
    // A rollback is run when others use everything.
    ...placedOfKind(subject.rollbackOperations, "lock").map(finding),
  ],
});

const finding = (placed: PlacedOperation<OperationOf<"lock">>): RuleFinding =>
  atStatement(
    placed,
    `LOCK ${placed.operation.tables.map(({ name }) => sqlName(name)).join(", ")} IN ${placed.operation.mode} MODE is held until the COMMIT.`,
    "remove the statement.",
  );

/** The table was there, or a new view or parent leads to one that was. */
function locksOld(subject: Subject, placed: PlacedOperation<OperationOf<"lock">>): boolean {
  const isOld = (name: ObjectName): boolean => !subject.isNew(name, placed);
  const below = impactOf(subject, placed.statement)?.locks ?? [];
  return (
    placed.operation.tables.some(({ name }) => isOld(name)) ||
    below.some(({ isNew, object }) => !isNew && isOld(object))
  );
}
