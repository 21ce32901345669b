/**
 * Turns a plain UPDATE or DELETE into the statement of one round: the same, for a range of the table's pages.
 * Pure. Does NOT choose ranges (see batchPace.ts) or run anything (see batchRun.ts).
 */
import { parseStatements, scanTokens } from "../sql/parser";
import { asList, asNode, asText, dig, names, type TreeNode, walk } from "../sql/tree";
import type { Statement } from "./statements";

/** What runs instead of the statement. */
export interface BatchStatement {
  readonly verb: "UPDATE" | "DELETE";
  /** The table, quoted. */
  readonly table: string;
  /** False: ONLY, so without partitions and children. */
  readonly withChildren: boolean;
  /** $1 and $2 are tids. One row: `changed`, and `still`: rows that match again after the change. */
  readonly round: string;
  /** The same without a range: it reaches rows that writers have moved. No parameters, one row as above. */
  readonly whole: string;
  /** Keeps writers out and lets readers in. */
  readonly lock: string;
  /** One row, `left`: how many rows match in one snapshot, counted up to $1. */
  readonly check: string;
  /** Turns PostgreSQL's position in `round` into one in the statement; both in characters from 1. */
  readonly positionIn: (roundPosition: number) => number | null;
}

export type PlannedBatch =
  { readonly batch: BatchStatement } | { readonly problem: string; readonly hint: string };

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Clauses that a round cannot carry, by the tree's field. */
const refusedClauses: Readonly<Record<string, string>> = {
  withClause: "WITH",
  fromClause: "FROM",
  usingClause: "USING",
  returningList: "RETURNING",
  returningClause: "RETURNING",
};

/** Functions whose value differs from row to row or call to call: what matched once need not match again. */
const volatileFunctions = new Set([
  "random",
  "clock_timestamp",
  "timeofday",
  "nextval",
  "gen_random_uuid",
  "uuidv4",
  "uuidv7",
]);

const sameTable = (a: TreeNode, b: TreeNode): boolean => {
  const schemas = [asText(a["schemaname"]), asText(b["schemaname"])];
  return a["relname"] === b["relname"] && (schemas.includes(null) || schemas[0] === schemas[1]);
};

/** False for WHERE true, 1 = 1 and a = a: conditions that hold for all rows or for none. Calls are judged below. */
function looksAtRows(where: unknown): boolean {
  if (dig(where, "CurrentOfExpr") !== undefined) return true;
  const found = new Set<string>();
  walk({ where }, (key) => found.add(key));
  const [left, right] = ["lexpr", "rexpr"].map((side) =>
    names(dig(where, "A_Expr", side, "ColumnRef", "fields")).join("."),
  );
  const looks = found.has("ColumnRef") || found.has("FuncCall");
  return looks && (left === "" || left !== right);
}

/** Why the statement cannot be repeated range by range, or null. */
function refuse(tag: string, node: TreeNode): string | null {
  if (tag !== "UpdateStmt" && tag !== "DeleteStmt") return "it is neither UPDATE nor DELETE.";
  const where = node["whereClause"];
  if (where === undefined) {
    return "it has no WHERE: only that tells the rows that are done from those that are not.";
  }
  if (!looksAtRows(where)) return "its WHERE is the same for every row, so it would never be done.";
  if (dig(where, "CurrentOfExpr") !== undefined) return "WHERE CURRENT OF needs a cursor.";
  const clause = Object.keys(refusedClauses).find(
    (field) => asList(node[field]).length > 0 || asNode(node[field]) !== null,
  );
  if (clause !== undefined) return `it has ${refusedClauses[clause] ?? clause}.`;
  const target = asNode(node["relation"]) ?? {};
  let reason: string | null = null;
  walk([where, asList(node["targetList"])], (key, inner) => {
    if (key === "RangeVar" && sameTable(inner, target)) {
      reason = "a sub-select reads the table that is being changed.";
    }
  });
  walk(where, (key, inner) => {
    const name = key === "FuncCall" ? names(inner["funcname"]).at(-1) : undefined;
    if (name !== undefined && volatileFunctions.has(name)) {
      reason = `WHERE calls ${name}(), which gives another value each time.`;
    }
  });
  return reason;
}

/** Byte offset behind the WHERE that belongs to the statement itself: the last one outside of all brackets. */
function endOfWhere(text: string): number {
  let depth = 0;
  let found = 0;
  for (const { mark, end } of scanTokens(text)) {
    if (mark === "(" || mark === "[") depth += 1;
    if (mark === ")" || mark === "]") depth -= 1;
    if (mark === "WHERE" && depth === 0) found = end;
  }
  return found;
}

const charactersIn = (text: string): number => Array.from(text).length;

/** Plans the rounds of a statement, or says why it cannot be run in batches. */
export function planBatch({ text }: Pick<Statement, "text">): PlannedBatch {
  const parsed = parseStatements(text);
  const [raw] = "reason" in parsed ? [] : parsed;
  if (raw === undefined) return { problem: "it cannot be read.", hint: "correct the statement." };
  const problem = refuse(raw.tag, raw.node);
  if (problem !== null) {
    const hint =
      "write a plain UPDATE … SET … WHERE … or DELETE FROM … WHERE …, with a WHERE that no longer holds for rows that are done.";
    return { problem, hint };
  }
  const relation = asNode(raw.node["relation"]) ?? {};
  const verb = raw.tag === "UpdateStmt" ? "UPDATE" : "DELETE";
  const schema = asText(relation["schemaname"]);
  const name = asText(relation["relname"]) ?? "";
  const alias = asText(dig(relation, "alias", "aliasname"));
  const withChildren = relation["inh"] === true;
  const table = [schema, name].flatMap((part) => (part === null ? [] : quote(part))).join(".");

  const bytes = Buffer.from(text, "utf8");
  const end = endOfWhere(text);
  const head = bytes.toString("utf8", 0, end);
  const condition = bytes.toString("utf8", end);
  const ctid = `${quote(alias ?? name)}.ctid`;
  // A comment may end the condition, so its bracket is closed on the next line.
  const before = "WITH changed AS (";
  const still = verb === "UPDATE" ? `(${condition}\n)` : "false";
  const roundWith = (range: string): string =>
    `${before}${head}(${condition}\n)${range} RETURNING ${still} AS still) ` +
    "SELECT count(*)::float8 AS changed, (count(*) FILTER (WHERE still))::float8 AS still FROM changed";
  const place = `${withChildren ? "" : "ONLY "}${table}`;
  const from = `${place}${alias === null ? "" : ` AS ${quote(alias)}`}`;
  return {
    batch: {
      verb,
      table,
      withChildren,
      round: roundWith(` AND ${ctid} >= $1::tid AND ${ctid} < $2::tid`),
      whole: roundWith(""),
      lock: `LOCK TABLE ${place} IN SHARE ROW EXCLUSIVE MODE`,
      check: `SELECT count(*)::float8 AS left FROM (SELECT FROM ${from} WHERE (${condition}\n) LIMIT $1) AS found`,
      positionIn: (roundPosition) => {
        const position = roundPosition - before.length;
        const inHead = position <= charactersIn(head);
        const inText = inHead ? position : position - 1;
        return inText >= 1 && inText <= charactersIn(text) ? inText : null;
      },
    },
  };
}
