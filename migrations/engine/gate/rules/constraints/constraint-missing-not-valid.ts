/**
 * Gate rule constraint-missing-not-valid: its texts, its examples, and what it finds.
 * Does NOT cover columns (see columns).
 */
import { sqlName } from "../../../sql/sqlText";
import { checkText } from "../../input/remedySql";
import { atStatement, docs, fileRule, lockRiskHigh } from "../fileRule";
import { addedTo, nameOf } from "./constraintsFacts";

const scanWhy = "every row is read while nobody may write, or even read, the table.";

export const constraintMissingNotValid = fileRule({
  id: "constraint-missing-not-valid",
  problem: "A CHECK constraint added to a table in use without NOT VALID.",
  why: scanWhy,
  instead: "add it NOT VALID, and VALIDATE it behind the COMMIT.",
  source: `Policy, Review: Lock escalation risks; ${docs("sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT")}`,
  exception: lockRiskHigh,
  bad: {
    body: "ALTER TABLE dagapp.jobs ADD CONSTRAINT jobs_stage_check CHECK (stage > 0);",
    rollback: "ALTER TABLE dagapp.jobs DROP CONSTRAINT IF EXISTS jobs_stage_check;",
  },
  good: {
    body:
      "ALTER TABLE dagapp.jobs ADD CONSTRAINT jobs_stage_check CHECK (stage > 0) NOT VALID;\n" +
      "ALTER TABLE dagapp.jobs VALIDATE CONSTRAINT jobs_stage_check;",
    rollback: "ALTER TABLE dagapp.jobs DROP CONSTRAINT IF EXISTS jobs_stage_check;",
  },
  find: (subject) =>
    addedTo(subject, "check")
      .filter(({ constraint }) => constraint.valid && constraint.enforced)
      .map((added) => {
        const name = nameOf(added, "check");
        const table = sqlName(added.table);
        const { text } = added.placed.statement;
        const condition = checkText(text, added.constraint.name);
        const behind = `behind the COMMIT: ALTER TABLE ${table} VALIDATE CONSTRAINT ${name};`;
        return atStatement(
          added.placed,
          `the constraint ${name} is checked for every row of ${table} under ACCESS EXCLUSIVE.`,
          condition === null
            ? `add it with NOT VALID; ${behind}`
            : `ALTER TABLE ${table} ADD CONSTRAINT ${name} CHECK ${condition} NOT VALID; ${behind}`,
        );
      }),
});
