/**
 * Reads CREATE FUNCTION and CREATE PROCEDURE: name, language, and the SQL of bodies in LANGUAGE sql.
 * Does NOT read PL/pgSQL (see plpgsqlOperations).
 */
import { parseStatements, type RawStatement } from "../sql/parser";
import { asList, asNode, asText, dig, names, type TreeNode } from "../sql/tree";
import { calledIn } from "./calls";
import { nameOf } from "./columnParts";
import { argumentWords } from "./objectOperations";
import type { BlockOperations, Operation, QueryUse } from "./operation";
import { emptyUse, mergeUses, readQuery } from "./queryUse";

const option = (node: TreeNode, name: string): unknown =>
  asList(node["options"])
    .map((item) => dig(item, "DefElem"))
    .find((item) => dig(item, "defname") === name);

/** Lower case; sql where none is named. */
export function languageOf(node: TreeNode): string {
  return (asText(dig(option(node, "language"), "arg", "String", "sval")) ?? "sql").toLowerCase();
}

/** The statements below BEGIN ATOMIC or RETURN, as the parser nests them. */
function atomicStatements(body: unknown): readonly RawStatement[] {
  if (Array.isArray(body)) return body.flatMap(atomicStatements);
  const items = dig(body, "List", "items");
  if (items !== undefined) return atomicStatements(items);
  const [tag, node] = Object.entries(asNode(body) ?? {})[0] ?? [];
  const known = asNode(node);
  if (tag === undefined || known === null) return [];
  // RETURN of an expression is a query of that expression.
  const isReturn = tag === "ReturnStmt";
  return [{ start: 0, end: 0, tag: isReturn ? "SelectStmt" : tag, node: known }];
}

/** The statements of a body in LANGUAGE sql; null when they cannot be read. */
export function sqlBody(node: TreeNode): readonly RawStatement[] | null {
  if (node["sql_body"] !== undefined) return atomicStatements(node["sql_body"]);
  const text = names(dig(option(node, "as"), "arg", "List", "items"))[0];
  const parsed = parseStatements(text ?? "");
  return "reason" in parsed ? null : parsed;
}

/** Tables that PostgreSQL looks up at once, since it checks bodies of LANGUAGE sql. */
function checkedUse(node: TreeNode): QueryUse {
  if (languageOf(node) !== "sql") return emptyUse;
  const statements = sqlBody(node) ?? [];
  return mergeUses(statements.map(({ tag, node: inner }) => readQuery({ [tag]: inner })));
}

/** @param body  What it does when it is called. */
export function createFunction(node: TreeNode, body: BlockOperations): readonly Operation[] {
  const { schema, name } = nameOf(names(node["funcname"]));
  const inputs = asList(node["parameters"])
    .map((item) => asNode(dig(item, "FunctionParameter")) ?? {})
    .filter(({ mode }) => mode !== "FUNC_PARAM_OUT" && mode !== "FUNC_PARAM_TABLE")
    .map(({ argType }) => argType);
  return [
    {
      kind: "create function",
      function: {
        kind: node["is_procedure"] === true ? "procedure" : "function",
        schema,
        name: `${name}(${argumentWords(inputs)})`,
      },
      replace: node["replace"] === true,
      language: languageOf(node),
      definer: dig(option(node, "security"), "arg", "Boolean", "boolval") === true,
      query: checkedUse(node),
      body: withDefaults(node, body),
    },
  ];
}

/** Defaults of arguments run with the call, where it leaves them out. */
function withDefaults(node: TreeNode, body: BlockOperations): BlockOperations {
  const defaults = asList(node["parameters"]).map((item) =>
    dig(item, "FunctionParameter", "defexpr"),
  );
  const { unknownFunctions, shadowable, resets } = calledIn(
    defaults.filter((one) => one !== undefined),
  );
  if (unknownFunctions.length + shadowable.length + resets.length === 0) return body;
  const query = { ...emptyUse, unknownFunctions, shadowable, resets };
  return { ...body, operations: [...body.operations, { kind: "query", query }] };
}
