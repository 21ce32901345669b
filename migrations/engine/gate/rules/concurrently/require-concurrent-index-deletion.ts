/**
 * Gate rule require-concurrent-index-deletion: its texts, its examples, and what it finds.
 * Does NOT cover CONCURRENTLY inside BEGIN … COMMIT: such a file is not read at all (NOT_TRANSACTIONAL).
 */
import { sqlName } from "../../../sql/sqlText";
import { placedOfKind } from "../../input/subject";
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
    placedOfKind(subject.placedOperations, "drop")
      .filter(({ operation }) => !operation.concurrently)
      .flatMap((placed) =>
        placed.operation.objects
          .filter((object) => object.kind === "index" && !subject.isNew(object, placed))
          .map((index) =>
            atStatement(
              placed,
              `DROP INDEX ${sqlName(index)} locks its table against all use.`,
              `behind the COMMIT: DROP INDEX CONCURRENTLY IF EXISTS ${sqlName(index)};`,
            ),
          ),
      ),
});
