/**
 * Gate rule disallowed-unique-constraint: its texts, its examples, and what it finds.
 * Does NOT cover columns (see columns).
 */
import { sqlName } from "../../../sql/sqlText";
import { atStatement, docs, fileRule, lockRiskHigh } from "../fileRule";
import { addedTo, columnList, throughIndex } from "./constraintsFacts";

export const disallowedUniqueConstraint = fileRule({
  id: "disallowed-unique-constraint",
  problem: "A UNIQUE constraint added to a table in use without USING INDEX.",
  why: "its index is built while the table is locked against all use.",
  instead: "build the unique index CONCURRENTLY, then add the constraint USING INDEX.",
  source: `Policy, High-Risk Operations: CREATE INDEX; ${docs("sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT-USING-INDEX")}`,
  exception: lockRiskHigh,
  bad: {
    body: "ALTER TABLE dagapp.jobs ADD CONSTRAINT jobs_owner_key UNIQUE (owner);",
    rollback: "ALTER TABLE dagapp.jobs DROP CONSTRAINT IF EXISTS jobs_owner_key;",
  },
  good: {
    body:
      "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS jobs_owner_key ON dagapp.jobs (owner);\n" +
      "ALTER TABLE dagapp.jobs ADD CONSTRAINT jobs_owner_key UNIQUE USING INDEX jobs_owner_key;",
    rollback: "ALTER TABLE dagapp.jobs DROP CONSTRAINT IF EXISTS jobs_owner_key;",
  },
  find: (subject) =>
    addedTo(subject, "unique")
      .filter(({ constraint }) => constraint.usingIndex === null)
      .map((added) =>
        atStatement(
          added.placed,
          `UNIQUE (${columnList(added)}) builds its index under a lock on ${sqlName(added.table)}.`,
          throughIndex(added, "UNIQUE", "key"),
        ),
      ),
});
