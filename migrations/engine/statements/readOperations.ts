/**
 * What a statement asks for, as typed operations: one reader per node tag.
 * Does NOT say what it locks or costs (see classify) and forbids nothing.
 */
import { lockModes } from "../sql/lockModes";
import type { ObjectName } from "../sql/objectName";
import type { RawStatement } from "../sql/parser";
import type { StatementTag } from "../sql/statementKinds";
import { asList, asNode, asText, dig, hasOption, names, type TreeNode } from "../sql/tree";
import { callsIn, nameOf, relationOf } from "./columnParts";
import { createFromQuery, createTable } from "./createTableOperations";
import { definitionOperations } from "./definitionOperations";
import { createFunction, languageOf, sqlBody } from "./functionOperations";
import { dropOperations, namedObjectOperations } from "./objectOperations";
import type { BlockOperations, Operation } from "./operation";
import { innerStatement, readBlock } from "./plpgsqlOperations";
import { readQuery } from "./queryUse";
import { indexDependencies, indexKeys, readTableCommands } from "./tableCommands";

/** Gives the operations of a node; `text` is the statement's source. */
type OperationReader = (node: TreeNode, text: string) => readonly Operation[];

const query =
  (tag: string): OperationReader =>
  (node) => [{ kind: "query", query: readQuery({ [tag]: node }) }];

const tableUses = (value: unknown): readonly { name: ObjectName; only: boolean }[] =>
  asList(value).map((item) => ({
    name: relationOf(item),
    only: dig(item, "RangeVar", "inh") !== true,
  }));

const reindexKinds = {
  REINDEX_OBJECT_INDEX: "index",
  REINDEX_OBJECT_TABLE: "table",
  REINDEX_OBJECT_SCHEMA: "schema",
  REINDEX_OBJECT_SYSTEM: "system",
  REINDEX_OBJECT_DATABASE: "database",
} as const;

function vacuum(node: TreeNode): readonly Operation[] {
  const tables = asList(node["rels"]).map((item) =>
    relationOf(dig(item, "VacuumRelation", "relation")),
  );
  const kind = node["is_vacuumcmd"] === true ? "vacuum" : "analyze";
  return [{ kind, tables, full: hasOption(node["options"], "full") }];
}

function doBlock(node: TreeNode, text: string): readonly Operation[] {
  const option = (name: string): string | null =>
    asList(node["args"])
      .map((item) => dig(item, "DefElem"))
      .filter((item) => dig(item, "defname") === name)
      .map((item) => asText(dig(item, "arg", "String", "sval")))[0] ?? null;
  const language = (option("language") ?? "plpgsql").toLowerCase();
  if (language !== "plpgsql") {
    return [{ kind: "do", language, ...unreadable(language) }];
  }
  return [{ kind: "do", language, ...readBlock(text, readOperations) }];
}

const unreadable = (language: string): BlockOperations => ({
  operations: [],
  statements: [],
  givesNull: false,
  unknown: `the body is in ${language}, which cannot be read here`,
});

/** What a function does when it is called. */
function functionBody(node: TreeNode, text: string): BlockOperations {
  const language = languageOf(node);
  if (language === "plpgsql") return readBlock(text, readOperations);
  const statements = language === "sql" ? sqlBody(node) : null;
  if (statements === null) return unreadable(language);
  return {
    operations: statements.flatMap((raw) => readOperations(raw, "")),
    statements: statements.map(innerStatement),
    givesNull: false,
    unknown: null,
  };
}

function searchPath(node: TreeNode): readonly Operation[] {
  if (node["name"] !== "search_path") {
    return node["kind"] === "VAR_RESET_ALL"
      ? [{ kind: "search path", schemas: null, local: false }]
      : [{ kind: "session" }];
  }
  const isSet = node["kind"] === "VAR_SET_VALUE";
  const schemas = asList(node["args"]).flatMap(
    (item) => asText(dig(item, "A_Const", "sval", "sval")) ?? [],
  );
  return [
    { kind: "search path", schemas: isSet ? schemas : null, local: node["is_local"] === true },
  ];
}

function copy(node: TreeNode): readonly Operation[] {
  if (node["relation"] !== undefined) {
    const from = node["is_from"] === true;
    return [{ kind: "copy", table: relationOf(node["relation"]), from }];
  }
  return [{ kind: "query", query: readQuery(node["query"]) }];
}

/** ANALYZE carries the statement out; without it nothing but a plan is made. */
function explain(node: TreeNode): readonly Operation[] {
  const [tag, inner] = Object.entries(asNode(node["query"]) ?? {})[0] ?? [];
  const statement = asNode(inner);
  return tag !== undefined && statement !== null && hasOption(node["options"], "analyze")
    ? readOperations({ start: 0, end: 0, tag, node: statement }, "")
    : [{ kind: "query", query: readQuery(node["query"]) }];
}

const session: OperationReader = () => [{ kind: "session" }];
const privileges: OperationReader = (node) => {
  const named = node["targtype"] === "ACL_TARGET_OBJECT" && node["objtype"] === "OBJECT_TABLE";
  return [{ kind: "privileges", tables: named ? asList(node["objects"]).map(relationOf) : [] }];
};

/** PostgreSQL numbers its lock modes from 1. */
const lockModeOf = (value: unknown): (typeof lockModes)[number] =>
  lockModes[Number(value) - 1] ?? "ACCESS EXCLUSIVE";

