/**
 * Gate rule prefer-repack: its texts, its examples, and what it finds.
 * Does NOT cover DROP SCHEMA, which no migration may hold at all (see reach/forbidden.ts).
 */
import { oneLine } from "../../../sql/sqlText";
import { atStatement, docs, fileRule } from "../fileRule";

export const preferRepack = fileRule({
  id: "prefer-repack",
  problem: "VACUUM FULL or CLUSTER.",
  why: "the table is written anew while nobody may use it, for no change of the schema.",
  instead:
    "leave it to maintenance outside of migrations: VACUUM, REINDEX CONCURRENTLY, pg_repack.",
  source: `Policy, High-Risk Operations: table rewrite; ${docs("sql-vacuum.html")}`,
  bad: { body: "CLUSTER dagapp.jobs USING jobs_pkey;" },
  good: { body: "ANALYZE dagapp.jobs;" },
  find: (subject) =>
    subject.placedOperations.flatMap((placed) => {
      const { operation } = placed;
      const isFull = operation.kind === "vacuum" && operation.full;
      if (!isFull && operation.kind !== "cluster") return [];
      const tables = operation.kind === "cluster" ? [operation.table] : operation.tables;
      const isNew = tables.every((table) => table !== null && subject.isNew(table, placed));
      if (tables.length > 0 && isNew) return [];
      return [
        atStatement(
          placed,
          `${oneLine(placed.statement.text)} writes its tables anew under ACCESS EXCLUSIVE.`,
          "remove it; for the planner's sake: ANALYZE.",
        ),
      ];
    }),
});
