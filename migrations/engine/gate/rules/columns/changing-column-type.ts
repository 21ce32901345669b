/**
 * Gate rule changing-column-type: its texts, its examples, and what it finds.
 * Does NOT cover dropping (see destruction) and renaming (see application).
 */
import { quoted, sqlName } from "../../../sql/sqlText";
import { typeSql } from "../../input/remedySql";
import { placedOfKind } from "../../input/subject";
import { atStatement, fileRule } from "../fileRule";
import { inWindow, rewriteSource, rewrittenBy } from "./columnsFacts";

export const changingColumnType = fileRule({
  id: "changing-column-type",
  problem: "A column's type is changed so that the table is written anew, without downtime.",
  why: "the whole table and its indexes are written anew while nobody may use them.",
  instead: "a new column, filled in batches and kept equal by a trigger; or declare the downtime.",
  source: rewriteSource("sql-altertable.html#SQL-ALTERTABLE-DESC-SET-DATA-TYPE"),
  bad: {
    body: "ALTER TABLE dagapp.jobs ALTER COLUMN stage TYPE BIGINT;",
    rollback: "ALTER TABLE dagapp.jobs ALTER COLUMN stage TYPE INTEGER;",
  },
  good: {
    header: { "Downtime required": "Yes" },
    body: "ALTER TABLE dagapp.jobs ALTER COLUMN stage TYPE BIGINT;",
    rollback: "ALTER TABLE dagapp.jobs ALTER COLUMN stage TYPE INTEGER;",
  },
  find: (subject) =>
    subject.file.header.impact.downtimeRequired
      ? []
      : placedOfKind(subject.placedOperations, "alter table").flatMap((placed) => {
          const { command, table } = placed.operation;
          if (command.kind !== "alter type" || rewrittenBy(subject, placed).length === 0) return [];
          const [name, column] = [sqlName(table), quoted(command.column)];
          return [
            atStatement(
              placed,
              `the type of ${name}.${column} changes: ${name} is written anew under ACCESS EXCLUSIVE.`,
              `ALTER TABLE ${name} ADD COLUMN ${quoted(`${command.column}_new`)} ${typeSql(command.type)}; and fill it in batches (-- batch); or ${inWindow}.`,
            ),
          ];
        }),
});
