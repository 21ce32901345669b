/**
 * Gate rule require-concurrent-index-deletion: its texts, its examples, and what it finds.
 * Does NOT cover CONCURRENTLY inside BEGIN … COMMIT: such a file is not read at all (NOT_TRANSACTIONAL).
 */
import { sqlName } from "../../../sql/sqlText";
import { actsOfKind } from "../../input/subject";
import { atStatement, docs, fileRule } from "../fileRule";

export const requireConcurrentIndexDeletion = fileRule({
  id: "require-concurrent-index-deletion",
  problem: "DROP INDEX without CONCURRENTLY on a table that is in use.",
  why: "it waits for every user of the table, and readers and writers wait behind it.",
  instead: "drop it CONCURRENTLY, behind the COMMIT.",
  source: `Policy, Review: Lock escalation risks; ${docs("sql-dropindex.html")}`,
  exception: "reason",
  bad: {
    header: { "Tables affected": "dagapp.jobs" },
    body: "DROP INDEX dagapp.idx_jobs_status;",
    rollback: "CREATE INDEX idx_jobs_status ON dagapp.jobs (status);",
  },
  good: {
    header: { "Tables affected": "dagapp.jobs" },
    body: "DROP INDEX CONCURRENTLY IF EXISTS dagapp.idx_jobs_status;",
    rollback: "CREATE INDEX idx_jobs_status ON dagapp.jobs (status);",
  },
  find: (subject) =>
    actsOfKind(subject.acts, "drop")
      .filter(({ action }) => !action.concurrently)
      .flatMap((act) =>
        act.action.objects
          .filter((object) => object.kind === "index" && !subject.isNew(object, act))
          .map((index) =>
            atStatement(
              act,
              `DROP INDEX ${sqlName(index)} locks its table against all use.`,
              `behind the COMMIT: DROP INDEX CONCURRENTLY IF EXISTS ${sqlName(index)};`,
            ),
          ),
      ),
});
