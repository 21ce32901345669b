/**
 * Gate rule ban-row-security: its texts, its examples, and what it finds.
 * Does NOT cover what the rules beside it do.
 */
import { oneLine, sqlName } from "../../../sql/sqlText";
import { atStatement, docs, fileRule } from "../fileRule";

export const banRowSecurity = fileRule({
  id: "ban-row-security",
  problem:
    "Row security of a table in use is switched, or one of its policies made, changed or dropped.",
  why: "rows vanish from the application's answers without an error, or come to light that were hidden.",
  instead: "leave row security as it is; privileges are declared in the stack.",
  source: docs("ddl-rowsecurity.html"),
  exception: "reason",
  bad: {
    body: "ALTER TABLE dagapp.jobs ENABLE ROW LEVEL SECURITY;",
    rollback: "ALTER TABLE dagapp.jobs DISABLE ROW LEVEL SECURITY;",
  },
  good: { body: "ANALYZE dagapp.jobs;" },
  find: (subject) =>
    subject.placedOperations.flatMap((placed) => {
      const { operation } = placed;
      const isPolicy = operation.kind === "create on table" && operation.what === "policy";
      const isSwitch =
        operation.kind === "alter table" && /row security$/.test(operation.command.kind);
      const table =
        isPolicy || isSwitch || operation.kind === "alter policy"
          ? operation.table
          : operation.kind === "drop" && operation.objects.some(({ kind }) => kind === "policy")
            ? operation.table
            : null;
      if (table === null || subject.isNew(table, placed)) return [];
      return [
        atStatement(
          placed,
          `${oneLine(placed.statement.text)}: which rows of ${sqlName(table)} the application sees changes.`,
          "remove the statement.",
        ),
      ];
    }),
});
