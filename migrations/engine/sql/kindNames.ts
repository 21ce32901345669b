/**
 * Readable names for statements whose node tag alone does not say what they are.
 * Does NOT hold the table of all tags (see statementKinds).
 */
import { asList, asNode, asText, dig, type TreeNode } from "./tree";

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
export const detachesConcurrently = (node: TreeNode): boolean =>
  alterCommands(node).some((cmd) => dig(cmd, "def", "PartitionCmd", "concurrent") === true);

/** ALTER TABLE, VIEW, SEQUENCE and so on; owner changes and concurrent detaches by their own names. */
export const alterTableKind = (node: TreeNode): string => {
  const base = `ALTER ${objectWord(node["objtype"])}`;
  if (detachesConcurrently(node)) return `${base} DETACH PARTITION CONCURRENTLY`;
  const changesOwner = alterCommands(node).some((cmd) => cmd["subtype"] === "AT_ChangeOwner");
  return changesOwner ? `${base} OWNER TO` : base;
};

/** ALTER … RENAME, of an object, a column or a constraint. */
export const renameKind = (node: TreeNode): string => {
  const part = { OBJECT_COLUMN: "COLUMN", OBJECT_TABCONSTRAINT: "CONSTRAINT" }[
    asText(node["renameType"]) ?? ""
  ];
  if (part === undefined) return `ALTER ${objectWord(node["renameType"])} RENAME`;
  const owner = part === "COLUMN" ? objectWord(node["relationType"]) : "TABLE";
  return `ALTER ${owner} RENAME ${part}`;
};

/** SET ROLE and its kin have names of their own; all other parameters are SET or RESET. */
export const variableKind = (node: TreeNode): string => {
  const isReset = node["kind"] === "VAR_RESET" || node["kind"] === "VAR_SET_DEFAULT";
  if (node["kind"] === "VAR_RESET_ALL") return "RESET ALL";
  const verb = isReset ? "RESET" : "SET";
  if (node["name"] === "role") return `${verb} ROLE`;
  if (node["name"] === "session_authorization") return `${verb} SESSION AUTHORIZATION`;
  return verb;
};

/** BEGIN, COMMIT, ROLLBACK TO and so on. */
export const transactionKind = (node: TreeNode): string =>
  (asText(node["kind"]) ?? "").replace(/^TRANS_STMT_/, "").replaceAll("_", " ");
