/**
 * The operations inside a DO block or a function of PL/pgSQL: its SQL statements, whatever the conditions around them.
 * Does NOT run or fold anything: a statement in a branch or loop counts as if it ran once.
 */
import { parsePlpgsql, parseStatements, type RawStatement } from "../sql/parser";
import { changesRole, settingsOf } from "../sql/roleChange";
import { classifyNode } from "../sql/statementKinds";
import { asText, dig, type TreeNode, walk } from "../sql/tree";
import { assignedRow } from "./assignedRow";
import type { BlockOperations, InnerStatement, Operation } from "./operation";

/** How the parser is told to read an expression. Source: PostgreSQL, enum RawParseMode. */
const expressionModes: readonly unknown[] = [2];
const assignmentModes: readonly unknown[] = [3, 4, 5];

/** What `x := …` or `x[1] = …` assigns. */
const assigned = /^[^:='"]*(?:"[^"]*"[^:='"]*)*:?=/;

/** The statement as the SQL that runs; an expression runs as SELECT. */
function sqlOf(expression: TreeNode): string {
  const query = asText(expression["query"]) ?? "";
  const mode = expression["parseMode"];
  if (expressionModes.includes(mode)) return `SELECT ${query}`;
  if (assignmentModes.includes(mode)) return `SELECT ${query.replace(assigned, "")}`;
  return query;
}

/** The text that EXECUTE runs, when it is written as one constant; else null. */
function constantQuery(expression: unknown): string | null {
  const parsed = parseStatements(`SELECT ${asText(dig(expression, "query")) ?? ""}`);
  if ("reason" in parsed || parsed.length !== 1) return null;
  const [target] = (parsed[0]?.node["targetList"] ?? []) as readonly unknown[];
  return asText(dig(target, "ResTarget", "val", "A_Const", "sval", "sval"));
}

/** Fields that hold the text of a dynamic statement. */
const dynamicFields: Readonly<Record<string, string>> = {
  PLpgSQL_stmt_dynexecute: "query",
  PLpgSQL_stmt_dynfors: "query",
  PLpgSQL_stmt_return_query: "dynquery",
  PLpgSQL_stmt_open: "dynquery",
};

/** Statements of PL/pgSQL that end the transaction. */
const endings: Readonly<Record<string, string>> = {
  PLpgSQL_stmt_commit: "COMMIT",
  PLpgSQL_stmt_rollback: "ROLLBACK",
};

interface Found {
  readonly sql: readonly string[];
  readonly dynamic: number;
  /** COMMIT and ROLLBACK. */
  readonly ends: readonly string[];
  readonly givesNull: boolean;
}

/** The SQL of a parsed block, in no order that matters. */
function collect(tree: unknown): Found {
  const sql: string[] = [];
  let dynamic = 0;
  const ends: string[] = [];
  let givesNull = false;
  walk(tree, (key, node) => {
    const ending = Object.hasOwn(endings, key) ? endings[key] : undefined;
    if (ending !== undefined) ends.push(ending);
    if (key === "PLpgSQL_expr") sql.push(sqlOf(node));
    const given = asText(dig(node, "expr", "PLpgSQL_expr", "query")) ?? "";
    if (key === "PLpgSQL_stmt_return" && /^\s*null\s*$/i.test(given)) givesNull = true;
    const field = Object.hasOwn(dynamicFields, key) ? dynamicFields[key] : undefined;
    const query = field === undefined ? undefined : dig(node, field, "PLpgSQL_expr");
    if (query === undefined) return;
    const constant = constantQuery(query);
    if (constant === null) dynamic += 1;
    else sql.push(constant);
  });
  // The walk goes backwards through lists.
  return { sql: sql.reverse(), dynamic, ends, givesNull };
}

/**
 * Reads a block of PL/pgSQL.
 *
 * @param text  The whole DO or CREATE FUNCTION statement.
 * @param read  Gives the operations of one SQL statement (see readOperations).
 */
export function readBlock(
  text: string,
  read: (raw: RawStatement, text: string) => readonly Operation[],
): BlockOperations {
  const tree = parsePlpgsql(text);
  if (tree === null) {
    const unknown = "its PL/pgSQL could not be read";
    return { operations: [], statements: [], givesNull: false, unknown };
  }
  const { sql, dynamic, ends, givesNull } = collect(tree);
  const row = assignedRow(tree);
  let unread = 0;
  const none = { target: null, changesRole: false, settings: [] };
  const statements: InnerStatement[] = ends.map((kind) => ({ kind, ...none }));
  const operations = sql.flatMap((one) => {
    const parsed = parseStatements(one);
    if (!("reason" in parsed)) {
      statements.push(...parsed.map(innerStatement));
      return parsed.flatMap((raw) => read(raw, one));
    }
    unread += 1;
    return [];
  });
  const reasons = [
    ...(dynamic > 0 ? ["EXECUTE runs text that is put together at run time"] : []),
    ...(unread > 0 ? ["a part of it could not be read"] : []),
  ];
  return {
    operations: operations.filter(matters),
    statements,
    givesNull,
    ...(row.columns.length > 0 || row.givesOld ? { row } : {}),
    unknown: reasons.join("; ") || null,
  };
}

/** What is told of a statement inside a block. */
export function innerStatement({ tag, node }: RawStatement): InnerStatement {
  const { kind, target } = classifyNode(tag, node);
  return { kind, target, changesRole: changesRole(tag, node), settings: settingsOf(tag, node) };
}

/** Expressions without a table or an unknown function are most of a block, and say nothing. */
function matters(operation: Operation): boolean {
  if (operation.kind === "session") return false;
  if (operation.kind !== "query") return true;
  const { reads, writes, unknownFunctions, shadowable, resets } = operation.query;
  return [reads, writes, unknownFunctions, shadowable, resets].some((list) => list.length > 0);
}
