/**
 * Rules about columns of tables in use: NOT NULL, defaults, types, and what else writes a table anew.
 * Does NOT cover dropping (see destructionRules) and renaming (see compatibilityRules).
 */
import type { ObjectName } from "../../sql/objectName";
import { oneLine, quoted, sqlName } from "../../sql/sqlText";
import type { Column } from "../../statements/tableAction";
import { type Act } from "../input/act";
import type { GateRule } from "../input/gateRule";
import { actsOfKind, effectOf, sameName, type Subject } from "../input/subject";
import { atStatement, docs, fileRule, lockRiskHigh } from "./fileRule";

interface AddedColumn {
  readonly act: Act;
  readonly table: ObjectName;
  readonly column: Column;
}

/** Columns that are added to tables which were there before. */
function addedColumns(subject: Subject): readonly AddedColumn[] {
  return actsOfKind(subject.acts, "alter table").flatMap((act) => {
    const { command, table } = act.action;
    if (command.kind !== "add column" || subject.isNew(table, act)) return [];
    return [{ act, table, column: command.column }];
  });
}

/** The policy's three steps with the author's names; SET NOT NULL in the form that does not read the table. */
function threeSteps(table: string, column: string, value: string): string {
  const check = `${column}_not_null`;
  return (
    `1. ALTER TABLE ${table} ADD COLUMN ${column} …; ALTER TABLE ${table} ALTER COLUMN ${column} SET DEFAULT ${value}; ` +
    `2. behind the COMMIT: -- batch, UPDATE ${table} SET ${column} = ${value} WHERE ${column} IS NULL; ` +
    `3. ${checkedNotNull(table, column, check)}`
  );
}

const checkedNotNull = (table: string, column: string, check: string): string =>
  `ALTER TABLE ${table} ADD CONSTRAINT ${check} CHECK (${column} IS NOT NULL) NOT VALID; ` +
  `ALTER TABLE ${table} VALIDATE CONSTRAINT ${check}; ` +
  `ALTER TABLE ${table} ALTER COLUMN ${column} SET NOT NULL; ` +
  `ALTER TABLE ${table} DROP CONSTRAINT ${check};`;

/** Defaults that PostgreSQL works out for each row, so that it writes every row. */
const rewritingDefaults: Readonly<Record<string, string>> = {
  volatile: "a default that is worked out for each row",
  serial: "a serial",
  identity: "an identity column",
  stored: "a stored generated column",
};

/** Tables in use that a statement writes anew. */
const rewrittenBy = (subject: Subject, act: Act): readonly ObjectName[] =>
  (effectOf(subject, act.statement)?.rewrites ?? []).filter(
    (table) => table.kind !== "index" && !subject.isNew(table, act),
  );

/** Whether the act's statement reads the whole table. */
const isScanned = (subject: Subject, act: Act, table: ObjectName): boolean =>
  (effectOf(subject, act.statement)?.scans ?? []).some((scanned) => sameName(scanned, table));

const inWindow = "write Downtime required: Yes into the header, and run it in a maintenance window";
const rewriteSource = (page: string): string =>
  `Policy, High-Risk Operations: ALTER TYPE, Off-hours, table rewrite; ${docs(page)}`;

