/**
 * Reads the commands of ALTER TABLE (and of ALTER INDEX, VIEW, SEQUENCE and TYPE where the grammar gives them its form).
 * Does NOT say what a command costs (see tableImpacts).
 */
import { isRelation, type RelationKind } from "../sql/objectName";
import { asList, asNode, asText, dig, names, type TreeNode } from "../sql/tree";
import {
  boundParts,
  callsIn,
  columnsIn,
  defaultKind,
  readColumn,
  readConstraint,
  readType,
  relationOf,
} from "./columnParts";
import { firstFree } from "./generatedNames";
import { refKind } from "./objectOperations";
import type { Operation } from "./operation";
import { changesNumbers } from "./sequenceOptions";
import type { ColumnCommand, PlainCommand, StorageOption, TableCommand } from "./tableOperation";

const columnCommands: Readonly<Record<string, ColumnCommand>> = {
  AT_SetNotNull: "set not null",
  AT_DropNotNull: "drop not null",
  AT_SetExpression: "set expression",
  AT_DropExpression: "drop expression",
  AT_AddIdentity: "add identity",
  AT_DropIdentity: "drop identity",
  AT_SetStatistics: "set statistics",
  AT_SetOptions: "set column options",
  AT_ResetOptions: "set column options",
  AT_SetStorage: "set storage",
  AT_SetCompression: "set compression",
  AT_AlterColumnGenericOptions: "set foreign options",
};

const plainCommands: Readonly<Record<string, PlainCommand>> = {
  AT_ChangeOwner: "owner to",
  AT_ClusterOn: "cluster on",
  AT_DropCluster: "set without cluster",
  AT_SetLogged: "set logged",
  AT_SetUnLogged: "set unlogged",
  AT_DropOids: "set without oids",
  AT_SetAccessMethod: "set access method",
  AT_SetTableSpace: "set tablespace",
  AT_EnableTrig: "enable trigger",
  AT_EnableAlwaysTrig: "enable always trigger",
  AT_EnableReplicaTrig: "enable replica trigger",
  AT_EnableTrigAll: "enable trigger",
  AT_EnableTrigUser: "enable trigger",
  AT_DisableTrig: "disable trigger",
  AT_DisableTrigAll: "disable trigger",
  AT_DisableTrigUser: "disable trigger",
  AT_EnableRule: "enable rule",
  AT_EnableAlwaysRule: "enable always rule",
  AT_EnableReplicaRule: "enable replica rule",
  AT_DisableRule: "disable rule",
  AT_DropOf: "not of type",
  AT_ReplicaIdentity: "replica identity",
  AT_EnableRowSecurity: "enable row security",
  AT_DisableRowSecurity: "disable row security",
  AT_ForceRowSecurity: "force row security",
  AT_NoForceRowSecurity: "no force row security",
  AT_GenericOptions: "set foreign table options",
};

/** USING other than the column, or its cast to the new type: the values may become anything. */
function isComputed(column: string, definition: unknown): boolean {
  const using = dig(definition, "raw_default");
  if (using === undefined) return false;
  const target = readType(dig(definition, "typeName"));
  const cast = asNode(dig(using, "TypeCast"));
  if (cast !== null) {
    const same = JSON.stringify(readType(cast["typeName"])) === JSON.stringify(target);
    if (!same) return true;
  }
  const fields = names(dig(cast?.["arg"] ?? using, "ColumnRef", "fields"));
  return fields.length !== 1 || fields[0] !== column;
}

/** A word, a text or a number as text; null for none. */
const optionValue = (value: unknown): string | null =>
  names([value])[0] ??
  names(dig(value, "TypeName", "names")).at(-1) ??
  asText(dig(value, "Float", "fval")) ??
  // The parser leaves a zero out.
  (dig(value, "Integer") === undefined ? null : String(Number(dig(value, "Integer", "ival") ?? 0)));

/** The storage settings of WITH, SET and RESET. */
export const storageOptions = (value: unknown): readonly StorageOption[] =>
  asList(dig(value, "List", "items") ?? value).map((item) => {
    const option = asNode(dig(item, "DefElem"));
    const space = asText(option?.["defnamespace"]);
    const name = asText(option?.["defname"]) ?? "";
    return {
      name: space === null ? name : `${space}.${name}`,
      value: optionValue(option?.["arg"]),
    };
  });

type Reader = (command: TreeNode, name: string) => TableCommand;

const dropped = (command: TreeNode): { cascade: boolean; ifExists: boolean } => ({
  cascade: command["behavior"] === "DROP_CASCADE",
  ifExists: command["missing_ok"] === true,
});

