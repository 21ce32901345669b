/**
 * Gate rule adding-foreign-key-constraint: its texts, its examples, and what it finds.
 * Does NOT cover columns (see columns).
 */
import { quoted, sqlName } from "../../../sql/sqlText";
import { atStatement, docs, fileRule, lockRiskHigh } from "../fileRule";
import { addedTo, columnList, nameOf } from "./constraintsFacts";

export const addingForeignKeyConstraint = fileRule({
  id: "adding-foreign-key-constraint",
  problem: "A foreign key added to a table in use without NOT VALID.",
  why: "both tables are locked against writes while every row is looked up.",
  instead: "add it NOT VALID, and VALIDATE it behind the COMMIT.",
  source: `Policy, Review: Lock escalation risks; ${docs("sql-altertable.html#SQL-ALTERTABLE-NOTES")}`,
  exception: lockRiskHigh,
  bad: {
    body: "ALTER TABLE dagapp.tasks ADD CONSTRAINT tasks_job_fkey FOREIGN KEY (job_id) REFERENCES dagapp.jobs (job_id);",
    rollback: "ALTER TABLE dagapp.tasks DROP CONSTRAINT IF EXISTS tasks_job_fkey;",
  },
  good: {
    body:
      "BEGIN;\nALTER TABLE dagapp.tasks ADD CONSTRAINT tasks_job_fkey FOREIGN KEY (job_id) REFERENCES dagapp.jobs (job_id) NOT VALID;\nCOMMIT;\n" +
      "ALTER TABLE dagapp.tasks VALIDATE CONSTRAINT tasks_job_fkey;",
    rollback: "ALTER TABLE dagapp.tasks DROP CONSTRAINT IF EXISTS tasks_job_fkey;",
  },
  find: (subject) =>
    addedTo(subject, "foreign key")
      // PostgreSQL looks up nothing for a new column without a default.
      .filter(({ constraint, onEmptyColumn }) => constraint.valid && !onEmptyColumn)
      .map((added) => {
        const { table, constraint } = added;
        const [name, target] = [nameOf(added, "fkey"), constraint.references];
        const to = target === null ? "" : sqlName(target);
        const columns = constraint.referencedColumns.map(quoted).join(", ");
        return atStatement(
          added.placed,
          `the foreign key ${name} is checked for every row of ${sqlName(table)} at once.`,
          `ALTER TABLE ${sqlName(table)} ADD CONSTRAINT ${name} FOREIGN KEY (${columnList(added)}) ` +
            `REFERENCES ${to}${columns === "" ? "" : ` (${columns})`} NOT VALID; ` +
            `behind the COMMIT: ALTER TABLE ${sqlName(table)} VALIDATE CONSTRAINT ${name};`,
        );
      }),
});
