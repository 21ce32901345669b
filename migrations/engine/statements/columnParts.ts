/**
 * Reads columns, types and constraints out of parse trees.
 * Does NOT know tables (see schemaModel) nor what a change of them costs (see typeChanges).
 */
import { isSteady } from "../sql/knownFunctions";
import type { ObjectName } from "../sql/objectName";
import { asList, asNode, asText, dig, names, type TreeNode, walk } from "../sql/tree";
import { calledIn } from "./calls";
import type { Column, Constraint, DefaultKind, KeyOperation, TypeRef } from "./tableOperation";

/** Schema and name of a dotted name; the catalog of a three-part name is this database's. */
export function nameOf(parts: readonly string[]): ObjectName {
  return { schema: parts.at(-2) ?? null, name: parts.at(-1) ?? "" };
}

/** Name of a RangeVar, wrapped in its tag or not. */
export function relationOf(value: unknown): ObjectName {
  const node = asNode(dig(value, "RangeVar")) ?? asNode(value);
  const temporary = node?.["relpersistence"] === "t";
  const schema = asText(node?.["schemaname"]) ?? (temporary ? "pg_temp" : null);
  return { schema, name: asText(node?.["relname"]) ?? "" };
}

/** A number of an integer constant: the parser leaves a zero out. */
function numberOf(value: unknown): number | null {
  const integer = asNode(dig(value, "A_Const", "ival"));
  return integer === null ? null : Number(integer["ival"] ?? 0);
}

/** A type; PostgreSQL's own have no schema. */
export function readType(value: unknown): TypeRef {
  const node = asNode(dig(value, "TypeName")) ?? asNode(value);
  const parts = names(node?.["names"]);
  const { schema, name } = nameOf(parts);
  const modifiers = asList(node?.["typmods"]).map(numberOf);
  const numbers = modifiers.filter((modifier) => modifier !== null);
  return {
    schema: schema === "pg_catalog" ? null : schema,
    name,
    modifiers: numbers.length === modifiers.length ? numbers : null,
    isArray: asList(node?.["arrayBounds"]).length > 0,
  };
}

const serialTypes = new Set([
  "serial",
  "serial2",
  "serial4",
  "serial8",
  "smallserial",
  "bigserial",
]);

const isNullConstant = (value: unknown): boolean =>
  dig(value, "A_Const", "isnull") === true ||
  (dig(value, "TypeCast", "arg") !== undefined && isNullConstant(dig(value, "TypeCast", "arg")));

/** Whether a DEFAULT is one value for all rows. A function that is not known counts as volatile. */
export function defaultKind(expression: unknown): DefaultKind {
  if (expression === undefined || isNullConstant(expression)) return "none";
  const calls: TreeNode[] = [];
  walk({ expression }, (key, node) => {
    if (key === "FuncCall") calls.push(node);
  });
  return calls.every((call) => isSteady(names(call["funcname"]))) ? "constant" : "volatile";
}

/** What an expression calls that may be more than PostgreSQL's own, in one list. */
export function callsIn(expression: unknown): readonly string[] {
  const { unknownFunctions, shadowable } = calledIn(expression);
  return [...unknownFunctions, ...shadowable];
}

/** The literal behind casts as quoted text; null when it is none. */
function literalOf(value: unknown): string | null {
  const inner = dig(value, "TypeCast", "arg");
  if (inner !== undefined) return literalOf(inner);
  const constant = asNode(dig(value, "A_Const"));
  if (constant === null || constant["isnull"] === true) return null;
  const integer = numberOf(value);
  if (integer !== null) return `'${integer}'`;
  if (constant["boolval"] !== undefined) {
    return `'${dig(constant, "boolval", "boolval") === true}'`;
  }
  // The parser leaves an empty text out.
  const empty = constant["sval"] === undefined ? null : "";
  const text =
    asText(dig(constant, "sval", "sval")) ?? asText(dig(constant, "fval", "fval")) ?? empty;
  return text === null ? null : `'${text.replaceAll("'", "''")}'`;
}

const columnOf = (value: unknown): string | null => {
  const fields = names(dig(value, "ColumnRef", "fields"));
  return fields.length === 1 ? (fields[0] ?? null) : null;
};

/** One comparison of a column with literals as text that can be compared, else null. */
function comparable(expression: unknown): string | null {
  const test = asNode(dig(expression, "NullTest"));
  if (test !== null) {
    const column = columnOf(test["arg"]);
    return column !== null && test["nulltesttype"] === "IS_NOT_NULL"
      ? `${column} IS NOT NULL`
      : null;
  }
  const comparison = asNode(dig(expression, "A_Expr"));
  const column = columnOf(comparison?.["lexpr"]);
  const operator = names(comparison?.["name"]).join(".");
  if (comparison === null || column === null) return null;
  if (comparison["kind"] === "AEXPR_IN" && operator === "=") {
    const list = dig(comparison["rexpr"], "List", "items") ?? comparison["rexpr"];
    const values = asList(list).map(literalOf);
    return values.includes(null) ? null : `${column} IN (${[...values].sort().join(", ")})`;
  }
  const value = literalOf(comparison["rexpr"]);
  if (comparison["kind"] !== "AEXPR_OP" || value === null) return null;
  return operator === "=" ? `${column} IN (${value})` : `${column} ${operator} ${value}`;
}

/** The parts of a condition joined by AND that have a comparable text. */
function comparableParts(expression: unknown): readonly string[] {
  const parts =
    dig(expression, "BoolExpr", "boolop") === "AND_EXPR"
      ? asList(dig(expression, "BoolExpr", "args")).flatMap(comparableParts)
      : [comparable(expression)];
  return parts.filter((part) => part !== null);
}

