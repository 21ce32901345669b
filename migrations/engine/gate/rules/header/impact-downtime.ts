/**
 * Gate rule impact-downtime: its texts, its examples, and what it finds.
 * Does NOT cover the form of the header (see files/header) nor the review and rollback lines.
 */
import { sqlName } from "../../../sql/sqlText";
import { type PlacedOperation } from "../../input/placedOperation";
import { placedOperationOf, type Subject } from "../../input/subject";
import { jobsRegion } from "../exampleParts";
import { atStatement, docs, fileRule } from "../fileRule";
import { existing } from "./headerFacts";

/** A statement that takes long while an earlier one of its transaction holds ACCESS EXCLUSIVE. */
interface HeldLock {
  readonly placed: PlacedOperation;
  readonly table: string;
  readonly since: number;
}

/** Copying or merging rows whose number nobody knows. Scans, indexes, UPDATE and DELETE have rules of their own. */
function takesLong(subject: Subject, placed: PlacedOperation): boolean {
  const { operation } = placed;
  if (placed.statement.ledger !== null) return false;
  if (operation.kind !== "query" && operation.kind !== "create table") return false;
  const { query } = operation;
  const writes = query?.writes ?? [];
  const copies =
    operation.kind === "create table" ||
    writes.some(({ verb }) => verb === "insert" || verb === "merge");
  const written = writes.map(({ table }) => sqlName(table));
  const isMerge = writes.some(({ verb }) => verb === "merge");
  return (
    copies &&
    (query?.reads ?? []).some(
      (read) => !subject.isNew(read, placed) && (isMerge || !written.includes(sqlName(read))),
    )
  );
}

function heldLocks(subject: Subject): readonly HeldLock[] {
  const held = new Map<PlacedOperation["segment"], { table: string; line: number }>();
  const found: HeldLock[] = [];
  for (const impact of subject.impacts) {
    const placed = placedOperationOf(subject, impact.statement);
    if (placed === undefined || placed.segment.kind === "single") continue;
    const before = held.get(placed.segment);
    if (before !== undefined && takesLong(subject, placed)) {
      found.push({ placed, table: before.table, since: before.line });
    }
    const strongest = impact.locks.filter(
      ({ object, mode }) => object.kind === "table" && mode === "ACCESS EXCLUSIVE",
    );
    const [table] = existing(
      subject,
      impact,
      strongest.map(({ object }) => object),
    );
    if (table !== undefined && before === undefined) {
      held.set(placed.segment, { table: sqlName(table), line: impact.statement.line });
    }
  }
  return found;
}

export const impactDowntime = fileRule({
  id: "impact-downtime",
  problem:
    "A lock that shuts everybody out is held while many rows are read or written, and no downtime is declared.",
  why: "nobody can use the table until the transaction ends; that is downtime, whatever the header says.",
  instead: "COMMIT before the long statement; or `Downtime required: Yes`.",
  source: `Policy, Header Block: IMPACT: Downtime required; ${docs("explicit-locking.html")}`,
  bad: {
    body:
      "BEGIN;\nALTER TABLE dagapp.jobs ADD COLUMN region TEXT;\n" +
      "INSERT INTO dagapp.notes (note_id, body) SELECT 1, job_id FROM dagapp.jobs;\nCOMMIT;",
    rollback: jobsRegion.rollback,
  },
  good: {
    body:
      "BEGIN;\nALTER TABLE dagapp.jobs ADD COLUMN region TEXT;\nCOMMIT;\n" +
      "INSERT INTO dagapp.notes (note_id, body) SELECT -1, job_id FROM dagapp.jobs;",
    rollback: `DELETE FROM dagapp.notes WHERE note_id = -1;\n${jobsRegion.rollback}`,
  },
  find: (subject) =>
    subject.file.header.impact.downtimeRequired
      ? []
      : heldLocks(subject).map(({ placed, table, since }) =>
          atStatement(
            placed,
            `${placed.statement.kind} runs while line ${since} holds ACCESS EXCLUSIVE on ${table}.`,
            "COMMIT before it; or write Downtime required: Yes into the header.",
          ),
        ),
});
