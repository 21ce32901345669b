/**
 * Gate rule ban-timeout-change: its texts, its examples, and what it finds.
 * Does NOT cover the splitting of a change into batches (the runner does it, where the file asks for it).
 */
import { parseStatements } from "../../../sql/parser";
import { settingsOf } from "../../../sql/roleChange";
import { oneLine } from "../../../sql/sqlText";
import { type PlacedOperation } from "../../input/placedOperation";
import { atStatement, docs, fileRule } from "../fileRule";

/** Parameters that the placed operation's statement sets, openly, by set_config or inside DO; once for each statement. */
function settingsIn({ operation, statement }: PlacedOperation): readonly string[] {
  if (operation.kind === "do") return operation.statements.flatMap(({ settings }) => settings);
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
  "idle_session_timeout",
  "client_connection_check_interval",
  "default_transaction_read_only",
  "default_transaction_isolation",
  "deadlock_timeout",
  // Under "replica" no trigger and no foreign key looks at what is written.
  "session_replication_role",
]);

export const banTimeoutChange = fileRule({
  id: "ban-timeout-change",
  problem: "A file changes lock_timeout, statement_timeout or another limit of the run.",
  why: "the limits keep others from waiting behind a migration; the run sets them by the stack's settings and the header.",
  instead:
    "remove it, and write `Lock timeout` or `Statement timeout` under IMPACT in the header; under psql, give limits in PGOPTIONS.",
  source: `Policy, Review: Lock escalation risks; ${docs("runtime-config-client.html#GUC-LOCK-TIMEOUT")}`,
  exception: "reason",
  bad: { body: "SET lock_timeout = 0;\nANALYZE dagapp.jobs;" },
  good: { body: "ANALYZE dagapp.jobs;" },
  find: (subject) =>
    [...subject.placedOperations, ...subject.rollbackOperations].flatMap((placed) =>
      settingsIn(placed)
        .filter((parameter) => limits.has(parameter))
        .map((parameter) =>
          atStatement(
            placed,
            `${oneLine(placed.statement.text)} changes ${parameter}, a limit of the run.`,
            "remove the statement; the header's IMPACT may state Lock timeout and Statement timeout.",
          ),
        ),
    ),
});