const readers: Readonly<Record<string, Reader>> = {
  AT_AddColumn: (command) => ({
    kind: "add column",
    ...readColumn(command["def"]),
    ifNotExists: command["missing_ok"] === true,
  }),
  AT_DropColumn: (command, column) => ({ kind: "drop column", column, ...dropped(command) }),
  AT_AlterColumnType: (command, column) => {
    const definition = dig(command, "def", "ColumnDef");
    return {
      kind: "alter type",
      column,
      type: readType(dig(definition, "typeName")),
      collation: names(dig(definition, "collClause", "collname")).join(".") || null,
      computed: isComputed(column, definition),
      casts: dig(definition, "raw_default", "TypeCast") !== undefined,
      calls: callsIn(dig(definition, "raw_default")),
    };
  },
  AT_ColumnDefault: (command, column) =>
    command["def"] === undefined
      ? { kind: "drop default", column }
      : {
          kind: "set default",
          column,
          default: defaultKind(command["def"]),
          calls: callsIn(command["def"]),
        },
  AT_AddConstraint: (command) => {
    const constraint = readConstraint(command["def"], null);
    return constraint === null
      ? { kind: "unknown command", subtype: "AT_AddConstraint" }
      : { kind: "add constraint", constraint };
  },
  AT_DropConstraint: (command, constraint) => ({
    kind: "drop constraint",
    constraint,
    ...dropped(command),
  }),
  AT_ValidateConstraint: (_command, constraint) => ({ kind: "validate constraint", constraint }),
  AT_AlterConstraint: (command) => ({
    kind: "alter constraint",
    constraint: asText(dig(command, "def", "ATAlterConstraint", "conname")) ?? "",
    enforced:
      dig(command, "def", "ATAlterConstraint", "alterEnforceability") === true
        ? dig(command, "def", "ATAlterConstraint", "is_enforced") === true
        : null,
  }),
  AT_AttachPartition: (command) => {
    const part = dig(command, "def", "PartitionCmd");
    return {
      kind: "attach partition",
      partition: relationOf(dig(part, "name")),
      isDefault: dig(part, "bound", "is_default") === true,
      bound: boundParts(dig(part, "bound")),
      calls: callsIn(dig(part, "bound")),
    };
  },
  AT_DetachPartition: (command) => {
    const part = dig(command, "def", "PartitionCmd");
    return {
      kind: "detach partition",
      partition: relationOf(dig(part, "name")),
      mode: dig(part, "concurrent") === true ? "concurrently" : "plain",
    };
  },
  AT_DetachPartitionFinalize: (command) => ({
    kind: "detach partition",
    partition: relationOf(dig(command, "def", "PartitionCmd", "name")),
    mode: "finalize",
  }),
  AT_SetIdentity: (command, column) => {
    const changes = changesNumbers(dig(command["def"], "List", "items") ?? command["def"]);
    return { kind: changes ? "restart identity" : "set identity", column };
  },
  AT_AddInherit: (command) => ({ kind: "inherit", parent: relationOf(command["def"]) }),
  AT_AddOf: (command) => ({ kind: "of type", type: readType(command["def"]) }),
  AT_DropInherit: (command) => ({ kind: "no inherit", parent: relationOf(command["def"]) }),
  AT_SetRelOptions: (command) => ({
    kind: "set options",
    options: storageOptions(command["def"]),
  }),
  AT_ResetRelOptions: (command) => ({
    kind: "reset options",
    options: storageOptions(command["def"]),
  }),
};

function readCommand(value: unknown): TableCommand {
  const command = asNode(dig(value, "AlterTableCmd")) ?? {};
  const subtype = asText(command["subtype"]) ?? "";
  const name = asText(command["name"]);
  const reader = Object.hasOwn(readers, subtype) ? readers[subtype] : undefined;
  if (reader !== undefined) return reader(command, name ?? "");
  const onColumn = columnCommands[subtype];
  if (onColumn !== undefined) return { kind: onColumn, column: name ?? "" };
  const plain = plainCommands[subtype];
  return plain === undefined ? { kind: "unknown command", subtype } : { kind: plain, name };
}

/** The kind of relation that an object type of the grammar stands for; tables where it stands for none. */
function relationKindOf(objectType: unknown): RelationKind {
  const kind = refKind(objectType);
  return isRelation(kind) || kind === "type" ? kind : "table";
}

/** One operation for each command of an AlterTableStmt, in order. */
export function readTableCommands(node: TreeNode): readonly Operation[] {
  const relation = relationKindOf(node["objtype"]);
  return asList(node["cmds"]).map((item) => ({
    kind: "alter table",
    relation,
    table: relationOf(node["relation"]),
    only: dig(node, "relation", "inh") !== true,
    ifExists: node["missing_ok"] === true,
    command: readCommand(item),
  }));
}

/** Columns of PARTITION BY, "" for an expression; null where there is none. */
export function partitionKeyOf(specification: unknown): readonly string[] | null {
  if (specification === undefined) return null;
  return asList(dig(specification, "partParams")).map(
    (item) => asText(dig(item, "PartitionElem", "name")) ?? "",
  );
}

/** What PostgreSQL calls an expression: its outermost function, else "expr". Source: PostgreSQL, FigureIndexColname. */
function expressionName(expression: unknown): string {
  const inner = dig(expression, "TypeCast", "arg") ?? dig(expression, "CollateClause", "arg");
  const own = names(dig(expression, "FuncCall", "funcname")).at(-1);
  if (own !== undefined) return own;
  if (dig(expression, "CoalesceExpr") !== undefined) return "coalesce";
  const type = names(dig(expression, "TypeCast", "typeName", "names")).at(-1);
  const name = inner === undefined ? "expr" : expressionName(inner);
  return name === "expr" ? (type ?? name) : name;
}

/** What an index stores, as its name is made up from it: keys and INCLUDE; the same name twice gets a number. */
export function indexKeys(node: TreeNode): readonly string[] {
  const seen: string[] = [];
  for (const item of [...asList(node["indexParams"]), ...asList(node["indexIncludingParams"])]) {
    const element = dig(item, "IndexElem");
    seen.push(
      firstFree(asText(dig(element, "name")) ?? expressionName(dig(element, "expr")), (name) =>
        seen.includes(name),
      ),
    );
  }
  return seen;
}

/** Columns that an index depends on: keys, INCLUDE, expressions and predicate. */
export function indexDependencies(node: TreeNode): readonly string[] {
  const listed = [...asList(node["indexParams"]), ...asList(node["indexIncludingParams"])].flatMap(
    (item) => asText(dig(item, "IndexElem", "name")) ?? [],
  );
  const mentioned = columnsIn([node["indexParams"], node["whereClause"]]);
  return [...new Set([...listed, ...mentioned])];
}
