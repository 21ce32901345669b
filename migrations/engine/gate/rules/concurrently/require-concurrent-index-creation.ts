/**
 * Gate rule require-concurrent-index-creation: its texts, its examples, and what it finds.
 * Does NOT cover CONCURRENTLY inside BEGIN … COMMIT: such a file is not read at all (NOT_TRANSACTIONAL).
 */
import { sqlName } from "../../../sql/sqlText";
import { partitionSteps } from "../../input/partitionedIndex";
import { flat } from "../../input/remedySql";
import { placedOfKind } from "../../input/subject";
import { atStatement, docs, fileRule, lockRiskHigh } from "../fileRule";

/** The author's CREATE INDEX with CONCURRENTLY in it. */
const concurrentForm = (sql: string, named: boolean): string =>
  flat(sql).replace(
    /^CREATE (UNIQUE )?INDEX (IF NOT EXISTS )?/i,
    (_all, unique: string | undefined) =>
      `CREATE ${unique ?? ""}INDEX CONCURRENTLY ${named ? "IF NOT EXISTS " : ""}`,
  );

export const requireConcurrentIndexCreation = fileRule({
  id: "require-concurrent-index-creation",
  problem: "CREATE INDEX without CONCURRENTLY on a table that is in use.",
  why: "writers wait until the index is built, and everybody who comes after them in the queue.",
  instead: "build it CONCURRENTLY, behind the COMMIT, and look at indisvalid in the post-flight.",
  source: `Policy, High-Risk Operations: CREATE INDEX; ${docs("sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY")}`,
  exception: lockRiskHigh,
  bad: {
    body: "CREATE INDEX idx_jobs_owner ON dagapp.jobs (owner);",
    rollback: "DROP INDEX IF EXISTS dagapp.idx_jobs_owner;",
  },
  good: {
    body: "CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_jobs_owner ON dagapp.jobs (owner);",
    rollback: "DROP INDEX IF EXISTS dagapp.idx_jobs_owner;",
  },
  find: (subject) =>
    placedOfKind(subject.placedOperations, "create index")
      .filter(({ operation }) => !operation.concurrently)
      .filter((placed) => !subject.isNew(placed.operation.table, placed))
      // Only the parent's entry in the catalog; its partitions get theirs CONCURRENTLY.
      .filter(
        ({ operation }) =>
          !(operation.only && subject.before.relation(operation.table)?.partitionKey != null),
      )
      .map((placed) =>
        atStatement(
          placed,
          `CREATE INDEX on ${sqlName(placed.operation.table)} keeps writers out while it is built.`,
          partitionSteps(subject, placed) ??
            `behind the COMMIT: ${concurrentForm(placed.statement.text, placed.operation.name !== null)};`,
        ),
      ),
});
