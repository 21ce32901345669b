/**
 * Gate rule require-concurrent-refresh: its texts, its examples, and what it finds.
 * Does NOT cover CONCURRENTLY inside BEGIN … COMMIT: such a file is not read at all (NOT_TRANSACTIONAL).
 */
import { sqlName } from "../../../sql/sqlText";
import { placedOfKind } from "../../input/subject";
import { atStatement, docs, fileRule } from "../fileRule";

export const requireConcurrentRefresh = fileRule({
  id: "require-concurrent-refresh",
  problem: "REFRESH MATERIALIZED VIEW of a view in use.",
  why:
    "readers of the view wait until its query has run. CONCURRENTLY would let them in, but works in a temporary table: " +
    "the role of migrations may make none, because a temporary object can stand in for another in code that runs later in its session.",
  instead:
    "a new view beside it, filled while the old one is read, that takes its name in one transaction; or an exception with its reason where readers can wait.",
  source: `Policy, Review: Lock escalation risks; ${docs("sql-refreshmaterializedview.html")}`,
  exception: "reason",
  bad: { body: "REFRESH MATERIALIZED VIEW dagapp.job_counts;" },
  good: {
    body:
      "CREATE MATERIALIZED VIEW dagapp.job_counts_next AS SELECT status, count(*) AS jobs FROM dagapp.jobs GROUP BY status;\n" +
      "BEGIN;\nDROP MATERIALIZED VIEW IF EXISTS dagapp.job_counts;\n" +
      "ALTER MATERIALIZED VIEW dagapp.job_counts_next RENAME TO job_counts;\nCOMMIT;\n" +
      "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS job_counts_status ON dagapp.job_counts (status);",
    rollback:
      "CREATE MATERIALIZED VIEW IF NOT EXISTS dagapp.job_counts AS SELECT status, count(*) AS jobs FROM dagapp.jobs GROUP BY status;\n" +
      "CREATE UNIQUE INDEX IF NOT EXISTS job_counts_status ON dagapp.job_counts (status);",
  },
  find: (subject) =>
    placedOfKind(subject.placedOperations, "refresh")
      .filter(
        (placed) => !placed.operation.concurrently && !subject.isNew(placed.operation.view, placed),
      )
      .map((placed) =>
        atStatement(
          placed,
          `REFRESH MATERIALIZED VIEW ${sqlName(placed.operation.view)} keeps its readers out.`,
          `make a new view beside ${sqlName(placed.operation.view)} with its query and indexes, and let it take the name in one transaction (drop, rename).`,
        ),
      ),
});
