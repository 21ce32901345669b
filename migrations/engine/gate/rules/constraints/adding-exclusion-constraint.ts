/**
 * Gate rule adding-exclusion-constraint: its texts, its examples, and what it finds.
 * Does NOT cover columns (see columns).
 */
import { sqlName } from "../../../sql/sqlText";
import { atStatement, docs, fileRule } from "../fileRule";
import { addedTo, nameOf } from "./constraintsFacts";

export const addingExclusionConstraint = fileRule({
  id: "adding-exclusion-constraint",
  problem: "An exclusion constraint added to a table in use, without downtime.",
  why: "PostgreSQL has no way to build it while the table is in use.",
  instead: "declare the downtime, or put the rows into a new table that has the constraint.",
  source: `Policy, High-Risk Operations: Off-hours; ${docs("sql-createtable.html#SQL-CREATETABLE-EXCLUDE")}`,
  bad: {
    body: "ALTER TABLE dagapp.jobs ADD CONSTRAINT jobs_span_excl EXCLUDE USING gist (span WITH &&);",
    rollback: "ALTER TABLE dagapp.jobs DROP CONSTRAINT IF EXISTS jobs_span_excl;",
  },
  good: {
    header: { "Downtime required": "Yes" },
    body: "ALTER TABLE dagapp.jobs ADD CONSTRAINT jobs_span_excl EXCLUDE USING gist (span WITH &&);",
    rollback: "ALTER TABLE dagapp.jobs DROP CONSTRAINT IF EXISTS jobs_span_excl;",
  },
  find: (subject) =>
    subject.file.header.impact.downtimeRequired
      ? []
      : addedTo(subject, "exclusion").map((added) =>
          atStatement(
            added.placed,
            `${nameOf(added, "excl")} builds its index under a lock on ${sqlName(added.table)}.`,
            "write Downtime required: Yes into the header, and run it in a maintenance window.",
          ),
        ),
});
