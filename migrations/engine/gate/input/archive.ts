/**
 * Whether what a column holds is kept before the column goes: all of it, with a key, in a table that stays.
 * Does NOT decide what follows (see destructionRules).
 */
import { memo } from "../../../../stack/memo";
import { keepsValues } from "../../impact/typeChanges";
import type { ObjectName } from "../../sql/objectName";
import { parseStatements } from "../../sql/parser";
import { asList, asNode, asText, dig, names, type TreeNode } from "../../sql/tree";
import { answerOf } from "../../statements/answerOf";
import type { Operation, OperationOf } from "../../statements/operation";
import {
  type Column,
  columnCommands,
  forAll,
  plainCommands,
  type TableCommand,
} from "../../statements/tableOperation";
import { type PlacedOperation } from "./placedOperation";
import { placedOperationsOf, sameName, type Subject } from "./subject";

const lastName = (reference: unknown): string | undefined =>
  names(dig(reference, "ColumnRef", "fields")).at(-1);

/** True for the column itself, or its text: any other cast may lose some of what it holds. */
function isColumn(value: unknown, column: string): boolean {
  const inner = dig(value, "TypeCast", "arg");
  if (inner === undefined) return lastName(value) === column;
  const type = dig(value, "TypeCast", "typeName");
  const isText =
    /^(text|varchar)$/.test(names(dig(type, "names")).at(-1) ?? "") &&
    dig(type, "typmods") === undefined;
  return isText && isColumn(inner, column);
}

const isStar = (value: unknown): boolean =>
  asList(dig(value, "ColumnRef", "fields")).some((field) => dig(field, "A_Star") !== undefined);

/** True when a condition leaves out only rows without a value: `column IS NOT NULL`; `other IS NULL` where that is written. */
function looksOnlyAt(where: unknown, column: string, written: readonly string[] = []): boolean {
  if (where === undefined) return true;
  if (dig(where, "BoolExpr", "boolop") === "AND_EXPR") {
    return asList(dig(where, "BoolExpr", "args")).every((part) =>
      looksOnlyAt(part, column, written),
    );
  }
  const test = asNode(dig(where, "NullTest"));
  const name = lastName(test?.["arg"]) ?? "";
  return test?.["nulltesttype"] === "IS_NOT_NULL" ? name === column : written.includes(name);
}

/** Clauses that leave rows out or put several into one. */
const narrowing = [
  "distinctClause",
  "groupClause",
  "havingClause",
  "limitCount",
  "limitOffset",
  "withClause",
];

/** Keys of a table as the earlier files have made it: lists of columns. */
const keysOf = (subject: Subject, table: ObjectName): readonly (readonly string[])[] =>
  (subject.before.relation(table)?.constraints ?? [])
    .filter(({ type }) => type === "primary key" || type === "unique")
    .map(({ columns }) => columns);

/** Where among what a SELECT gives the column stands, with a key beside it, of every row; -1 for a star; null for none. */
function placeIn(
  subject: Subject,
  select: unknown,
  table: ObjectName,
  column: string,
): number | null {
  const node = asNode(select);
  if (node === null || narrowing.some((field) => node[field] !== undefined)) return null;
  const from = asList(node["fromClause"]);
  const range = asNode(dig(from[0], "RangeVar"));
  // ONLY leaves partitions and heirs out.
  if (from.length !== 1 || range?.["inh"] !== true) return null;
  if (
    !sameName({ schema: asText(range["schemaname"]), name: asText(range["relname"]) ?? "" }, table)
  )
    return null;
  if (!looksOnlyAt(node["whereClause"], column)) return null;
  const values = asList(node["targetList"]).map((item) => dig(item, "ResTarget", "val"));
  if (values.some(isStar)) return -1;
  const place = values.findIndex((value) => isColumn(value, column));
  const kept = values.flatMap((value) => lastName(value) ?? []);
  const hasKey = keysOf(subject, table).some((key) => key.every((one) => kept.includes(one)));
  return place >= 0 && hasKey ? place : null;
}

/** The parsed statement of a placed operation that is a statement by itself. */
function nodeOf({ statement }: PlacedOperation): TreeNode | undefined {
  const parsed = parseStatements(statement.text);
  return "reason" in parsed ? undefined : parsed[0]?.node;
}

