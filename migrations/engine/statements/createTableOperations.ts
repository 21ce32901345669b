/**
 * Reads the statements that make tables and materialized views: CREATE TABLE in all its forms, and SELECT INTO.
 * Does NOT read ALTER TABLE (see tableCommands).
 */
import type { ObjectName } from "../sql/objectName";
import { asList, asNode, dig, type TreeNode } from "../sql/tree";
import { callsIn, readColumn, readConstraint, readType, relationOf } from "./columnParts";
import type { CreateTable, Operation } from "./operation";
import { readQuery } from "./queryUse";
import { partitionKeyOf, storageOptions } from "./tableCommands";
import type { Constraint } from "./tableOperation";

const isTemporary = (relation: unknown): boolean => dig(relation, "relpersistence") === "t";

/** CREATE TABLE and CREATE FOREIGN TABLE. */
export function createTable(node: TreeNode): readonly Operation[] {
  // CREATE FOREIGN TABLE keeps the table's own node in `base`.
  const base = asNode(node["base"]) ?? node;
  const columns: CreateTable["columns"][number][] = [];
  const constraints: Constraint[] = [];
  const like: ObjectName[] = [];
  for (const item of [...asList(base["tableElts"]), ...asList(base["constraints"])]) {
    if (dig(item, "ColumnDef") !== undefined) {
      const read = readColumn(item);
      columns.push(read.column);
      constraints.push(...read.constraints);
    }
    if (dig(item, "TableLikeClause") !== undefined) {
      like.push(relationOf(dig(item, "TableLikeClause", "relation")));
    }
    const constraint = readConstraint(item, null);
    if (constraint !== null) constraints.push(constraint);
  }
  const parents = asList(base["inhRelations"]).map(relationOf);
  const bound = base["partbound"];
  return [
    {
      kind: "create table",
      table: relationOf(base["relation"]),
      ifNotExists: base["if_not_exists"] === true,
      temporary: isTemporary(base["relation"]),
      foreign: base !== node,
      columns,
      constraints,
      like,
      inherits: bound === undefined ? parents : [],
      ofType: base["ofTypename"] === undefined ? null : readType(base["ofTypename"]),
      partitionOf: bound === undefined ? null : (parents[0] ?? null),
      isDefaultPartition: dig(bound, "is_default") === true,
      partitionKey: partitionKeyOf(base["partspec"]),
      keyCalls: callsIn(base["partspec"]),
      boundCalls: callsIn(bound),
      options: storageOptions(base["options"]),
      query: null,
    },
  ];
}

/** CREATE TABLE AS, CREATE MATERIALIZED VIEW and SELECT INTO. */
export function createFromQuery(
  into: unknown,
  query: unknown,
  node: TreeNode,
): readonly Operation[] {
  const relation = dig(into, "rel");
  const used = readQuery(query);
  const prepared = dig(query, "ExecuteStmt") !== undefined;
  const more: readonly Operation[] = prepared
    ? [{ kind: "unknown", reason: "EXECUTE runs what was prepared elsewhere" }]
    : [];
  const ifNotExists = node["if_not_exists"] === true;
  if (node["objtype"] === "OBJECT_MATVIEW") {
    const view = relationOf(relation);
    return [
      {
        kind: "create view",
        view,
        materialized: true,
        replace: false,
        ifNotExists,
        query: used,
        base: null,
      },
      ...more,
    ];
  }
  return [
    {
      kind: "create table",
      table: relationOf(relation),
      ifNotExists,
      temporary: isTemporary(relation),
      foreign: false,
      columns: [],
      constraints: [],
      like: [],
      inherits: [],
      ofType: null,
      partitionOf: null,
      isDefaultPartition: false,
      partitionKey: null,
      keyCalls: [],
      boundCalls: [],
      options: storageOptions(dig(into, "options")),
      query: used,
    },
    ...more,
  ];
}
