/**
 * Gate rule adding-not-nullable-field: its texts, its examples, and what it finds.
 * Does NOT cover dropping (see destruction) and renaming (see application).
 */
import { type ObjectName } from "../../../sql/objectName";
import { quoted, sqlName } from "../../../sql/sqlText";
import { nullableKey } from "../../input/nullableKey";
import { type PlacedOperation } from "../../input/placedOperation";
import { impactOf, placedOfKind, sameName, type Subject } from "../../input/subject";
import { atStatement, docs, fileRule, lockRiskHigh } from "../fileRule";
import { checkedNotNull } from "./columnsFacts";

/** Whether the placed operation's statement reads the whole table. */
const isScanned = (subject: Subject, placed: PlacedOperation, table: ObjectName): boolean =>
  (impactOf(subject, placed.statement)?.scans ?? []).some((scanned) => sameName(scanned, table));

export const addingNotNullableField = fileRule({
  id: "adding-not-nullable-field",
  problem: "SET NOT NULL on a table in use without a validated CHECK.",
  why: "every row is read while nobody may read or write the table.",
  instead: "CHECK (… IS NOT NULL) NOT VALID, VALIDATE, SET NOT NULL, drop the check.",
  source: `Policy, High-Risk Operations: ADD NOT NULL; ${docs("sql-altertable.html#SQL-ALTERTABLE-DESC-SET-DROP-NOT-NULL")}`,
  exception: lockRiskHigh,
  bad: {
    body: "ALTER TABLE dagapp.jobs ALTER COLUMN owner SET NOT NULL;",
    rollback: "ALTER TABLE dagapp.jobs ALTER COLUMN owner DROP NOT NULL;",
  },
  good: {
    body:
      "ALTER TABLE dagapp.jobs ADD CONSTRAINT owner_not_null CHECK (owner IS NOT NULL) NOT VALID;\n" +
      "ALTER TABLE dagapp.jobs VALIDATE CONSTRAINT owner_not_null;\n" +
      "BEGIN;\nALTER TABLE dagapp.jobs ALTER COLUMN owner SET NOT NULL;\n" +
      "ALTER TABLE dagapp.jobs DROP CONSTRAINT owner_not_null;\nCOMMIT;",
    rollback:
      "ALTER TABLE dagapp.jobs DROP CONSTRAINT IF EXISTS owner_not_null;\n" +
      "ALTER TABLE dagapp.jobs ALTER COLUMN owner DROP NOT NULL;",
  },
  find: (subject) =>
    placedOfKind(subject.placedOperations, "alter table").flatMap((placed) => {
      const { command, table } = placed.operation;
      const column =
        command.kind === "set not null"
          ? command.column
          : command.kind === "add constraint" &&
              command.constraint.type === "not null" &&
              command.constraint.valid
            ? (command.constraint.columns[0] ?? "")
            : command.kind === "add constraint" && command.constraint.usingIndex !== null
              ? nullableKey(subject, table, command.constraint.usingIndex)
              : null;
      if (column === null || subject.isNew(table, placed)) return [];
      // A validated CHECK that implies it spares the scan (PostgreSQL 12 and newer).
      if (!isScanned(subject, placed, table)) return [];
      const [name, quotedColumn] = [sqlName(table), quoted(column)];
      return [
        atStatement(
          placed,
          `SET NOT NULL on ${name}.${quotedColumn} reads the whole table under ACCESS EXCLUSIVE.`,
          checkedNotNull(name, quotedColumn, quoted(`${column}_not_null`)),
        ),
      ];
    }),
});
