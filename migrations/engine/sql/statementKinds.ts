/**
 * What each parse-node tag is called, which object it is about and whether it may run in a
 * transaction: one row per tag.
 * Does NOT judge a statement (see gate). A tag without a row is named after itself.
 */
import {
  asList,
  asNode,
  asText,
  dig,
  hasOption,
  names,
  objectName,
  relationName,
  type TreeNode,
} from "./tree";

const objectWords: Readonly<Record<string, string>> = {
  OBJECT_MATVIEW: "MATERIALIZED VIEW",
  OBJECT_TABCONSTRAINT: "CONSTRAINT",
  OBJECT_DOMCONSTRAINT: "CONSTRAINT",
  OBJECT_STATISTIC_EXT: "STATISTICS",
  OBJECT_FDW: "FOREIGN DATA WRAPPER",
  OBJECT_FOREIGN_SERVER: "SERVER",
  OBJECT_OPCLASS: "OPERATOR CLASS",
  OBJECT_OPFAMILY: "OPERATOR FAMILY",
  OBJECT_TSCONFIGURATION: "TEXT SEARCH CONFIGURATION",
  OBJECT_TSDICTIONARY: "TEXT SEARCH DICTIONARY",
  OBJECT_TSPARSER: "TEXT SEARCH PARSER",
  OBJECT_TSTEMPLATE: "TEXT SEARCH TEMPLATE",
};

/** OBJECT_FOREIGN_TABLE to FOREIGN TABLE. */
export const objectWord = (objectType: unknown): string => {
  const name = asText(objectType) ?? "OBJECT";
  return objectWords[name] ?? name.replace(/^OBJECT_/, "").replaceAll("_", " ");
};

const alterCommands = (node: TreeNode): readonly TreeNode[] =>
  asList(node["cmds"])
    .map((item) => asNode(dig(item, "AlterTableCmd")))
    .filter((command) => command !== null);
/** True for ALTER TABLE … DETACH PARTITION … CONCURRENTLY. */
const detachesConcurrently = (node: TreeNode): boolean =>
  alterCommands(node).some((cmd) => dig(cmd, "def", "PartitionCmd", "concurrent") === true);

/** ALTER TABLE, VIEW, SEQUENCE and so on; owner changes and concurrent detaches by their own names. */
const alterTableKind = (node: TreeNode): string => {
  const base = `ALTER ${objectWord(node["objtype"])}`;
  if (detachesConcurrently(node)) return `${base} DETACH PARTITION CONCURRENTLY`;
  const changesOwner = alterCommands(node).some((cmd) => cmd["subtype"] === "AT_ChangeOwner");
  return changesOwner ? `${base} OWNER TO` : base;
};

/** ALTER … RENAME, of an object, a column or a constraint. */
const renameKind = (node: TreeNode): string => {
  const part = { OBJECT_COLUMN: "COLUMN", OBJECT_TABCONSTRAINT: "CONSTRAINT" }[
    asText(node["renameType"]) ?? ""
  ];
  if (part === undefined) return `ALTER ${objectWord(node["renameType"])} RENAME`;
  const owner = part === "COLUMN" ? objectWord(node["relationType"]) : "TABLE";
  return `ALTER ${owner} RENAME ${part}`;
};

/** SET ROLE and its kin have names of their own; all other parameters are SET or RESET. */
const variableKind = (node: TreeNode): string => {
  const isReset = node["kind"] === "VAR_RESET" || node["kind"] === "VAR_SET_DEFAULT";
  if (node["kind"] === "VAR_RESET_ALL") return "RESET ALL";
  const verb = isReset ? "RESET" : "SET";
  if (node["name"] === "role") return `${verb} ROLE`;
  if (node["name"] === "session_authorization") return `${verb} SESSION AUTHORIZATION`;
  return verb;
};

/** BEGIN, COMMIT, ROLLBACK TO and so on. */
const transactionKind = (node: TreeNode): string =>
  (asText(node["kind"]) ?? "").replace(/^TRANS_STMT_/, "").replaceAll("_", " ");

