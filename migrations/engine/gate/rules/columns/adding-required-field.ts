/**
 * Gate rule adding-required-field: its texts, its examples, and what it finds.
 * Does NOT cover dropping (see destruction) and renaming (see application).
 */
import { quoted, sqlName } from "../../../sql/sqlText";
import { atStatement, fileRule } from "../fileRule";
import { addedColumns, threeSteps } from "./columnsFacts";

export const addingRequiredField = fileRule({
  id: "adding-required-field",
  problem: "A NOT NULL column without a default is added to a table in use.",
  why: "it fails as soon as the table has one row, and every INSERT that does not know it fails.",
  instead: "add it nullable, fill it in batches, then constrain it.",
  source: "Policy, Safe Pattern: Adding NOT NULL Column",
  exception: "reason",
  bad: {
    body: "ALTER TABLE dagapp.jobs ADD COLUMN region TEXT NOT NULL;",
    rollback: "ALTER TABLE dagapp.jobs DROP COLUMN IF EXISTS region;",
  },
  good: {
    body: "ALTER TABLE dagapp.jobs ADD COLUMN region TEXT;",
    rollback: "ALTER TABLE dagapp.jobs DROP COLUMN IF EXISTS region;",
  },
  find: (subject) =>
    addedColumns(subject)
      .filter(({ column }) => column.notNull && column.default === "none")
      .map((added) =>
        atStatement(
          added.placed,
          `${sqlName(added.table)}.${quoted(added.column.name)} is added NOT NULL and without a default.`,
          threeSteps(added),
        ),
      ),
});
