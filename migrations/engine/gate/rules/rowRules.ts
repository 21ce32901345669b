/**
 * Rules about statements that change or lock many rows of tables in use.
 * Does NOT split a change into batches (the runner does, where the file asks for it).
 */
import { batchOf } from "../../files/batch";
import { parseStatements } from "../../sql/parser";
import { settingsOf } from "../../sql/roleChange";
import { oneLine, sqlName } from "../../sql/sqlText";
import type { RowWrite } from "../../statements/action";
import { type Act } from "../input/act";
import type { GateRule } from "../input/gateRule";
import { unboundedWrites } from "../input/rowChange";
import { actsOfKind } from "../input/subject";
import { atStatement, docs, fileRule, lockRiskHigh } from "./fileRule";

/** What is wrong with an UPDATE or DELETE of many rows; null when the runner does it in batches. */
function faultOf({ statement }: Act, write: RowWrite): string | null {
  // A batch without WHERE or inside BEGIN … COMMIT is a problem of the file (BATCH_STATEMENT).
  if (batchOf(statement) !== null) return null;
  return write.filtered
    ? "it is not batched, and locks each row it finds until all are done"
    : "it has no WHERE, and locks every row until it is done";
}

export const rowRules: readonly GateRule[] = [
  fileRule({
    id: "unbatched-change",
    problem:
      "An UPDATE or DELETE of a table in use without WHERE, or not in batches; or the same as MERGE or ON CONFLICT DO UPDATE.",
    why: "one long transaction holds locks on all its rows, bloats the table, and starts from zero when it fails.",
    instead:
      "put `-- batch` (or `-- batch rows=5000 pause=100ms target=500ms`) directly above it, behind the COMMIT, with a WHERE that " +
      "finds only rows still to do. Rows named by their key (`= constant`, `IN (…)`) need no batches.",
    source: "Policy, Safe Pattern: Backfill in batches",
    exception: lockRiskHigh,
    bad: { body: "UPDATE dagapp.jobs SET owner = 'nobody' WHERE owner IS NULL;" },
    good: {
      body: "-- batch rows=5000\nUPDATE dagapp.jobs SET owner = 'nobody' WHERE owner IS NULL;",
    },
    find: (subject) =>
      subject.acts.flatMap((act) =>
        unboundedWrites(subject, act).flatMap((write) => {
          const fault = faultOf(act, write);
          if (fault === null) return [];
          const sql = oneLine(act.statement.text);
          const where = write.filtered ? "" : " WHERE … rows still to do …";
          const isPlain = write.verb === "update" || write.verb === "delete";
          return [
            atStatement(
              act,
              `${write.verb.toUpperCase()} of ${sqlName(write.table)}: ${fault}.`,
              isPlain
                ? `behind the COMMIT, two lines: -- batch, and ${sql}${where};`
                : "write what it changes as an UPDATE or DELETE with -- batch above it, what it adds as an INSERT.",
            ),
          ];
        }),
      ),
  }),
  fileRule({
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
    find: (subject) =>
      actsOfKind(subject.acts, "lock")
        .filter((act) => act.action.tables.some(({ name }) => !subject.isNew(name, act)))
        .map((act) =>
          atStatement(
            act,
            `LOCK ${act.action.tables.map(({ name }) => sqlName(name)).join(", ")} IN ${act.action.mode} MODE is held until the COMMIT.`,
            "remove the statement.",
          ),
        ),
  }),
  fileRule({
    id: "ban-timeout-change",
    problem: "A file changes lock_timeout, statement_timeout or another limit of the run.",
    why: "the limits keep others from waiting behind a migration; the run sets them by the stack's settings.",
    instead: "remove it; under psql, give limits in PGOPTIONS.",
    source: `Policy, Review: Lock escalation risks; ${docs("runtime-config-client.html#GUC-LOCK-TIMEOUT")}`,
    exception: "reason",
    bad: { body: "SET lock_timeout = 0;\nANALYZE dagapp.jobs;" },
    good: { body: "ANALYZE dagapp.jobs;" },
    find: (subject) =>
      [...subject.acts, ...subject.rollbackActs].flatMap((act) =>
        settingsIn(act)
          .filter((parameter) => limits.has(parameter))
          .map((parameter) =>
            atStatement(
              act,
              `${oneLine(act.statement.text)} changes ${parameter}, a limit of the run.`,
              "remove the statement.",
            ),
          ),
      ),
  }),
];

/** Parameters that the act's statement sets, openly, by set_config or inside DO; once for each statement. */
function settingsIn({ action, statement }: Act): readonly string[] {
  if (action.kind === "do") return action.statements.flatMap(({ settings }) => settings);
  if (/^(RE)?SET$/.test(statement.kind)) return [statement.target?.toLowerCase() ?? ""];
  if (statement.kind === "DO" || !/set_config/i.test(statement.text)) return [];
  const parsed = parseStatements(statement.text);
  return "reason" in parsed ? [] : parsed.flatMap(({ tag, node }) => settingsOf(tag, node));
}

const limits: ReadonlySet<string> = new Set([
  "lock_timeout",
  "statement_timeout",
  "transaction_timeout",
  "idle_in_transaction_session_timeout",
  "deadlock_timeout",
  // Under "replica" no trigger and no foreign key looks at what is written.
  "session_replication_role",
]);