/** One row: constant or computed from the node. */
interface StatementKind {
  readonly kind: string | ((node: TreeNode) => string);
  readonly target?: (node: TreeNode) => string | null;
  /** Absent: always allowed in a transaction block. */
  readonly transactional?: (node: TreeNode) => boolean;
}

const relation =
  (field = "relation") =>
  (node: TreeNode): string | null =>
    relationName(node[field]);
const object =
  (field: string) =>
  (node: TreeNode): string | null =>
    objectName(node[field]);
const plain =
  (field: string) =>
  (node: TreeNode): string | null =>
    asText(node[field]);
const dotted =
  (field: string) =>
  (node: TreeNode): string | null =>
    names(node[field]).join(".") || null;
const joined = (values: readonly (string | null)[]): string | null =>
  values.filter((value) => value !== null).join(", ") || null;
const concurrently = (node: TreeNode): string =>
  node["concurrent"] === true ? " CONCURRENTLY" : "";
const reindexWhole = new Set([
  "REINDEX_OBJECT_SCHEMA",
  "REINDEX_OBJECT_SYSTEM",
  "REINDEX_OBJECT_DATABASE",
]);

const never = (): boolean => false;
const verbOfGrant = (node: TreeNode): string => (node["is_grant"] === true ? "GRANT" : "REVOKE");

