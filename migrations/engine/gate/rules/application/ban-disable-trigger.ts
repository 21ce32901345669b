/**
 * Gate rule ban-disable-trigger: its texts, its examples, and what it finds.
 * Does NOT cover what a trigger does: its function is read where it is called.
 */
import { sqlName } from "../../../sql/sqlText";
import { placedOfKind } from "../../input/subject";
import { atStatement, docs, fileRule } from "../fileRule";

export const banDisableTrigger = fileRule({
  id: "ban-disable-trigger",
  problem: "A trigger or rule of a table in use is put out of force.",
  why: "what it checks or records is not checked or recorded any more, and nothing shows it; foreign keys are triggers too.",
  instead: "DROP TRIGGER, with CREATE TRIGGER in the rollback, where it is to go for good.",
  source: docs("sql-altertable.html"),
  exception: "reason",
  bad: {
    body: "ALTER TABLE dagapp.jobs DISABLE TRIGGER USER;",
    rollback: "ALTER TABLE dagapp.jobs ENABLE TRIGGER USER;",
  },
  good: { body: "ANALYZE dagapp.jobs;" },
  find: (subject) =>
    placedOfKind(subject.placedOperations, "alter table")
      .filter(({ operation: { command } }) =>
        /^(disable|enable replica) (trigger|rule)$/.test(command.kind),
      )
      .filter((placed) => !subject.isNew(placed.operation.table, placed))
      .map((placed) =>
        atStatement(
          placed,
          `${placed.operation.command.kind.toUpperCase()} on ${sqlName(placed.operation.table)}: what it stood for does not happen.`,
          "remove the statement.",
        ),
      ),
});