/** Nothing is claimed for it: whoever judges must assume the worst. */
const unread =
  (tag: string): OperationReader =>
  () => [{ kind: "unknown", reason: `${tag.replace(/Stmt$/, "")} is not known to this program` }];

/** One for each tag that statementKinds names, which the compiler sees to, and for those that are named after themselves. */
const readers: Readonly<Record<StatementTag, OperationReader>> &
  Readonly<Record<string, OperationReader>> = {
  ...definitionOperations,
  ...namedObjectOperations,
  CreateFunctionStmt: (node, text) => createFunction(node, functionBody(node, text)),
  DropStmt: dropOperations,
  CreateStmt: createTable,
  CreateForeignTableStmt: createTable,
  CreateTableAsStmt: (node) => createFromQuery(node["into"], node["query"], node),
  AlterTableStmt: readTableCommands,
  RefreshMatViewStmt: (node) => [
    {
      kind: "refresh",
      view: relationOf(node["relation"]),
      concurrently: node["concurrent"] === true,
      withData: node["skipData"] !== true,
    },
  ],
  IndexStmt: (node) => [
    {
      kind: "create index",
      table: relationOf(node["relation"]),
      name: asText(node["idxname"]),
      concurrently: node["concurrent"] === true,
      unique: node["unique"] === true,
      only: dig(node, "relation", "inh") !== true,
      ifNotExists: node["if_not_exists"] === true,
      columns: indexDependencies(node),
      keys: indexKeys(node),
      computed:
        node["whereClause"] !== undefined ||
        asList(node["indexParams"]).some((item) => dig(item, "IndexElem", "expr") !== undefined),
      calls: callsIn([node["indexParams"], node["whereClause"]]),
    },
  ],
  ReindexStmt: (node) => [
    {
      kind: "reindex",
      what: reindexKinds[asText(node["kind"]) as keyof typeof reindexKinds],
      target:
        node["relation"] === undefined
          ? node["name"] === undefined
            ? null
            : nameOf([asText(node["name"]) ?? ""])
          : relationOf(node["relation"]),
      concurrently: hasOption(node["params"], "concurrently"),
    },
  ],
  VacuumStmt: vacuum,
  ClusterStmt: (node) => [
    {
      kind: "cluster",
      table: node["relation"] === undefined ? null : relationOf(node["relation"]),
    },
  ],
  TruncateStmt: (node) => [
    {
      kind: "truncate",
      tables: tableUses(node["relations"]),
      cascade: node["behavior"] === "DROP_CASCADE",
      restartsSequences: node["restart_seqs"] === true,
    },
  ],
  LockStmt: (node) => [
    { kind: "lock", tables: tableUses(node["relations"]), mode: lockModeOf(node["mode"]) },
  ],
  DoStmt: doBlock,
  CallStmt: (node) => [
    { kind: "call", procedure: names(dig(node, "funccall", "funcname")).join(".") },
  ],
  CopyStmt: copy,
  SelectStmt: (node) =>
    node["intoClause"] === undefined
      ? query("SelectStmt")(node, "")
      : createFromQuery(node["intoClause"], { SelectStmt: node }, {}),
  InsertStmt: query("InsertStmt"),
  UpdateStmt: query("UpdateStmt"),
  DeleteStmt: query("DeleteStmt"),
  MergeStmt: query("MergeStmt"),
  ExplainStmt: explain,
  PrepareStmt: (node) => [{ kind: "query", query: readQuery(node["query"]) }],
  DeclareCursorStmt: (node) => [{ kind: "query", query: readQuery(node["query"]) }],
  ExecuteStmt: () => [{ kind: "unknown", reason: "EXECUTE runs what was prepared elsewhere" }],
  VariableSetStmt: searchPath,
  TransactionStmt: session,
  VariableShowStmt: session,
  ListenStmt: session,
  UnlistenStmt: session,
  NotifyStmt: session,
  DeallocateStmt: session,
  ClosePortalStmt: session,
  FetchStmt: session,
  CheckPointStmt: session,
  LoadStmt: session,
  ConstraintsSetStmt: session,
  DiscardStmt: () => [{ kind: "search path", schemas: null, local: false }],
  GrantStmt: privileges,
  GrantRoleStmt: privileges,
  AlterDefaultPrivilegesStmt: privileges,
  CreateRoleStmt: privileges,
  AlterRoleStmt: privileges,
  AlterRoleSetStmt: privileges,
  DropRoleStmt: privileges,
  AlterExtensionStmt: unread("AlterExtensionStmt"),
  AlterExtensionContentsStmt: unread("AlterExtensionContentsStmt"),
  DropdbStmt: unread("DropdbStmt"),
  AlterDatabaseStmt: unread("AlterDatabaseStmt"),
  AlterDatabaseRefreshCollStmt: unread("AlterDatabaseRefreshCollStmt"),
  DropTableSpaceStmt: unread("DropTableSpaceStmt"),
  AlterSubscriptionStmt: unread("AlterSubscriptionStmt"),
  DropSubscriptionStmt: unread("DropSubscriptionStmt"),
  ReassignOwnedStmt: unread("ReassignOwnedStmt"),
  DropOwnedStmt: unread("DropOwnedStmt"),
};

/** Reads the operations of one statement. `text` is its source, which only DO needs. */
export function readOperations({ tag, node }: RawStatement, text: string): readonly Operation[] {
  const reader = Object.hasOwn(readers, tag) ? readers[tag] : undefined;
  return (reader ?? unread(tag))(node, text);
}
