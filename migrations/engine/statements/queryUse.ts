/**
 * What a query reads, writes and locks, and which functions of unknown effect it calls.
 * Does NOT look into views, triggers or function bodies (see queryImpacts for what the files say of them).
 */
import type { ObjectName } from "../sql/objectName";
import { asList, asNode, asText, dig, type TreeNode, walk } from "../sql/tree";
import { CallCollector } from "./calls";
import { relationOf } from "./columnParts";
import type { QueryUse, RowWrite } from "./operation";

const verbs: Readonly<Record<string, RowWrite["verb"]>> = {
  InsertStmt: "insert",
  UpdateStmt: "update",
  DeleteStmt: "delete",
  MergeStmt: "merge",
};

/** A query that touches nothing. */
export const emptyUse: QueryUse = {
  reads: [],
  locksRows: [],
  writes: [],
  unknownFunctions: [],
  shadowable: [],
  resets: [],
};

const keyOf = ({ schema, name }: ObjectName): string => `${schema ?? ""}.${name}`;

/** Without duplicates, in the order of the text as far as the tree keeps it. */
const distinct = (found: readonly ObjectName[]): readonly ObjectName[] => [
  ...new Map(found.map((name) => [keyOf(name), name])).values(),
];

/** All tables below a list of FROM items, with the names they go by. Subqueries are not entered. */
function fromTables(
  items: unknown,
): readonly { readonly table: ObjectName; readonly alias: string }[] {
  return asList(items).flatMap((item) => {
    const join = asNode(dig(item, "JoinExpr"));
    if (join !== null) return fromTables([join["larg"], join["rarg"]]);
    const range = asNode(dig(item, "RangeVar"));
    if (range === null) return [];
    const table = relationOf(range);
    return [{ table, alias: asText(dig(range, "alias", "aliasname")) ?? table.name }];
  });
}

/** The tables whose rows a SELECT … FOR UPDATE locks. */
function rowLocks(select: TreeNode): readonly ObjectName[] {
  const tables = fromTables(select["fromClause"]);
  return asList(select["lockingClause"]).flatMap((clause) => {
    const only = asList(dig(clause, "LockingClause", "lockedRels")).map(
      (item) => relationOf(item).name,
    );
    return tables
      .filter(({ alias }) => only.length === 0 || only.includes(alias))
      .map(({ table }) => table);
  });
}

const mergeClauses = (node: TreeNode): readonly unknown[] =>
  asList(node["mergeWhenClauses"]).map((item) => dig(item, "MergeWhenClause"));

/** INSERT and MERGE: whether rows that are there already are changed. */
const changesFound = (node: TreeNode): boolean =>
  dig(node, "onConflictClause", "action") === "ONCONFLICT_UPDATE" ||
  mergeClauses(node).some((clause) =>
    /^CMD_(UPDATE|DELETE)$/.test(asText(dig(clause, "commandType")) ?? ""),
  );

/** INSERT and MERGE: whether the rows they come with stand in the statement. */
function listsItsRows(node: TreeNode): boolean {
  const source =
    dig(node, "selectStmt", "SelectStmt") ??
    dig(node, "sourceRelation", "RangeSubselect", "subquery", "SelectStmt");
  const bySource = mergeClauses(node).some(
    (clause) => dig(clause, "matchKind") === "MERGE_WHEN_NOT_MATCHED_BY_SOURCE",
  );
  return asList(dig(source, "valuesLists")).length > 0 && !bySource;
}

const isSelect = (key: string): boolean => key === "SelectStmt" || key === "larg" || key === "rarg";

/**
 * Reads any tree that may hold queries: a statement, an expression, a list.
 *
 * @param tree  With its tag: `{ SelectStmt: … }`.
 */
export function readQuery(tree: unknown): QueryUse {
  const reads: ObjectName[] = [];
  const locksRows: ObjectName[] = [];
  const writes: RowWrite[] = [];
  const calls = new CallCollector();
  const temporaries = new Set<string>();
  /** FOR UPDATE OF names aliases, which the parser shows as tables. */
  const aliases = new Set<unknown>();
  walk({ tree }, (key, node) => {
    if (key === "CommonTableExpr") temporaries.add(asText(node["ctename"]) ?? "");
    if (key === "LockingClause") {
      for (const item of asList(node["lockedRels"])) aliases.add(dig(item, "RangeVar"));
    }
    if (key === "RangeVar" && !aliases.has(node)) reads.push(relationOf(node));
    if (isSelect(key) && node["lockingClause"] !== undefined) locksRows.push(...rowLocks(node));
    calls.visit(key, node);
    const verb = verbs[key];
    if (verb !== undefined) {
      writes.push({
        verb,
        table: relationOf(node["relation"]),
        filtered: verb === "insert" || verb === "merge" || node["whereClause"] !== undefined,
        updatesOnConflict: changesFound(node),
        listed: listsItsRows(node),
        columns:
          verb === "update"
            ? asList(node["targetList"]).flatMap(
                (item) => asText(dig(item, "ResTarget", "name")) ?? [],
              )
            : [],
      });
    }
  });
  const isTable = ({ schema, name }: ObjectName): boolean =>
    schema !== null || !temporaries.has(name);
  return {
    reads: distinct(reads.filter(isTable)),
    locksRows: distinct(locksRows.filter(isTable)),
    writes,
    ...calls.calls,
  };
}

/** The one relation of a SELECT through which a view can be written; null where it has none. */
export function writableBase(select: unknown): ObjectName | null {
  const node = asNode(dig(select, "SelectStmt")) ?? {};
  const [only, ...others] = fromTables(node["fromClause"]);
  const shapes = ["distinctClause", "groupClause", "havingClause", "limitCount", "withClause"];
  const isPlain = !shapes.some((shape) => node[shape] !== undefined) && node["op"] === "SETOP_NONE";
  return only === undefined || others.length > 0 || !isPlain ? null : only.table;
}

/** Several queries as one. */
export function mergeUses(uses: readonly QueryUse[]): QueryUse {
  return {
    reads: distinct(uses.flatMap(({ reads }) => reads)),
    locksRows: distinct(uses.flatMap(({ locksRows }) => locksRows)),
    writes: uses.flatMap(({ writes }) => writes),
    unknownFunctions: [...new Set(uses.flatMap(({ unknownFunctions }) => unknownFunctions))],
    shadowable: [...new Set(uses.flatMap(({ shadowable }) => shadowable))],
    resets: uses.flatMap(({ resets }) => resets),
  };
}