export const columnRules: readonly GateRule[] = [
  fileRule({
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
      actsOfKind(subject.acts, "alter table").flatMap((act) => {
        const { command, table } = act.action;
        const column =
          command.kind === "set not null"
            ? command.column
            : command.kind === "add constraint" &&
                command.constraint.type === "not null" &&
                command.constraint.valid
              ? (command.constraint.columns[0] ?? "")
              : null;
        if (column === null || subject.isNew(table, act)) return [];
        // A validated CHECK that implies it spares the scan (PostgreSQL 12 and newer).
        if (!isScanned(subject, act, table)) return [];
        const [name, quotedColumn] = [sqlName(table), quoted(column)];
        return [
          atStatement(
            act,
            `SET NOT NULL on ${name}.${quotedColumn} reads the whole table under ACCESS EXCLUSIVE.`,
            checkedNotNull(name, quotedColumn, quoted(`${column}_not_null`)),
          ),
        ];
      }),
  }),
  fileRule({
    id: "adding-required-field",
    problem: "A NOT NULL column without a default is added to a table in use.",
    why: "it fails as soon as the table has one row, and every INSERT that does not know it fails.",
    instead: "add it nullable, fill it in batches, then constrain it.",
    source: "Policy, Safe Pattern: Adding NOT NULL Column",
    exception: "reason",
    bad: {
      body: "ALTER TABLE dagapp.jobs ADD COLUMN region TEXT NOT NULL;",
      rollback: "ALTER TABLE dagapp.jobs DROP COLUMN IF EXISTS region;",
    },
    good: {
      body: "ALTER TABLE dagapp.jobs ADD COLUMN region TEXT;",
      rollback: "ALTER TABLE dagapp.jobs DROP COLUMN IF EXISTS region;",
    },
    find: (subject) =>
      addedColumns(subject)
        .filter(({ column }) => column.notNull && column.default === "none")
        .map(({ act, table, column }) =>
          atStatement(
            act,
            `${sqlName(table)}.${quoted(column.name)} is added NOT NULL and without a default.`,
            threeSteps(sqlName(table), quoted(column.name), "…"),
          ),
        ),
  }),
  fileRule({
    id: "not-null-with-default",
    problem: "A NOT NULL column with a constant default is added to a table in use in one step.",
    why:
      "the policy wants three steps. Measured on PostgreSQL 15 and 18: a constant default is kept in the catalog, no row is " +
      "read or written, and the lock lasts moments; so an exception may be right.",
    instead:
      "add it nullable, fill it in batches, then constrain it; or give the exception a reason.",
    source: `Policy, Safe Pattern: Adding NOT NULL Column; ${docs("sql-altertable.html#SQL-ALTERTABLE-NOTES")}`,
    exception: "reason",
    bad: {
      body: "ALTER TABLE dagapp.jobs ADD COLUMN region TEXT NOT NULL DEFAULT 'eu';",
      rollback: "ALTER TABLE dagapp.jobs DROP COLUMN IF EXISTS region;",
    },
    good: {
      body:
        "BEGIN;\nALTER TABLE dagapp.jobs ADD COLUMN region TEXT;\n" +
        "ALTER TABLE dagapp.jobs ALTER COLUMN region SET DEFAULT 'eu';\nCOMMIT;\n" +
        "-- batch\nUPDATE dagapp.jobs SET region = 'eu' WHERE region IS NULL;\n" +
        "ALTER TABLE dagapp.jobs ADD CONSTRAINT region_not_null CHECK (region IS NOT NULL) NOT VALID;\n" +
        "ALTER TABLE dagapp.jobs VALIDATE CONSTRAINT region_not_null;\n" +
        "BEGIN;\nALTER TABLE dagapp.jobs ALTER COLUMN region SET NOT NULL;\n" +
        "ALTER TABLE dagapp.jobs DROP CONSTRAINT region_not_null;\nCOMMIT;",
      rollback: "ALTER TABLE dagapp.jobs DROP COLUMN IF EXISTS region;",
    },
    find: (subject) =>
      addedColumns(subject)
        .filter(({ column }) => column.notNull && column.default === "constant")
        .map(({ act, table, column }) =>
          atStatement(
            act,
            `${sqlName(table)}.${quoted(column.name)} is added NOT NULL with its default in one step.`,
            `${threeSteps(sqlName(table), quoted(column.name), "…")} ` +
              "Or, in the header, under EXCEPTIONS: - not-null-with-default: why one step is enough.",
          ),
        ),
  }),
  fileRule({
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
            .map(({ act, table, column }) => {
              const [name, quotedColumn] = [sqlName(table), quoted(column.name)];
              return atStatement(
                act,
                `${name}.${quotedColumn} is ${rewritingDefaults[column.default] ?? ""}: ${name} is written anew under ACCESS EXCLUSIVE.`,
                `ALTER TABLE ${name} ADD COLUMN ${quotedColumn} …; ALTER TABLE ${name} ALTER COLUMN ${quotedColumn} SET DEFAULT …; ` +
                  `behind the COMMIT: -- batch, UPDATE ${name} SET ${quotedColumn} = … WHERE ${quotedColumn} IS NULL; or ${inWindow}.`,
              );
            }),
  }),
  fileRule({
    id: "changing-column-type",
    problem: "A column's type is changed so that the table is written anew, without downtime.",
    why: "the whole table and its indexes are written anew while nobody may use them.",
    instead:
      "a new column, filled in batches and kept equal by a trigger; or declare the downtime.",
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
        : actsOfKind(subject.acts, "alter table").flatMap((act) => {
            const { command, table } = act.action;
            if (command.kind !== "alter type" || rewrittenBy(subject, act).length === 0) return [];
            const [name, column] = [sqlName(table), quoted(command.column)];
            return [
              atStatement(
                act,
                `the type of ${name}.${column} changes: ${name} is written anew under ACCESS EXCLUSIVE.`,
                `ALTER TABLE ${name} ADD COLUMN ${quoted(`${command.column}_new`)} …, filled in batches (-- batch); or ${inWindow}.`,
              ),
            ];
          }),
  }),
  fileRule({
    id: "table-rewrite",
    problem:
      "A table in use is written anew for another reason than its columns, without downtime.",
    why: "the whole table and its indexes are written anew while nobody may use them.",
    instead: "declare the downtime, or leave the table as it is.",
    source: rewriteSource("sql-altertable.html#SQL-ALTERTABLE-NOTES"),
    bad: {
      body: "ALTER TABLE dagapp.jobs SET UNLOGGED;",
      rollback: "ALTER TABLE dagapp.jobs SET LOGGED;",
    },
    good: {
      header: { "Downtime required": "Yes" },
      body: "ALTER TABLE dagapp.jobs SET UNLOGGED;",
      rollback: "ALTER TABLE dagapp.jobs SET LOGGED;",
    },
    find: (subject) =>
      subject.file.header.impact.downtimeRequired
        ? []
        : actsOfKind(subject.acts, "alter table").flatMap((act) => {
            const { command, table } = act.action;
            if (!rewritingCommands.has(command.kind)) return [];
            if (rewrittenBy(subject, act).length === 0) return [];
            return [
              atStatement(
                act,
                `${oneLine(act.statement.text)} writes ${sqlName(table)} anew under ACCESS EXCLUSIVE.`,
                `${inWindow}.`,
              ),
            ];
          }),
  }),
];

const rewritingCommands: ReadonlySet<string> = new Set([
  "set logged",
  "set unlogged",
  "set access method",
  "set tablespace",
  "set without oids",
  "set expression",
]);
