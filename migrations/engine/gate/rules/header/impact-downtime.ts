/**
 * Gate rule impact-downtime: its texts, its examples, and what it finds.
 * Does NOT cover the form of the header (see files/header) nor the review and rollback lines.
 */
import { sqlName } from "../../../sql/sqlText";
import { type Act } from "../../input/act";
import { actOf, type Subject } from "../../input/subject";
import { atStatement, docs, fileRule } from "../fileRule";
import { existing, jobsRegion } from "./headerFacts";

/** A statement that takes long while an earlier one of its transaction holds ACCESS EXCLUSIVE. */
interface HeldLock {
  readonly act: Act;
  readonly table: string;
  readonly since: number;
}

/** Copying or merging rows whose number nobody knows. Scans, indexes, UPDATE and DELETE have rules of their own. */
function takesLong(subject: Subject, act: Act): boolean {
  const { action } = act;
  if (act.statement.ledger !== null) return false;
  if (action.kind !== "query" && action.kind !== "create table") return false;
  const { query } = action;
  const writes = query?.writes ?? [];
  const copies =
    action.kind === "create table" ||
    writes.some(({ verb }) => verb === "insert" || verb === "merge");
  const written = writes.map(({ table }) => sqlName(table));
  const isMerge = writes.some(({ verb }) => verb === "merge");
  return (
    copies &&
    (query?.reads ?? []).some(
      (read) => !subject.isNew(read, act) && (isMerge || !written.includes(sqlName(read))),
    )
  );
}

function heldLocks(subject: Subject): readonly HeldLock[] {
  const held = new Map<Act["segment"], { table: string; line: number }>();
  const found: HeldLock[] = [];
  for (const effect of subject.effects) {
    const act = actOf(subject, effect.statement);
    if (act === undefined || act.segment.kind === "single") continue;
    const before = held.get(act.segment);
    if (before !== undefined && takesLong(subject, act)) {
      found.push({ act, table: before.table, since: before.line });
    }
    const strongest = effect.locks.filter(
      ({ object, mode }) => object.kind === "table" && mode === "ACCESS EXCLUSIVE",
    );
    const [table] = existing(
      subject,
      effect,
      strongest.map(({ object }) => object),
    );
    if (table !== undefined && before === undefined) {
      held.set(act.segment, { table: sqlName(table), line: effect.statement.line });
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
      "INSERT INTO dagapp.notes (note_id, body) SELECT 1, job_id FROM dagapp.jobs;",
    rollback: jobsRegion.rollback,
  },
  find: (subject) =>
    subject.file.header.impact.downtimeRequired
      ? []
      : heldLocks(subject).map(({ act, table, since }) =>
          atStatement(
            act,
            `${act.statement.kind} runs while line ${since} holds ACCESS EXCLUSIVE on ${table}.`,
            "COMMIT before it; or write Downtime required: Yes into the header.",
          ),
        ),
});