/** Where CREATE TABLE AS or SELECT INTO keeps the column; null when it does not. */
function copyOf(
  subject: Subject,
  placed: PlacedOperation,
  table: ObjectName,
  column: string,
): ObjectName | null {
  const { operation } = placed;
  if (operation.kind !== "create table" || operation.query === null || operation.temporary)
    return null;
  const node = nodeOf(placed);
  const into = dig(node, "into") ?? dig(node, "intoClause");
  // A table that was there stays as it is; an unlogged one is empty after a crash.
  const isOld = operation.ifNotExists && subject.before.relation(operation.table) !== null;
  const isLasting = dig(into, "rel", "relpersistence") === "p" && dig(into, "skipData") !== true;
  const select = dig(node, "query", "SelectStmt") ?? node;
  const reads = operation.query.reads.some((read) => sameName(read, table));
  const isKept = reads && placeIn(subject, select, table, column) !== null;
  return isLasting && !isOld && isKept ? operation.table : null;
}

/** True when a column of a table can hold all that another column holds. */
function holds(
  subject: Subject,
  table: ObjectName,
  column: string,
  target: Column | undefined,
): boolean {
  const old = subject.before.relation(table)?.columns.get(column)?.type;
  if (old === undefined || target === undefined) return false;
  return keepsValues(old, target.type, (type) => subject.before.type(type)?.form === "enum");
}

/** A column of a table as it is before a placed operation: of an earlier file, or of this one. */
function columnBefore(
  subject: Subject,
  placed: PlacedOperation,
  table: ObjectName,
  find: (columns: readonly Column[]) => Column | undefined,
): Column | undefined {
  const added = subject.placedOperations.flatMap(({ operation, index }) => {
    if (index >= placed.index) return [];
    if (operation.kind === "create table" && sameName(operation.table, table))
      return operation.columns;
    const isOwn = operation.kind === "alter table" && sameName(operation.table, table);
    return isOwn && operation.command.kind === "add column" ? [operation.command.column] : [];
  });
  return find([...(subject.before.relation(table)?.columns.values() ?? []), ...added]);
}

/** A trigger or rule of the table decides what becomes of rows that are written there. */
const isArmed = (subject: Subject, placed: PlacedOperation, table: ObjectName): boolean =>
  subject.placedOperations.some(
    ({ operation, index }) =>
      index < placed.index &&
      operation.kind === "create on table" &&
      operation.what !== "policy" &&
      sameName(operation.table, table),
  ) ||
  subject.before.relation(table)?.triggers.some(({ events }) => events.includes("insert")) === true;

/** Where INSERT … SELECT or UPDATE keeps the column; null when it does not. */
function writeOf(
  subject: Subject,
  placed: PlacedOperation,
  table: ObjectName,
  column: string,
): ObjectName | null {
  const { operation } = placed;
  if (operation.kind !== "query") return null;
  const node = nodeOf(placed);
  for (const write of operation.query.writes) {
    const isOwn = sameName(write.table, table);
    // A temporary table is gone with the session.
    if (write.table.schema === null || write.table.schema === "pg_temp") continue;
    if (write.verb === "insert" && isArmed(subject, placed, write.table)) continue;
    if (write.verb === "insert" && !isOwn && dig(node, "onConflictClause") === undefined) {
      const place = placeIn(subject, dig(node, "selectStmt", "SelectStmt"), table, column);
      const into = asText(dig(asList(node?.["cols"])[place ?? -1], "ResTarget", "name"));
      const target = columnBefore(subject, placed, write.table, (columns) =>
        into === null ? columns[place ?? -1] : columns.find(({ name }) => name === into),
      );
      if (place !== null && place >= 0 && holds(subject, table, column, target)) return write.table;
    }
    // Another table need not have a row for each of this one.
    if (write.verb !== "update" || !isOwn || write.columns.includes(column)) continue;
    const into = asList(node?.["targetList"]).find((item) =>
      isColumn(dig(item, "ResTarget", "val"), column),
    );
    const name = asText(dig(into, "ResTarget", "name"));
    const target = columnBefore(subject, placed, table, (columns) =>
      columns.findLast((one) => one.name === name),
    );
    const isWhole =
      node?.["fromClause"] === undefined &&
      looksOnlyAt(node?.["whereClause"], column, write.columns);
    if (isWhole && holds(subject, table, column, target)) return write.table;
  }
  return null;
}