/** Source: PostgreSQL's grammar; calls of PreventInTransactionBlock for `transactional`. */
const statementKinds = {
  TransactionStmt: { kind: transactionKind },
  CreateStmt: { kind: "CREATE TABLE", target: relation() },
  CreateForeignTableStmt: { kind: "CREATE FOREIGN TABLE", target: relation("base") },
  CreateTableAsStmt: {
    kind: (node) =>
      `CREATE ${objectWord(node["objtype"])}${node["objtype"] === "OBJECT_TABLE" ? " AS" : ""}`,
    target: (node) => relationName(dig(node, "into", "rel")),
  },
  RefreshMatViewStmt: {
    kind: (node) => `REFRESH MATERIALIZED VIEW${concurrently(node)}`,
    target: relation(),
  },
  IndexStmt: {
    kind: (node) => `CREATE INDEX${concurrently(node)}`,
    target: relation(),
    transactional: (node) => node["concurrent"] !== true,
  },
  AlterTableStmt: {
    kind: alterTableKind,
    target: relation(),
    transactional: (node) => !detachesConcurrently(node),
  },
  DropStmt: {
    kind: (node) => `DROP ${objectWord(node["removeType"])}${concurrently(node)}`,
    target: (node) => joined(asList(node["objects"]).map(objectName)),
    transactional: (node) => node["concurrent"] !== true,
  },
  ReindexStmt: {
    kind: (node) => {
      const what = (asText(node["kind"]) ?? "").replace("REINDEX_OBJECT_", "");
      return `REINDEX ${what}${hasOption(node["params"], "concurrently") ? " CONCURRENTLY" : ""}`;
    },
    target: (node) => relationName(node["relation"]) ?? asText(node["name"]),
    transactional: (node) =>
      !hasOption(node["params"], "concurrently") && !reindexWhole.has(asText(node["kind"]) ?? ""),
  },
  VacuumStmt: {
    kind: (node) => (node["is_vacuumcmd"] === true ? "VACUUM" : "ANALYZE"),
    target: (node) =>
      joined(
        asList(node["rels"]).map((rel) => relationName(dig(rel, "VacuumRelation", "relation"))),
      ),
    transactional: (node) => node["is_vacuumcmd"] !== true,
  },
  ClusterStmt: {
    kind: "CLUSTER",
    target: relation(),
    transactional: (node) => node["relation"] !== undefined,
  },
  RenameStmt: {
    kind: renameKind,
    target: (node) =>
      relationName(node["relation"]) ?? objectName(node["object"]) ?? asText(node["subname"]),
  },
  AlterOwnerStmt: {
    kind: (node) => `ALTER ${objectWord(node["objectType"])} OWNER TO`,
    target: object("object"),
  },
  AlterObjectSchemaStmt: {
    kind: (node) => `ALTER ${objectWord(node["objectType"])} SET SCHEMA`,
    target: (node) => relationName(node["relation"]) ?? objectName(node["object"]),
  },
  CommentStmt: { kind: "COMMENT", target: object("object") },
  SecLabelStmt: { kind: "SECURITY LABEL", target: object("object") },
  ViewStmt: { kind: "CREATE VIEW", target: relation("view") },
  CreateFunctionStmt: {
    kind: (node) => (node["is_procedure"] === true ? "CREATE PROCEDURE" : "CREATE FUNCTION"),
    target: dotted("funcname"),
  },
  AlterFunctionStmt: {
    kind: (node) => `ALTER ${objectWord(node["objtype"])}`,
    target: (node) => names(dig(node, "func", "objname")).join(".") || null,
  },
  CreateTrigStmt: { kind: "CREATE TRIGGER", target: relation() },
  CreateEventTrigStmt: { kind: "CREATE EVENT TRIGGER", target: plain("trigname") },
  AlterEventTrigStmt: { kind: "ALTER EVENT TRIGGER", target: plain("trigname") },
  RuleStmt: { kind: "CREATE RULE", target: relation() },
  CreatePolicyStmt: { kind: "CREATE POLICY", target: relation("table") },
  AlterPolicyStmt: { kind: "ALTER POLICY", target: relation("table") },
  CreateSeqStmt: { kind: "CREATE SEQUENCE", target: relation("sequence") },
  AlterSeqStmt: { kind: "ALTER SEQUENCE", target: relation("sequence") },
  CreateStatsStmt: { kind: "CREATE STATISTICS", target: dotted("defnames") },
  CreateDomainStmt: { kind: "CREATE DOMAIN", target: dotted("domainname") },
  AlterDomainStmt: { kind: "ALTER DOMAIN", target: dotted("typeName") },
  CreateEnumStmt: { kind: "CREATE TYPE", target: dotted("typeName") },
  AlterEnumStmt: { kind: "ALTER TYPE", target: dotted("typeName") },
  CompositeTypeStmt: { kind: "CREATE TYPE", target: relation("typevar") },
  CreateRangeStmt: { kind: "CREATE TYPE", target: dotted("typeName") },
  AlterTypeStmt: { kind: "ALTER TYPE", target: dotted("typeName") },
  DefineStmt: { kind: (node) => `CREATE ${objectWord(node["kind"])}`, target: dotted("defnames") },
  CreateSchemaStmt: { kind: "CREATE SCHEMA", target: plain("schemaname") },
  CreateExtensionStmt: { kind: "CREATE EXTENSION", target: plain("extname") },
  AlterExtensionStmt: { kind: "ALTER EXTENSION", target: plain("extname") },
  AlterExtensionContentsStmt: { kind: "ALTER EXTENSION", target: plain("extname") },
  CreatedbStmt: { kind: "CREATE DATABASE", target: plain("dbname"), transactional: never },
  DropdbStmt: { kind: "DROP DATABASE", target: plain("dbname"), transactional: never },
  AlterDatabaseStmt: {
    kind: "ALTER DATABASE",
    target: plain("dbname"),
    transactional: (node) => !hasOption(node["options"], "tablespace"),
  },
  AlterDatabaseSetStmt: { kind: "ALTER DATABASE", target: plain("dbname") },
  AlterDatabaseRefreshCollStmt: { kind: "ALTER DATABASE", target: plain("dbname") },
  CreateTableSpaceStmt: {
    kind: "CREATE TABLESPACE",
    target: plain("tablespacename"),
    transactional: never,
  },
  DropTableSpaceStmt: {
    kind: "DROP TABLESPACE",
    target: plain("tablespacename"),
    transactional: never,
  },
  AlterSystemStmt: { kind: "ALTER SYSTEM", transactional: never },
  CreateSubscriptionStmt: {
    kind: "CREATE SUBSCRIPTION",
    target: plain("subname"),
    transactional: never,
  },
  AlterSubscriptionStmt: {
    kind: "ALTER SUBSCRIPTION",
    target: plain("subname"),
    transactional: never,
  },
  DropSubscriptionStmt: {
    kind: "DROP SUBSCRIPTION",
    target: plain("subname"),
    transactional: never,
  },
  GrantStmt: {
    kind: verbOfGrant,
    target: (node) => joined(asList(node["objects"]).map(objectName)),
  },
  GrantRoleStmt: { kind: (node) => `${verbOfGrant(node)} ROLE` },
  AlterDefaultPrivilegesStmt: { kind: "ALTER DEFAULT PRIVILEGES" },
  CreateRoleStmt: { kind: "CREATE ROLE", target: plain("role") },
  AlterRoleStmt: {
    kind: "ALTER ROLE",
    target: (node) => asText(dig(node, "role", "rolename")),
  },
  AlterRoleSetStmt: {
    kind: "ALTER ROLE",
    target: (node) => asText(dig(node, "role", "rolename")),
  },
  DropRoleStmt: {
    kind: "DROP ROLE",
    target: (node) =>
      joined(asList(node["roles"]).map((role) => asText(dig(role, "RoleSpec", "rolename")))),
  },
  ReassignOwnedStmt: { kind: "REASSIGN OWNED" },
  DropOwnedStmt: { kind: "DROP OWNED" },
  VariableSetStmt: {
    kind: variableKind,
    target: (node) => (variableKind(node).includes(" ") ? null : asText(node["name"])),
  },
  VariableShowStmt: { kind: "SHOW", target: plain("name") },
  DiscardStmt: {
    kind: (node) => (asText(node["target"]) ?? "DISCARD").replace("_", " "),
    transactional: (node) => node["target"] !== "DISCARD_ALL",
  },
  SelectStmt: { kind: (node) => (node["intoClause"] === undefined ? "SELECT" : "SELECT INTO") },
  InsertStmt: { kind: "INSERT", target: relation() },
  UpdateStmt: { kind: "UPDATE", target: relation() },
  DeleteStmt: { kind: "DELETE", target: relation() },
  MergeStmt: { kind: "MERGE", target: relation() },
  CopyStmt: {
    kind: (node) => (node["is_from"] === true ? "COPY FROM" : "COPY TO"),
    target: relation(),
  },
  TruncateStmt: {
    kind: "TRUNCATE",
    target: (node) => joined(asList(node["relations"]).map(relationName)),
  },
  LockStmt: {
    kind: "LOCK",
    target: (node) => joined(asList(node["relations"]).map(relationName)),
  },
  DoStmt: { kind: "DO" },
  CallStmt: {
    kind: "CALL",
    target: (node) => names(dig(node, "funccall", "funcname")).join(".") || null,
  },
} satisfies Readonly<Record<string, StatementKind>>;

