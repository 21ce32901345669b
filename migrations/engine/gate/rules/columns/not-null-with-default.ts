/**
 * Gate rule not-null-with-default: its texts, its examples, and what it finds.
 * Does NOT cover dropping (see destruction) and renaming (see application).
 */
import { quoted, sqlName } from "../../../sql/sqlText";
import { atStatement, docs, fileRule } from "../fileRule";
import { addedColumns, threeSteps } from "./columnsFacts";

export const notNullWithDefault = fileRule({
  id: "not-null-with-default",
  problem: "A NOT NULL column with a constant default is added to a table in use in one step.",
  why:
    "the policy wants three steps. Measured on PostgreSQL 15 and 18: a constant default is kept in the catalog, no row is " +
    "read or written, and the lock lasts moments; so an exception may be right.",
  instead:
    "add it nullable, fill it in batches, then constrain it; or give the exception a reason.",
  source: `Policy, Safe Pattern: Adding NOT NULL Column; ${docs("sql-altertable.html#SQL-ALTERTABLE-NOTES")}`,
  exception: "reason",
  bad: {
    body: "ALTER TABLE dagapp.jobs ADD COLUMN region TEXT NOT NULL DEFAULT 'eu';",
    rollback: "ALTER TABLE dagapp.jobs DROP COLUMN IF EXISTS region;",
  },
  good: {
    body:
      "BEGIN;\nALTER TABLE dagapp.jobs ADD COLUMN region TEXT;\n" +
      "ALTER TABLE dagapp.jobs ALTER COLUMN region SET DEFAULT 'eu';\nCOMMIT;\n" +
      "-- batch\nUPDATE dagapp.jobs SET region = 'eu' WHERE region IS NULL;\n" +
      "ALTER TABLE dagapp.jobs ADD CONSTRAINT region_not_null CHECK (region IS NOT NULL) NOT VALID;\n" +
      "ALTER TABLE dagapp.jobs VALIDATE CONSTRAINT region_not_null;\n" +
      "BEGIN;\nALTER TABLE dagapp.jobs ALTER COLUMN region SET NOT NULL;\n" +
      "ALTER TABLE dagapp.jobs DROP CONSTRAINT region_not_null;\nCOMMIT;",
    rollback: "ALTER TABLE dagapp.jobs DROP COLUMN IF EXISTS region;",
  },
  find: (subject) =>
    addedColumns(subject)
      .filter(({ column }) => column.notNull && column.default === "constant")
      .map((added) =>
        atStatement(
          added.placed,
          `${sqlName(added.table)}.${quoted(added.column.name)} is added NOT NULL with its default in one step.`,
          `${threeSteps(added)} ` +
            "Or, in the header, under EXCEPTIONS: - not-null-with-default: why one step is enough.",
        ),
      ),
});
