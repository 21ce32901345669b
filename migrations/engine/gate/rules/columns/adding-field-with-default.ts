/**
 * Gate rule adding-field-with-default: its texts, its examples, and what it finds.
 * Does NOT cover dropping (see destruction) and renaming (see application).
 */
import { quoted, sqlName } from "../../../sql/sqlText";
import { atStatement, fileRule } from "../fileRule";
import { addedColumns, inSteps, inWindow, rewriteSource } from "./columnsFacts";

/** Defaults that PostgreSQL works out for each row, so that it writes every row. */
const rewritingDefaults: Readonly<Record<string, string>> = {
  volatile: "a default that is worked out for each row",
  serial: "a serial",
  identity: "an identity column",
  stored: "a stored generated column",
};

export const addingFieldWithDefault = fileRule({
  id: "adding-field-with-default",
  problem:
    "A column whose value is worked out for each row is added to a table in use, without downtime.",
  why: "the whole table is written anew while nobody may use it.",
  instead:
    "add the column without it, set the default afterwards and fill it in batches; or declare the downtime.",
  source: rewriteSource("sql-altertable.html#SQL-ALTERTABLE-NOTES"),
  bad: {
    body: "ALTER TABLE dagapp.jobs ADD COLUMN token UUID DEFAULT gen_random_uuid();",
    rollback: "ALTER TABLE dagapp.jobs DROP COLUMN IF EXISTS token;",
  },
  good: {
    body:
      "BEGIN;\nALTER TABLE dagapp.jobs ADD COLUMN token UUID;\n" +
      "ALTER TABLE dagapp.jobs ALTER COLUMN token SET DEFAULT gen_random_uuid();\nCOMMIT;\n" +
      "-- batch\nUPDATE dagapp.jobs SET token = gen_random_uuid() WHERE token IS NULL;",
    rollback: "ALTER TABLE dagapp.jobs DROP COLUMN IF EXISTS token;",
  },
  find: (subject) =>
    subject.file.header.impact.downtimeRequired
      ? []
      : addedColumns(subject)
          .filter(({ column }) => Object.hasOwn(rewritingDefaults, column.default))
          .map((added) => {
            const { placed, table, column } = added;
            const [add, fill] = inSteps(added);
            const [name, quotedColumn] = [sqlName(table), quoted(column.name)];
            return atStatement(
              placed,
              `${name}.${quotedColumn} is ${rewritingDefaults[column.default] ?? ""}: ${name} is written anew under ACCESS EXCLUSIVE.`,
              `${add} behind the COMMIT, ${fill} or ${inWindow}.`,
            );
          }),
});
