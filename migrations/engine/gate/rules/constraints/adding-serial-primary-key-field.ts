/**
 * Gate rule adding-serial-primary-key-field: its texts, its examples, and what it finds.
 * Does NOT cover columns (see columns).
 */
import { sqlName } from "../../../sql/sqlText";
import { atStatement, docs, fileRule, lockRiskHigh } from "../fileRule";
import { addedTo, columnList, throughIndex } from "./constraintsFacts";

export const addingSerialPrimaryKeyField = fileRule({
  id: "adding-serial-primary-key-field",
  problem: "A primary key added to a table in use without USING INDEX.",
  why: "its index is built while the table is locked against all use.",
  instead: "build the unique index CONCURRENTLY, then add the key USING INDEX.",
  source: `Policy, High-Risk Operations: CREATE INDEX; ${docs("sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT-USING-INDEX")}`,
  exception: lockRiskHigh,
  bad: {
    body: "ALTER TABLE dagapp.notes ADD CONSTRAINT notes_pkey PRIMARY KEY (note_id);",
    rollback:
      "ALTER TABLE dagapp.notes DROP CONSTRAINT IF EXISTS notes_pkey;\n" +
      "ALTER TABLE dagapp.notes ALTER COLUMN note_id DROP NOT NULL;",
  },
  good: {
    body:
      "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS notes_pkey ON dagapp.notes (note_id);\n" +
      "ALTER TABLE dagapp.notes ADD CONSTRAINT note_id_set CHECK (note_id IS NOT NULL) NOT VALID;\n" +
      "ALTER TABLE dagapp.notes VALIDATE CONSTRAINT note_id_set;\n" +
      "ALTER TABLE dagapp.notes ALTER COLUMN note_id SET NOT NULL;\n" +
      "ALTER TABLE dagapp.notes DROP CONSTRAINT note_id_set;\n" +
      "ALTER TABLE dagapp.notes ADD CONSTRAINT notes_pkey PRIMARY KEY USING INDEX notes_pkey;",
    rollback:
      "ALTER TABLE dagapp.notes DROP CONSTRAINT IF EXISTS notes_pkey;\n" +
      "ALTER TABLE dagapp.notes ALTER COLUMN note_id DROP NOT NULL;",
  },
  find: (subject) =>
    addedTo(subject, "primary key")
      .filter(({ constraint }) => constraint.usingIndex === null)
      .map((added) =>
        atStatement(
          added.placed,
          `PRIMARY KEY (${columnList(added)}) builds its index under a lock on ${sqlName(added.table)}.`,
          throughIndex(added, "PRIMARY KEY", "pkey"),
        ),
      ),
});
