/**
 * Gate rule require-concurrent-refresh: its texts, its examples, and what it finds.
 * Does NOT cover CONCURRENTLY inside BEGIN … COMMIT: such a file is not read at all (NOT_TRANSACTIONAL).
 */
import { sqlName } from "../../../sql/sqlText";
import { placedOfKind } from "../../input/subject";
import { atStatement, docs, fileRule } from "../fileRule";

export const requireConcurrentRefresh = fileRule({
  id: "require-concurrent-refresh",
  problem: "REFRESH MATERIALIZED VIEW without CONCURRENTLY.",
  why: "readers of the view wait until its query has run.",
  instead: "refresh it CONCURRENTLY; the view needs a unique index on plain columns for that.",
  source: `Policy, Review: Lock escalation risks; ${docs("sql-refreshmaterializedview.html")}`,
  exception: "reason",
  bad: { body: "REFRESH MATERIALIZED VIEW dagapp.job_counts;" },
  good: { body: "REFRESH MATERIALIZED VIEW CONCURRENTLY dagapp.job_counts;" },
  find: (subject) =>
    placedOfKind(subject.placedOperations, "refresh")
      .filter(
        (placed) => !placed.operation.concurrently && !subject.isNew(placed.operation.view, placed),
      )
      .map((placed) =>
        atStatement(
          placed,
          `REFRESH MATERIALIZED VIEW ${sqlName(placed.operation.view)} keeps its readers out.`,
          `REFRESH MATERIALIZED VIEW CONCURRENTLY ${sqlName(placed.operation.view)};`,
        ),
      ),
});
