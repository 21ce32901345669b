/**
 * Reads statements about an object that is there, by its name: DROP, RENAME, SET SCHEMA, OWNER TO, COMMENT.
 * Does NOT read ALTER TABLE (see tableCommands) nor CREATE (see readOperations and definitionOperations).
 */
import type { ObjectName, ObjectRef } from "../sql/objectName";
import { objectWord } from "../sql/statementKinds";
import { asList, asNode, asText, dig, names, objectName, type TreeNode } from "../sql/tree";
import { nameOf, readType, relationOf } from "./columnParts";
import type { Operation } from "./operation";

/** "table", "materialized view", "function", as ObjectRef has them. */
export const refKind = (objectType: unknown): string => objectWord(objectType).toLowerCase();

/** `integer, text` of a function's arguments, by PostgreSQL's inner names. */
export const argumentWords = (types: unknown): string =>
  asList(types)
    .map((item) => {
      const type = readType(item);
      return `${type.schema === null ? "" : `${type.schema}.`}${type.name}${type.isArray ? "[]" : ""}`;
    })
    .join(", ");

/** The name parts of any reference that is no relation. */
function partsOf(value: unknown): readonly string[] {
  const list = Array.isArray(value)
    ? value
    : (dig(value, "List", "items") ??
      dig(value, "TypeName", "names") ??
      dig(value, "ObjectWithArgs", "objname"));
  const single = asText(dig(value, "String", "sval"));
  return single === null ? names(list) : [single];
}

/** An object that a statement names, whatever the form of the name. */
export function objectRef(objectType: unknown, value: unknown): ObjectRef {
  const kind = refKind(objectType);
  if (dig(value, "relname") !== undefined || dig(value, "RangeVar") !== undefined) {
    return { kind, ...relationOf(value) };
  }
  const parts = partsOf(value);
  const { schema, name } = parts.length > 0 ? nameOf(parts) : nameOf([objectName(value) ?? ""]);
  const withArguments = asNode(dig(value, "ObjectWithArgs"));
  if (withArguments === null || withArguments["args_unspecified"] === true) {
    return { kind, schema, name };
  }
  return { kind, schema, name: `${name}(${argumentWords(withArguments["objargs"])})` };
}

/** Objects whose names are those of a table with one more part. */
const onTable = new Set([
  "OBJECT_TRIGGER",
  "OBJECT_RULE",
  "OBJECT_POLICY",
  "OBJECT_TABCONSTRAINT",
  "OBJECT_COLUMN",
]);

/** The table and the part of it, of `schema.table.part`. */
function splitPart(value: unknown): { readonly table: ObjectName; readonly part: string } {
  const parts = partsOf(value);
  return { table: nameOf(parts.slice(0, -1)), part: parts.at(-1) ?? "" };
}

/** DROP of whatever is not a role, database, tablespace, subscription or owned. */
export function dropOperations(node: TreeNode): readonly Operation[] {
  const type = node["removeType"];
  const items = asList(node["objects"]);
  const part = onTable.has(asText(type) ?? "");
  const objects = items.map((item): ObjectRef => {
    if (!part) return objectRef(type, item);
    const { table, part: name } = splitPart(item);
    return { kind: refKind(type), schema: table.schema, name: `${table.name}.${name}` };
  });
  return [
    {
      kind: "drop",
      objects,
      table: part ? splitPart(items[0]).table : null,
      cascade: node["behavior"] === "DROP_CASCADE",
      ifExists: node["missing_ok"] === true,
      concurrently: node["concurrent"] === true,
    },
  ];
}

const renamedParts = {
  OBJECT_COLUMN: "column",
  OBJECT_TABCONSTRAINT: "constraint",
  OBJECT_DOMCONSTRAINT: "constraint",
  OBJECT_TRIGGER: "trigger",
  OBJECT_RULE: "rule",
  OBJECT_POLICY: "policy",
  OBJECT_ATTRIBUTE: "attribute",
} as const;

const ownerOfPart: Readonly<Record<string, string>> = {
  OBJECT_ATTRIBUTE: "OBJECT_TYPE",
  OBJECT_DOMCONSTRAINT: "OBJECT_DOMAIN",
};

function rename(node: TreeNode): readonly Operation[] {
  const type = asText(node["renameType"]) ?? "";
  const partKind = renamedParts[type as keyof typeof renamedParts] as
    (typeof renamedParts)[keyof typeof renamedParts] | undefined;
  const to = asText(node["newname"]) ?? "";
  if (partKind === undefined) {
    const target = node["relation"] ?? node["object"];
    const named = target === undefined ? nameOf([asText(node["subname"]) ?? ""]) : null;
    const object = named === null ? objectRef(type, target) : { kind: refKind(type), ...named };
    return [{ kind: "rename", object, part: null, to }];
  }
  const relationType = node["relationType"];
  const ownerType = partKind === "column" ? relationType : (ownerOfPart[type] ?? "OBJECT_TABLE");
  const owner = objectRef(ownerType, node["relation"] ?? node["object"]);
  const part = { kind: partKind, name: asText(node["subname"]) ?? "" };
  return [{ kind: "rename", object: owner, part, to }];
}

function comment(node: TreeNode): readonly Operation[] {
  const type = node["objtype"];
  const text = asText(node["comment"]);
  if (onTable.has(asText(type) ?? "")) {
    const { table, part } = splitPart(node["object"]);
    return [
      {
        kind: "comment",
        object: { kind: "table", ...table },
        part: { kind: refKind(type), name: part },
        text,
      },
    ];
  }
  return [{ kind: "comment", object: objectRef(type, node["object"]), part: null, text }];
}

/** By tag. */
export const namedObjectOperations = {
  RenameStmt: rename,
  AlterObjectSchemaStmt: (node) => [
    {
      kind: "set schema",
      object: objectRef(node["objectType"], node["relation"] ?? node["object"]),
      schema: asText(node["newschema"]) ?? "",
    },
  ],
  AlterOwnerStmt: (node) => [
    { kind: "set owner", object: objectRef(node["objectType"], node["object"]) },
  ],
  CommentStmt: comment,
} satisfies Readonly<Record<string, (node: TreeNode) => readonly Operation[]>>;
