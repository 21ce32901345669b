/**
 * What the rules of this folder share (columns).
 * Does NOT hold a rule and does NOT cover dropping (see destruction) and renaming (see application).
 */
import { type ObjectName } from "../../../sql/objectName";
import { quoted, sqlName } from "../../../sql/sqlText";
import { type Column } from "../../../statements/tableOperation";
import { type PlacedOperation } from "../../input/placedOperation";
import { defaultText, typeSql } from "../../input/remedySql";
import { impactOf, placedOfKind, type Subject } from "../../input/subject";
import { docs } from "../fileRule";

interface AddedColumn {
  readonly placed: PlacedOperation;
  readonly table: ObjectName;
  readonly column: Column;
}

/** Columns that are added to tables which were there before. */
export function addedColumns(subject: Subject): readonly AddedColumn[] {
  return placedOfKind(subject.placedOperations, "alter table").flatMap((placed) => {
    const { command, table } = placed.operation;
    if (command.kind !== "add column" || subject.isNew(table, placed)) return [];
    return [{ placed, table, column: command.column }];
  });
}

/** A new column in the form that reads and writes no row: bare, then its default, then the old rows in batches. */
export function inSteps({ placed, table, column }: AddedColumn): readonly [string, string] {
  const [name, own] = [sqlName(table), quoted(column.name)];
  const value = defaultText(placed.statement.text, column.name);
  const add = `ALTER TABLE ${name} ADD COLUMN ${own} ${typeSql(column.type)};`;
  // What is no DEFAULT in the text (serial, identity, generated) has no value that could be written down.
  return value === null
    ? [
        add,
        `give ${name}.${own} a value where it is NULL, by an UPDATE with -- batch on the line above`,
      ]
    : [
        `${add} ALTER TABLE ${name} ALTER COLUMN ${own} SET DEFAULT ${value};`,
        `with -- batch on the line above: UPDATE ${name} SET ${own} = ${value} WHERE ${own} IS NULL;`,
      ];
}

/** The policy's three steps with the author's names; SET NOT NULL in the form that does not read the table. */
export function threeSteps(added: AddedColumn): string {
  const [add, fill] = inSteps(added);
  const own = quoted(added.column.name);
  const check = quoted(`${added.column.name}_not_null`);
  return (
    `1. ${add} 2. behind the COMMIT, ${fill} ` +
    `3. ${checkedNotNull(sqlName(added.table), own, check)}`
  );
}

export const checkedNotNull = (table: string, column: string, check: string): string =>
  `ALTER TABLE ${table} ADD CONSTRAINT ${check} CHECK (${column} IS NOT NULL) NOT VALID; ` +
  `ALTER TABLE ${table} VALIDATE CONSTRAINT ${check}; ` +
  `ALTER TABLE ${table} ALTER COLUMN ${column} SET NOT NULL; ` +
  `ALTER TABLE ${table} DROP CONSTRAINT ${check};`;

/** Tables in use that a statement writes anew. */
export const rewrittenBy = (subject: Subject, placed: PlacedOperation): readonly ObjectName[] =>
  (impactOf(subject, placed.statement)?.rewrites ?? []).filter(
    (table) => table.kind !== "index" && !subject.isNew(table, placed),
  );

export const inWindow =
  "write Downtime required: Yes into the header, and run it in a maintenance window";

export const rewriteSource = (page: string): string =>
  `Policy, High-Risk Operations: ALTER TYPE, Off-hours, table rewrite; ${docs(page)}`;