/** A tag that has a row: whoever reads statements must say what it makes of it (see readOperations). */
export type StatementTag = keyof typeof statementKinds;

/** The tags that have a row. */
export const statementTags: readonly string[] = Object.keys(statementKinds);

/** What a statement is, as far as its top node says. */
export interface Classification {
  /** For example "CREATE TABLE"; stable, in upper case. */
  readonly kind: string;
  /** Dotted and unquoted, several joined by ", "; null where there is no one object. */
  readonly target: string | null;
  /** False: PostgreSQL refuses it inside BEGIN … COMMIT. */
  readonly transactional: boolean;
}

/** CreateFooBarStmt to CREATE FOO BAR. */
const kindFromTag = (tag: string): string =>
  tag
    .replace(/Stmt$/, "")
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toUpperCase();

/** Classifies one parse node by its tag. */
export function classifyNode(tag: string, node: TreeNode): Classification {
  const row = Object.hasOwn(statementKinds, tag)
    ? (statementKinds[tag as StatementTag] as StatementKind)
    : null;
  if (row === null) return { kind: kindFromTag(tag), target: null, transactional: true };
  return {
    kind: typeof row.kind === "string" ? row.kind : row.kind(node),
    target: row.target?.(node) ?? null,
    transactional: row.transactional?.(node) ?? true,
  };
}
