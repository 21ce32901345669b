/**
 * Gate rule validate-in-same-transaction: its texts, its examples, and what it finds.
 * Does NOT cover columns (see columns).
 */
import { quoted, sqlName } from "../../../sql/sqlText";
import { placedOfKind } from "../../input/subject";
import { atStatement, docs, fileRule, lockRiskHigh } from "../fileRule";

export const validateInSameTransaction = fileRule({
  id: "validate-in-same-transaction",
  problem: "A constraint is added NOT VALID and validated in one transaction.",
  why: "the strong lock of the first statement is held through the scan of the second.",
  instead: "VALIDATE behind the COMMIT, as a statement of its own.",
  source: `Policy, Review: Lock escalation risks; ${docs("sql-altertable.html#SQL-ALTERTABLE-NOTES")}`,
  exception: lockRiskHigh,
  bad: {
    body:
      "BEGIN;\nALTER TABLE dagapp.jobs ADD CONSTRAINT jobs_stage_check CHECK (stage > 0) NOT VALID;\n" +
      "ALTER TABLE dagapp.jobs VALIDATE CONSTRAINT jobs_stage_check;\nCOMMIT;",
    rollback: "ALTER TABLE dagapp.jobs DROP CONSTRAINT IF EXISTS jobs_stage_check;",
  },
  good: {
    body:
      "BEGIN;\nALTER TABLE dagapp.jobs ADD CONSTRAINT jobs_stage_check CHECK (stage > 0) NOT VALID;\nCOMMIT;\n" +
      "ALTER TABLE dagapp.jobs VALIDATE CONSTRAINT jobs_stage_check;",
    rollback: "ALTER TABLE dagapp.jobs DROP CONSTRAINT IF EXISTS jobs_stage_check;",
  },
  find: (subject) => {
    const tables = placedOfKind(subject.placedOperations, "alter table");
    return tables.flatMap((placed) => {
      const { command, table } = placed.operation;
      if (command.kind !== "validate constraint" || subject.isNew(table, placed)) return [];
      const isAdded = tables.some(
        ({ operation, segment, index }) =>
          segment === placed.segment &&
          index < placed.index &&
          operation.command.kind === "add constraint" &&
          operation.command.constraint.name === command.constraint &&
          sqlName(operation.table) === sqlName(table),
      );
      if (!isAdded) return [];
      const name = quoted(command.constraint);
      return [
        atStatement(
          placed,
          `${name} is validated in the transaction that adds it, under its lock on ${sqlName(table)}.`,
          `behind the COMMIT: ALTER TABLE ${sqlName(table)} VALIDATE CONSTRAINT ${name};`,
        ),
      ];
    });
  },
});
