/**
 * Gate rule require-concurrent-reindex: its texts, its examples, and what it finds.
 * Does NOT cover CONCURRENTLY inside BEGIN … COMMIT: such a file is not read at all (NOT_TRANSACTIONAL).
 */
import { oneLine } from "../../../sql/sqlText";
import { flat } from "../../input/remedySql";
import { placedOfKind } from "../../input/subject";
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
    placedOfKind(subject.placedOperations, "reindex")
      .filter(({ operation }) => !operation.concurrently)
      .filter(
        (placed) =>
          placed.operation.target === null || !subject.isNew(placed.operation.target, placed),
      )
      .map((placed) =>
        atStatement(
          placed,
          `${oneLine(placed.statement.text)} locks out its users while it is built again.`,
          `behind the COMMIT: ${flat(placed.statement.text).replace(/^(REINDEX )(?:\([^)]*\) )?(\w+) /i, "$1$2 CONCURRENTLY ")};`,
        ),
      ),
});
