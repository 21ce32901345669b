/**
 * How many rows an UPDATE or DELETE may touch, as far as its text says: named by key, or any number.
 * Does NOT judge (see rowRules and headerRules).
 */
import type { ObjectName } from "../../sql/objectName";
import { parseStatements } from "../../sql/parser";
import { asList, asNode, asText, dig, names } from "../../sql/tree";
import type { RowWrite } from "../../statements/operation";
import { type PlacedOperation } from "./placedOperation";
import { placedOperationsOf, sameName, type Subject } from "./subject";

/** Columns that are a key of the table by themselves, as far as the files say. */
function keyColumns(subject: Subject, table: ObjectName): ReadonlySet<string> {
  const constraints = [
    ...subject.earlier.flatMap(placedOperationsOf),
    ...subject.placedOperations,
  ].flatMap(({ operation }) => {
    if (operation.kind === "create table" && sameName(operation.table, table))
      return operation.constraints;
    if (operation.kind !== "alter table" || !sameName(operation.table, table)) return [];
    return operation.command.kind === "add constraint" ? [operation.command.constraint] : [];
  });
  return new Set(
    constraints
      .filter(({ type, columns }) => columns.length === 1 && /^(primary key|unique)$/.test(type))
      .flatMap(({ columns }) => columns),
  );
}

const isConstant = (value: unknown): boolean =>
  dig(value, "A_Const") !== undefined ||
  (dig(value, "TypeCast") !== undefined && isConstant(dig(value, "TypeCast", "arg")));

/** `key = constant` or `key IN (constants)`, alone or joined by AND: so many rows and no more. */
function namesItsRows(where: unknown, keys: ReadonlySet<string>): boolean {
  if (dig(where, "BoolExpr", "boolop") === "AND_EXPR") {
    return asList(dig(where, "BoolExpr", "args")).some((part) => namesItsRows(part, keys));
  }
  const expression = asNode(dig(where, "A_Expr"));
  if (expression === null || names(expression["name"]).join() !== "=") return false;
  const column = names(dig(expression["lexpr"], "ColumnRef", "fields")).at(-1) ?? "";
  if (!keys.has(column)) return false;
  const kind = asText(expression["kind"]);
  if (kind === "AEXPR_OP") return isConstant(expression["rexpr"]);
  const list = asList(dig(expression["rexpr"], "List", "items"));
  return kind === "AEXPR_IN" && list.length > 0 && list.every(isConstant);
}

/** True when the WHERE of the placed operation's statement names its rows by a key. */
function isByKey(subject: Subject, placed: PlacedOperation, write: RowWrite): boolean {
  const parsed = parseStatements(placed.statement.text);
  const where = "reason" in parsed ? undefined : parsed[0]?.node["whereClause"];
  if (write.verb === "insert" || write.verb === "merge") return false;
  return write.filtered && namesItsRows(where, keyColumns(subject, write.table));
}

/** Changes of rows that were there before, whose number the text does not bound. */
export function unboundedWrites(subject: Subject, placed: PlacedOperation): readonly RowWrite[] {
  if (placed.operation.kind !== "query" || placed.statement.ledger !== null) return [];
  return placed.operation.query.writes
    .filter(({ verb, updatesOnConflict, listed }) =>
      verb === "update" || verb === "delete" ? true : updatesOnConflict && !listed,
    )
    .filter(({ table }) => !subject.isNew(table, placed))
    .filter((write) => !isByKey(subject, placed, write));
}
