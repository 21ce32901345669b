/**
 * Recognises the statements a migration makes on its own record: start, applied, rolled back.
 * Does NOT carry them out (the runner does, with executor and ticket) and cannot see into DO bodies.
 */
import { eventsTable, ledgerTable, lockTable, ownTables } from "../../../stack/ownTables";
import { isHarmless } from "../sql/knownFunctions";
import { asList, asNode, asText, dig, names, relationName, type TreeNode, walk } from "../sql/tree";

/** What a statement does to the ledger. "other" is anything a migration has no business doing. */
export interface LedgerStatement {
  readonly operation: "start" | "applied" | "rolled back" | "other";
  /** The version it names as a constant, or null. */
  readonly version: string | null;
}

/** No file may write any of them but the ledger. */
const ownNames: ReadonlySet<string> = new Set([
  ...Object.values(ownTables),
  ...[ledgerTable, eventsTable, lockTable],
]);

const writes = new Set(["InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"]);
const other: LedgerStatement = { operation: "other", version: null };

const isOwnTable = (name: string | null): boolean => name !== null && ownNames.has(name);
const isLedger = (name: string | null): boolean =>
  name === ownTables.ledger || name === ledgerTable;

/** The constant behind optional casts: text, or a boolean (also as 'true' and 'f'). */
function constant(value: unknown): string | boolean | null {
  const inner = dig(value, "TypeCast", "arg");
  if (inner !== undefined) return constant(inner);
  const literal = asNode(dig(value, "A_Const"));
  if (literal === null) return null;
  if (literal["boolval"] !== undefined) return dig(literal, "boolval", "boolval") === true;
  return asText(dig(literal, "sval", "sval"));
}

/** Column name to assigned expression, of `SET a = 1, b = 2`. */
function assignments(list: unknown): ReadonlyMap<string, unknown> {
  return new Map(
    asList(list).flatMap((item): [string, unknown][] => {
      const name = asText(dig(item, "ResTarget", "name"));
      return name === null ? [] : [[name, dig(item, "ResTarget", "val")]];
    }),
  );
}

/** Column name to inserted expression, of a one-row VALUES or a SELECT of expressions. */
function insertedValues(node: TreeNode): ReadonlyMap<string, unknown> | null {
  const source = dig(node, "selectStmt", "SelectStmt");
  const rows = asList(dig(source, "valuesLists"));
  if (rows.length > 1) return null;
  const values =
    rows.length === 1
      ? asList(dig(rows[0], "List", "items"))
      : asList(dig(source, "targetList")).map((item) => dig(item, "ResTarget", "val"));
  const columns = asList(node["cols"]).map((item) => asText(dig(item, "ResTarget", "name")) ?? "");
  return new Map(columns.map((column, index) => [column, values[index]]));
}

/** The constant of `version = '…'` in a WHERE of that, alone or joined by AND. */
function versionInWhere(where: unknown): string | null {
  const parts =
    dig(where, "BoolExpr", "boolop") === "AND_EXPR" ? dig(where, "BoolExpr", "args") : [where];
  for (const part of asList(parts)) {
    const expression = asNode(dig(part, "A_Expr"));
    if (expression?.["kind"] !== "AEXPR_OP" || names(expression["name"]).join() !== "=") continue;
    const column = names(dig(expression["lexpr"], "ColumnRef", "fields")).at(-1);
    const value = constant(expression["rexpr"]);
    if (column === "version" && typeof value === "string") return value;
  }
  return null;
}

function readInsert(node: TreeNode): LedgerStatement {
  const values = insertedValues(node);
  if (values === null || !values.has("version")) return other;
  // The column's default is false, so a start row may leave it out.
  if (values.has("applied") && constant(values.get("applied")) !== false) return other;
  const onConflict = assignments(dig(node, "onConflictClause", "targetList"));
  if (onConflict.has("version")) return other;
  if (onConflict.has("applied") && constant(onConflict.get("applied")) !== false) return other;
  const version = constant(values.get("version"));
  return { operation: "start", version: typeof version === "string" ? version : null };
}

function readUpdate(node: TreeNode): LedgerStatement {
  const set = assignments(node["targetList"]);
  if (set.has("version")) return other;
  const version = versionInWhere(node["whereClause"]);
  const applied = constant(set.get("applied"));
  if (applied === true) return { operation: "applied", version };
  if (applied !== false) return other;
  return { operation: set.has("rolled_back_at") ? "rolled back" : "start", version };
}

/** What a statement on the record has no need of: it would run under psql, and not under the engine. */
const strayFields = ["withClause", "returningList", "returningClause", "fromClause"];

/** True when a statement on the record does something beside: reads a table, calls a function, has a WITH. */
function strays(node: TreeNode): boolean {
  let found = strayFields.some((field) => node[field] !== undefined);
  walk({ node }, (key, child) => {
    if (key === "SubLink" || key === "RangeFunction" || key === "RangeSubselect") found = true;
    if (key === "RangeVar" && !isLedger(relationName(child))) found = true;
    if (key === "FuncCall" && !isHarmless(names(child["funcname"]))) found = true;
  });
  return found;
}

/** True when a data-modifying part anywhere in the statement writes one of our tables. */
function hidesWrite(node: TreeNode): boolean {
  let found = false;
  walk(node, (key, child) => {
    if (writes.has(key) && isOwnTable(relationName(child["relation"]))) found = true;
  });
  return found;
}

/** True when a utility statement names one of our tables, as a relation or as a list of names. */
function namesOwnTable(node: TreeNode): boolean {
  let found = false;
  walk({ node }, (_key, child) => {
    if (isOwnTable(relationName(child))) found = true;
    for (const value of Object.values(child)) {
      if (Array.isArray(value) && isOwnTable(names(value).join("."))) found = true;
    }
  });
  return found;
}

/** Returns what a statement does to the ledger, or null when it does not touch it. Reading is free. */
export function readLedgerStatement(tag: string, node: TreeNode): LedgerStatement | null {
  const target = relationName(node["relation"]);
  if (tag === "InsertStmt" && isLedger(target)) return strays(node) ? other : readInsert(node);
  if (tag === "UpdateStmt" && isLedger(target)) return strays(node) ? other : readUpdate(node);
  if (writes.has(tag) && isOwnTable(target)) return other;
  const touches = writes.has(tag) || tag === "SelectStmt" ? hidesWrite(node) : namesOwnTable(node);
  return touches ? other : null;
}