/** Commands of ALTER TABLE after which a copy is changed, or less than it was. */
const spoils: Readonly<Record<TableCommand["kind"], boolean>> = {
  ...forAll(columnCommands, false),
  ...forAll(plainCommands, false),
  "set unlogged": true,
  "drop column": true,
  "alter type": true,
  inherit: true,
  "add column": false,
  "set default": false,
  "add constraint": false,
  "drop constraint": false,
  "validate constraint": false,
  "alter constraint": false,
  "attach partition": false,
  "detach partition": false,
  "no inherit": false,
  "of type": false,
  "set options": false,
  "reset options": false,
  "unknown command": false,
};

/** It leaves a copy where and as it is. */
const none = (copy: ObjectName): ObjectName | null => copy;

const followers: {
  readonly [K in Operation["kind"]]: (
    copy: ObjectName,
    operation: OperationOf<K>,
  ) => ObjectName | null;
} = {
  drop: (copy, { objects }) => (objects.some((one) => sameName(one, copy)) ? null : copy),
  truncate: (copy, { tables }) => (tables.some(({ name }) => sameName(name, copy)) ? null : copy),
  query: (copy, { query }) =>
    query.writes.some(({ verb, table }) => verb !== "insert" && sameName(table, copy))
      ? null
      : copy,
  rename: (copy, { object, part, to }) => {
    if (!sameName(object, copy)) return copy;
    return part === null ? { ...copy, name: to } : null;
  },
  "set schema": (copy, { object, schema }) => (sameName(object, copy) ? { ...copy, schema } : copy),
  "alter table": (copy, { table, command }) =>
    sameName(table, copy) && spoils[command.kind] ? null : copy,
  "create table": none,
  "create view": none,
  refresh: none,
  "create index": none,
  reindex: none,
  "set owner": none,
  comment: none,
  "create type": none,
  "add enum value": none,
  "rename enum value": none,
  "alter domain": none,
  "create on table": none,
  "alter policy": none,
  "create function": none,
  "create sequence": none,
  "alter sequence": none,
  "create statistics": none,
  create: none,
  copy: none,
  vacuum: none,
  analyze: none,
  cluster: none,
  lock: none,
  call: none,
  do: none,
  "search path": none,
  publication: none,
  privileges: none,
  session: none,
  unknown: none,
};

/** What an operation makes of a copy: its name afterwards, or null when it is gone, changed or less than it was. */
function follow(copy: ObjectName, operation: Operation): ObjectName | null {
  return answerOf(followers, operation, copy);
}

/** All placed operations up to the end of the file, and those among them that may keep a column. */
interface History {
  readonly all: readonly PlacedOperation[];
  readonly copies: readonly { readonly placed: PlacedOperation; readonly place: number }[];
}

const historyOf = memo((subject: Subject): History => {
  const all = [...subject.earlier.flatMap(placedOperationsOf), ...subject.placedOperations];
  const copies = all.flatMap((placed, place) => {
    const { operation, statement } = placed;
    const writes =
      (operation.kind === "create table" && operation.query !== null) ||
      (operation.kind === "query" && operation.query.writes.length > 0);
    // Inside DO a condition may leave it out.
    return writes && statement.kind !== "DO" ? [{ placed, place }] : [];
  });
  return { all, copies };
});

/** Where a statement before the placed operation, in this file, keeps what the column holds, up to the end of the file; else null. */
export function archiveOf(
  subject: Subject,
  placed: PlacedOperation,
  table: ObjectName,
  column: string,
): ObjectName | null {
  const { all, copies } = historyOf(subject);
  const first = all.length - subject.placedOperations.length;
  for (const { placed: one, place } of copies) {
    // Rows that came after an earlier migration are not in its copy.
    if (place < first || place >= first + placed.index) continue;
    const made = copyOf(subject, one, table, column) ?? writeOf(subject, one, table, column);
    if (made !== null && sameName(made, table)) return made;
    const kept = all
      .slice(place + 1)
      .reduce<ObjectName | null>((name, later) => name && follow(name, later.operation), made);
    if (kept === null) continue;
    // Through a view, a parent or a key as well.
    const isHit = subject.impacts.some(
      ({ statement, writes, drops }) =>
        statement !== one.statement &&
        [
          ...writes.filter(({ verb }) => verb !== "insert").map(({ object }) => object),
          ...drops,
        ].some((object) => sameName(object, kept)),
    );
    if (!isHit) return kept;
  }
  return null;
}

/** True when archiveOf finds one. */
export const isArchived = (
  subject: Subject,
  placed: PlacedOperation,
  table: ObjectName,
  column: string,
): boolean => archiveOf(subject, placed, table, column) !== null;
