/**
 * Whether what a column holds is kept before the column goes: all of it, with a key, in a table that stays.
 * Does NOT decide what follows (see destructionRules).
 */
import type { ObjectName } from "../../sql/objectName";
import { parseStatements } from "../../sql/parser";
import { asList, asNode, dig, names, type TreeNode, walk } from "../../sql/tree";
import { type PlacedOperation } from "./placedOperation";
import { placedOperationsOf, sameName, type Subject } from "./subject";

const lastName = (reference: unknown): string | undefined =>
  names(dig(reference, "ColumnRef", "fields")).at(-1);

/** True for the column itself, cast or not: anything else may lose some of what it holds. */
function isColumn(value: unknown, column: string): boolean {
  const inner = dig(value, "TypeCast", "arg");
  return inner === undefined ? lastName(value) === column : isColumn(inner, column);
}

const isStar = (value: unknown): boolean =>
  asList(dig(value, "ColumnRef", "fields")).some((field) => dig(field, "A_Star") !== undefined);

/** True when a condition looks at these columns alone and calls nothing: which rows are kept is then their matter. */
function looksOnlyAt(where: unknown, columns: readonly string[]): boolean {
  if (where === undefined) return true;
  const seen = new Set<string>();
  const found: string[] = [];
  walk({ where }, (key, node) => {
    seen.add(key);
    if (key === "ColumnRef") found.push(names(node["fields"]).at(-1) ?? "");
  });
  const calls = seen.has("SubLink") || seen.has("FuncCall");
  return !calls && found.length > 0 && found.every((column) => columns.includes(column));
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

/** True when a SELECT gives the column of every row that has something in it, beside another column. */
function keepsColumn(select: unknown, column: string): boolean {
  const node = asNode(select);
  if (node === null) return false;
  if (narrowing.some((field) => node[field] !== undefined)) return false;
  const from = asList(node["fromClause"]);
  if (from.length !== 1 || dig(from[0], "RangeVar") === undefined) return false;
  const values = asList(node["targetList"]).map((item) => dig(item, "ResTarget", "val"));
  const isKept =
    values.some(isStar) || (values.length > 1 && values.some((value) => isColumn(value, column)));
  return isKept && looksOnlyAt(node["whereClause"], [column]);
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
  return isLasting && !isOld && reads && keepsColumn(select, column) ? operation.table : null;
}

/** Where INSERT … SELECT or UPDATE keeps the column; null when it does not. */
function writeOf(placed: PlacedOperation, table: ObjectName, column: string): ObjectName | null {
  const { operation } = placed;
  if (operation.kind !== "query") return null;
  const node = nodeOf(placed);
  const reads = operation.query.reads.some((read) => sameName(read, table));
  for (const write of operation.query.writes) {
    const isOwn = sameName(write.table, table);
    if (write.verb === "insert" && !isOwn && reads) {
      if (keepsColumn(dig(node, "selectStmt", "SelectStmt"), column)) return write.table;
    }
    if (write.verb !== "update" || write.columns.includes(column) || !(reads || isOwn)) continue;
    const isSet = asList(node?.["targetList"]).some((item) =>
      isColumn(dig(item, "ResTarget", "val"), column),
    );
    const isWhole = !isOwn || looksOnlyAt(node?.["whereClause"], [column, ...write.columns]);
    if (isSet && isWhole) return write.table;
  }
  return null;
}

/** True when the placed operation takes rows of the table away, or the table. */
function empties({ operation }: PlacedOperation, table: ObjectName): boolean {
  switch (operation.kind) {
    case "drop":
      return operation.objects.some((object) => sameName(object, table));
    case "truncate":
      return operation.tables.some(({ name }) => sameName(name, table));
    case "query":
      return operation.query.writes.some(
        (write) => write.verb === "delete" && sameName(write.table, table),
      );
    default:
      return false;
  }
}

/** All placed operations up to the end of the file, and those among them that may keep a column. */
interface History {
  readonly all: readonly PlacedOperation[];
  readonly copies: readonly { readonly placed: PlacedOperation; readonly place: number }[];
}

const known = new WeakMap<Subject, History>();

function historyOf(subject: Subject): History {
  const found = known.get(subject);
  if (found !== undefined) return found;
  const all = [...subject.earlier.flatMap(placedOperationsOf), ...subject.placedOperations];
  const copies = all.flatMap((placed, place) => {
    const { operation, statement } = placed;
    const writes =
      (operation.kind === "create table" && operation.query !== null) ||
      (operation.kind === "query" && operation.query.writes.length > 0);
    // Inside DO a condition may leave it out.
    return writes && statement.kind !== "DO" ? [{ placed, place }] : [];
  });
  const history = { all, copies };
  known.set(subject, history);
  return history;
}

/**
 * True when a statement before the placed operation, in this or an earlier file, keeps what the column holds, and nothing up to
 * the end of this file takes the copy away again.
 */
export function isArchived(
  subject: Subject,
  placed: PlacedOperation,
  table: ObjectName,
  column: string,
): boolean {
  const { all, copies } = historyOf(subject);
  const until = all.length - subject.placedOperations.length + placed.index;
  return copies.some(({ placed: one, place }) => {
    if (place >= until) return false;
    const kept = copyOf(subject, one, table, column) ?? writeOf(one, table, column);
    if (kept === null) return false;
    return sameName(kept, table) || !all.slice(place + 1).some((later) => empties(later, kept));
  });
}
