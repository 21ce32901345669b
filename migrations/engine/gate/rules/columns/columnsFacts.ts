/**
 * What the rules of this folder share (columns).
 * Does NOT hold a rule and does NOT cover dropping (see destruction) and renaming (see application).
 */
import { type ObjectName } from "../../../sql/objectName";
import { type Column } from "../../../statements/tableOperation";
import { type PlacedOperation } from "../../input/placedOperation";
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

/** The policy's three steps with the author's names; SET NOT NULL in the form that does not read the table. */
export function threeSteps(table: string, column: string, value: string): string {
  const check = `${column}_not_null`;
  return (
    `1. ALTER TABLE ${table} ADD COLUMN ${column} …; ALTER TABLE ${table} ALTER COLUMN ${column} SET DEFAULT ${value}; ` +
    `2. behind the COMMIT: -- batch, UPDATE ${table} SET ${column} = ${value} WHERE ${column} IS NULL; ` +
    `3. ${checkedNotNull(table, column, check)}`
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