/** What the bound of a partition demands of its one key column, `?` for the column; null when it is more than that. */
export function boundParts(bound: unknown): readonly string[] | null {
  const node = asNode(bound);
  const values = asList(node?.["listdatums"]).map(literalOf);
  if (node?.["strategy"] === "l" && values.length > 0 && !values.includes(null)) {
    return ["? IS NOT NULL", `? IN (${[...values].sort().join(", ")})`];
  }
  if (node?.["strategy"] !== "r") return null;
  const [lower, ...others] = asList(node["lowerdatums"]);
  const [upper] = asList(node["upperdatums"]);
  if (others.length > 0) return null;
  const limit = (datum: unknown, operator: string, open: string): readonly string[] | null => {
    if (columnOf(datum) === open) return [];
    const value = literalOf(datum);
    return value === null ? null : [`? ${operator} ${value}`];
  };
  const [from, to] = [limit(lower, ">=", "minvalue"), limit(upper, "<", "maxvalue")];
  return from === null || to === null ? null : ["? IS NOT NULL", ...from, ...to];
}

/** Columns that an expression mentions. */
export function columnsIn(expression: unknown): readonly string[] {
  const found = new Set<string>();
  walk({ expression }, (key, node) => {
    const name = names(node["fields"]).at(-1);
    if (key === "ColumnRef" && name !== undefined) found.add(name);
  });
  return [...found];
}

/** Source: PostgreSQL, FKCONSTR_ACTION_*; "a" and "r" refuse. */
const keyOperations: Readonly<Record<string, KeyOperation>> = { c: "cascade", n: "set", d: "set" };

const constraintTypes: Readonly<Record<string, Constraint["type"]>> = {
  CONSTR_CHECK: "check",
  CONSTR_FOREIGN: "foreign key",
  CONSTR_UNIQUE: "unique",
  CONSTR_PRIMARY: "primary key",
  CONSTR_EXCLUSION: "exclusion",
  CONSTR_NOTNULL: "not null",
};

/**
 * A constraint of a table, or of a column.
 *
 * @param column  The column it stands behind, or null.
 * @returns       Null for what PostgreSQL's grammar calls a constraint and is none (DEFAULT, GENERATED).
 */
export function readConstraint(value: unknown, column: string | null): Constraint | null {
  const node = asNode(dig(value, "Constraint"));
  const type = constraintTypes[asText(node?.["contype"]) ?? ""];
  if (node === null || type === undefined) return null;
  const expression = node["raw_expr"];
  const excluded = asList(node["exclusions"]).flatMap(
    (item) => asText(dig(asList(dig(item, "List", "items"))[0], "IndexElem", "name")) ?? [],
  );
  const keys = type === "foreign key" ? names(node["fk_attrs"]) : names(node["keys"]);
  const own = type === "exclusion" ? excluded : keys;
  const mentioned = type === "check" ? columnsIn(expression) : own;
  const hasReference = node["pktable"] !== undefined;
  const canBeUnenforced = type === "check" || type === "foreign key";
  return {
    type,
    name: asText(node["conname"]),
    columns: mentioned.length > 0 || column === null || type === "check" ? mentioned : [column],
    valid: node["skip_validation"] !== true,
    enforced: !canBeUnenforced || node["is_enforced"] === true,
    references: hasReference ? relationOf(node["pktable"]) : null,
    referencedColumns: names(node["pk_attrs"]),
    onDelete: keyOperations[asText(node["fk_del_action"]) ?? ""] ?? "keep",
    onUpdate: keyOperations[asText(node["fk_upd_action"]) ?? ""] ?? "keep",
    calls: type === "check" ? callsIn(expression) : [],
    usingIndex: asText(node["indexname"]),
    parts: type === "check" ? comparableParts(expression) : [],
  };
}

/** A column and the constraints written behind it. */
export function readColumn(value: unknown): {
  readonly column: Column;
  readonly constraints: readonly Constraint[];
} {
  const node: TreeNode = asNode(dig(value, "ColumnDef")) ?? {};
  const name = asText(node["colname"]) ?? "";
  const type = readType(node["typeName"]);
  const serial = type.schema === null && serialTypes.has(type.name);
  let kind: DefaultKind = serial ? "serial" : "none";
  const constraints: Constraint[] = [];
  const calls: string[] = [];
  for (const item of asList(node["constraints"])) {
    const part = asNode(dig(item, "Constraint")) ?? {};
    if (part["contype"] === "CONSTR_DEFAULT" || part["contype"] === "CONSTR_GENERATED") {
      calls.push(...callsIn(part["raw_expr"]));
    }
    if (part["contype"] === "CONSTR_DEFAULT") kind = defaultKind(part["raw_expr"]);
    if (part["contype"] === "CONSTR_IDENTITY") kind = "identity";
    if (part["contype"] === "CONSTR_GENERATED") {
      kind = part["generated_kind"] === "v" ? "virtual" : "stored";
    }
    const constraint = readConstraint(item, name);
    if (constraint !== null) constraints.push(constraint);
    // Behind a column the word is an item of its own, for the constraint before it.
    const last = constraints.at(-1);
    if (part["contype"] === "CONSTR_ATTR_NOT_ENFORCED" && last !== undefined) {
      constraints.splice(-1, 1, { ...last, enforced: false });
    }
  }
  const collation = names(dig(node, "collClause", "collname")).join(".") || null;
  const isKey = constraints.some(({ type: kindOf }) => kindOf === "primary key");
  const saysNotNull = constraints.some((one) => one.type === "not null" && one.valid);
  const notNull = saysNotNull || isKey || serial || kind === "identity";
  return { column: { name, type, collation, notNull, default: kind, calls }, constraints };
}
