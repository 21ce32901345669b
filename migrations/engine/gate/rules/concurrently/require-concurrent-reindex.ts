/**
 * Gate rule require-concurrent-reindex: its texts, its examples, and what it finds.
 * Does NOT cover CONCURRENTLY inside BEGIN … COMMIT: such a file is not read at all (NOT_TRANSACTIONAL).
 */
import { oneLine } from "../../../sql/sqlText";
import { actsOfKind } from "../../input/subject";
import { atStatement, docs, fileRule, lockRiskHigh } from "../fileRule";

export const requireConcurrentReindex = fileRule({
  id: "require-concurrent-reindex",
  problem: "REINDEX without CONCURRENTLY.",
  why: "it locks the table against writers, and the index against readers too, while it is built again.",
  instead: "REINDEX … CONCURRENTLY, behind the COMMIT.",
  source: `Policy, Review: Lock escalation risks; ${docs("sql-reindex.html#SQL-REINDEX-CONCURRENTLY")}`,
  exception: lockRiskHigh,
  bad: {
    header: { "Tables affected": "dagapp.jobs" },
    body: "REINDEX INDEX dagapp.idx_jobs_status;",
  },
  good: {
    header: { "Tables affected": "dagapp.jobs" },
    body: "REINDEX INDEX CONCURRENTLY dagapp.idx_jobs_status;",
  },
  find: (subject) =>
    actsOfKind(subject.acts, "reindex")
      .filter(({ action }) => !action.concurrently)
      .filter((act) => act.action.target === null || !subject.isNew(act.action.target, act))
      .map((act) =>
        atStatement(
          act,
          `${oneLine(act.statement.text)} locks out its users while it is built again.`,
          `behind the COMMIT: ${oneLine(act.statement.text).replace(/^(REINDEX )(?:\([^)]*\) )?(\w+) /i, "$1$2 CONCURRENTLY ")};`,
        ),
      ),
});
