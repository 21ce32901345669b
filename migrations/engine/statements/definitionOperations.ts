/**
 * Reads the statements that make or change types, functions, triggers, sequences and the rarer kinds of object.
 * Does NOT read tables, views and indexes (see readOperations).
 */
import { isHarmless } from "../sql/knownFunctions";
import type { ObjectName } from "../sql/objectName";
import { asList, asText, dig, names, type TreeNode } from "../sql/tree";
import { callsIn, defaultKind, nameOf, readType, relationOf } from "./columnParts";
import { domainConstraintName } from "./generatedNames";
import { argumentWords, objectRef, refKind } from "./objectOperations";
import type { ColumnName, Operation, OperationOf, QueryUse, RowEvent } from "./operation";
import { readQuery, writableBase } from "./queryUse";
import { changesNumbers, narrowsNumbers } from "./sequenceOptions";

type Reader = (node: TreeNode) => readonly Operation[];

const dotted = (value: unknown): ObjectName => nameOf(names(value));

const create =
  (kind: string, name: (node: TreeNode) => ObjectName): Reader =>
  (node) => [
    {
      kind: "create",
      object: { kind, ...name(node) },
      ifNotExists: node["if_not_exists"] === true,
      calls: [],
    },
  ];
const plainName =
  (field: string) =>
  (node: TreeNode): ObjectName =>
    nameOf([asText(node[field]) ?? ""]);

function option(options: unknown, name: string): unknown {
  return asList(options)
    .map((item) => dig(item, "DefElem"))
    .find((item) => dig(item, "defname") === name);
}

/** The column of OWNED BY table.column; null for none. */
function ownerOf(node: TreeNode): ColumnName | null {
  const parts = names(dig(option(node["options"], "owned_by"), "arg", "List", "items"));
  return parts.length < 2 ? null : { ...nameOf(parts.slice(0, -1)), column: parts.at(-1) ?? "" };
}

function createDomain(node: TreeNode): readonly Operation[] {
  const constrained = asList(node["constraints"]).some((item) =>
    ["CONSTR_CHECK", "CONSTR_NOTNULL"].includes(asText(dig(item, "Constraint", "contype")) ?? ""),
  );
  const expressions = asList(node["constraints"]).map((item) =>
    dig(item, "Constraint", "raw_expr"),
  );
  const given = asList(node["constraints"]).find(
    (item) => dig(item, "Constraint", "contype") === "CONSTR_DEFAULT",
  );
  return [
    {
      kind: "create type",
      type: dotted(node["domainname"]),
      form: "domain",
      values: [],
      constrained,
      base: readType(node["typeName"]),
      default: defaultKind(dig(given, "Constraint", "raw_expr")),
      calls: callsIn(expressions),
    },
  ];
}

const domainCommands = {
  T: "set default",
  N: "drop not null",
  O: "set not null",
  C: "add constraint",
  X: "drop constraint",
  V: "validate constraint",
} as const;

function alterDomain(node: TreeNode): readonly Operation[] {
  const subtype = asText(node["subtype"]) as keyof typeof domainCommands;
  const dropsDefault = subtype === "T" && node["def"] === undefined;
  const domain = dotted(node["typeName"]);
  const given = asText(node["name"]) ?? asText(dig(node, "def", "Constraint", "conname"));
  return [
    {
      kind: "alter domain",
      domain,
      command: dropsDefault ? "drop default" : domainCommands[subtype],
      constraint: given ?? (subtype === "C" ? domainConstraintName(domain.name) : null),
      valid: dig(node, "def", "Constraint", "skip_validation") !== true,
      default: subtype === "T" ? defaultKind(node["def"]) : "none",
      calls: callsIn(node["def"]),
    },
  ];
}

function alterEnum(node: TreeNode): readonly Operation[] {
  const type = dotted(node["typeName"]);
  const value = asText(node["newVal"]) ?? "";
  const old = asText(node["oldVal"]);
  if (old !== null) return [{ kind: "rename enum value", type, value: old, to: value }];
  const ifNotExists = node["skipIfNewValExists"] === true;
  return [{ kind: "add enum value", type, value, ifNotExists }];
}

const simpleType = (
  type: ObjectName,
  form: "composite" | "range" | "base",
): OperationOf<"create type"> => ({
  kind: "create type",
  type,
  form,
  values: [],
  constrained: false,
  base: null,
  default: "none",
  calls: [],
});

function define(node: TreeNode): readonly Operation[] {
  const name = dotted(node["defnames"]);
  if (node["kind"] === "OBJECT_TYPE") return [simpleType(name, "base")];
  const kind = refKind(node["kind"]);
  const words = kind === "operator" ? operands(node) : kind === "aggregate" ? inputs(node) : "";
  return [
    {
      kind: "create",
      object: { kind, schema: name.schema, name: `${name.name}${words}` },
      ifNotExists: false,
      calls: functionsOf(node),
    },
  ];
}

/** Options of an operator, an aggregate or a type whose value is the name of a function. */
const functionOptions: ReadonlySet<string> = new Set(
  (
    "function procedure restrict join sfunc finalfunc combinefunc serialfunc deserialfunc msfunc minvfunc " +
    "mfinalfunc canonical subtype_diff"
  ).split(" "),
);

const functionsOf = (node: TreeNode): readonly string[] =>
  asList(node["definition"] ?? node["params"]).flatMap((item) => {
    if (!functionOptions.has(asText(dig(item, "DefElem", "defname")) ?? "")) return [];
    const parts = names(dig(item, "DefElem", "arg", "TypeName", "names"));
    return parts.length === 0 || isHarmless(parts) ? [] : [parts.join(".")];
  });

/** `(int4, int4)` of an operator, as DROP OPERATOR names it. */
function operands(node: TreeNode): string {
  const type = (name: string): unknown => dig(option(node["definition"], name), "arg");
  return `(${argumentWords([type("leftarg"), type("rightarg")])})`;
}

/** The argument types of an aggregate. */
function inputs(node: TreeNode): string {
  const [list] = asList(node["args"]);
  const parameters = asList(dig(list, "List", "items") ?? (Array.isArray(list) ? list : []));
  return `(${argumentWords(parameters.map((item) => dig(item, "FunctionParameter", "argType")))})`;
}

const createOn =
  (what: "trigger" | "rule" | "policy", name: string, table: string): Reader =>
  (node) => {
    const from = node["constrrel"];
    return [
      {
        kind: "create on table",
        what,
        name: asText(node[name]) ?? "",
        table: relationOf(node[table]),
        replace: node["replace"] === true,
        from: from === undefined ? null : relationOf(from),
        function: names(node["funcname"]).join(".") || null,
        events: eventsOf(node, what),
        instead: what === "rule" ? node["instead"] === true : Number(node["timing"] ?? 0) === 64,
        before: what === "trigger" && node["row"] === true && Number(node["timing"] ?? 0) === 2,
        filtered:
          what === "trigger" &&
          (node["whenClause"] !== undefined || asList(node["columns"]).length > 0),
        query: bodyOf(node),
      },
    ];
  };

/** Source: PostgreSQL, TRIGGER_TYPE_*. */
const triggerEvents: readonly (readonly [bit: number, event: RowEvent])[] = [
  [4, "insert"],
  [8, "delete"],
  [16, "update"],
  [32, "truncate"],
];

const namedEvents: Readonly<Record<string, readonly RowEvent[]>> = {
  CMD_SELECT: ["select"],
  CMD_INSERT: ["insert"],
  CMD_UPDATE: ["update"],
  CMD_DELETE: ["delete"],
  select: ["select"],
  insert: ["insert"],
  update: ["update"],
  delete: ["delete"],
  all: ["select", "insert", "update", "delete"],
};

function eventsOf(node: TreeNode, what: "trigger" | "rule" | "policy"): readonly RowEvent[] {
  if (what === "trigger") {
    const bits = Number(node["events"] ?? 0);
    return triggerEvents.filter(([bit]) => (bits & bit) !== 0).map(([, event]) => event);
  }
  return namedEvents[asText(node[what === "rule" ? "event" : "cmd_name"]) ?? "all"] ?? [];
}

/** What a rule, a policy or WHEN of a trigger does when it is used; NEW and OLD are no tables. */
function bodyOf(node: TreeNode): QueryUse {
  const body = ["qual", "with_check", "whereClause", "whenClause", "actions"].map(
    (field) => node[field],
  );
  const use = readQuery(body);
  const isRow = ({ schema, name }: ObjectName): boolean =>
    schema === null && (name === "new" || name === "old");
  return { ...use, reads: use.reads.filter((read) => !isRow(read)) };
}

/** The tables of CREATE and ALTER PUBLICATION. */
const publication =
  (creates: boolean): Reader =>
  (node) => [
    {
      kind: "publication",
      name: asText(node["pubname"]) ?? "",
      creates,
      tables: asList(node["pubobjects"]).flatMap((item) => {
        const table = dig(item, "PublicationObjSpec", "pubtable", "relation");
        return table === undefined ? [] : [relationOf(table)];
      }),
    },
  ];

/** Catalog entries only: no table is locked, nothing is written or read. */
const altersNothing: Reader = () => [{ kind: "session" }];

/** By tag. */
export const definitionOperations = {
  ViewStmt: (node) => [
    {
      kind: "create view",
      view: relationOf(node["view"]),
      materialized: false,
      replace: node["replace"] === true,
      ifNotExists: false,
      query: readQuery(node["query"]),
      base: writableBase(node["query"]),
    },
  ],
  CreateEnumStmt: (node) => [
    {
      kind: "create type",
      type: dotted(node["typeName"]),
      form: "enum",
      values: names(node["vals"]),
      constrained: false,
      base: null,
      default: "none",
      calls: [],
    },
  ],
  CompositeTypeStmt: (node) => [simpleType(relationOf(node["typevar"]), "composite")],
  CreateRangeStmt: (node) => [
    { ...simpleType(dotted(node["typeName"]), "range"), calls: functionsOf(node) },
  ],
  CreateDomainStmt: createDomain,
  DefineStmt: define,
  AlterDomainStmt: alterDomain,
  AlterEnumStmt: alterEnum,
  CreateTrigStmt: createOn("trigger", "trigname", "relation"),
  RuleStmt: createOn("rule", "rulename", "relation"),
  CreatePolicyStmt: createOn("policy", "policy_name", "table"),
  AlterPolicyStmt: (node) => [
    {
      kind: "alter policy",
      name: asText(node["policy_name"]) ?? "",
      table: relationOf(node["table"]),
      query: bodyOf(node),
    },
  ],
  CreateSeqStmt: (node) => [
    {
      kind: "create sequence",
      sequence: relationOf(node["sequence"]),
      ownedBy: ownerOf(node),
      ifNotExists: node["if_not_exists"] === true,
    },
  ],
  AlterSeqStmt: (node) => [
    {
      kind: "alter sequence",
      sequence: relationOf(node["sequence"]),
      ownedBy: ownerOf(node),
      restarts: changesNumbers(node["options"]),
      narrows: narrowsNumbers(node["options"]),
    },
  ],
  CreateStatsStmt: (node) => {
    const [table] = asList(node["relations"]);
    return [
      {
        kind: "create statistics",
        statistics: dotted(node["defnames"]),
        table: table === undefined ? null : relationOf(table),
        calls: callsIn(node["exprs"]),
      },
    ];
  },
  CreateSchemaStmt: create("schema", plainName("schemaname")),
  CreateExtensionStmt: create("extension", plainName("extname")),
  CreateEventTrigStmt: create("event trigger", plainName("trigname")),
  CreatedbStmt: create("database", plainName("dbname")),
  CreateTableSpaceStmt: create("tablespace", plainName("tablespacename")),
  CreateSubscriptionStmt: create("subscription", plainName("subname")),
  CreatePLangStmt: create("language", plainName("plname")),
  CreateFdwStmt: create("foreign data wrapper", plainName("fdwname")),
  CreateForeignServerStmt: create("server", plainName("servername")),
  CreateConversionStmt: create("conversion", (node) => dotted(node["conversion_name"])),
  CreateOpClassStmt: create("operator class", (node) => dotted(node["opclassname"])),
  CreateOpFamilyStmt: create("operator family", (node) => dotted(node["opfamilyname"])),
  CreateAmStmt: create("access method", plainName("amname")),
  CreateCastStmt: (node) => {
    const words = [node["sourcetype"], node["targettype"]].map((type) => argumentWords([type]));
    return [
      {
        kind: "create",
        object: { kind: "cast", schema: null, name: words.join(" AS ") },
        ifNotExists: false,
        calls:
          names(dig(node, "func", "objname")).length === 0
            ? []
            : [names(dig(node, "func", "objname")).join(".")],
      },
    ];
  },
  CreatePublicationStmt: publication(true),
  AlterPublicationStmt: publication(false),
  AlterFunctionStmt: altersNothing,
  AlterTypeStmt: altersNothing,
  AlterOperatorStmt: altersNothing,
  AlterStatsStmt: altersNothing,
  AlterCollationStmt: altersNothing,
  AlterEventTrigStmt: altersNothing,
  AlterObjectDependsStmt: altersNothing,
  AlterDatabaseSetStmt: altersNothing,
  AlterSystemStmt: altersNothing,
  AlterTSConfigurationStmt: altersNothing,
  AlterTSDictionaryStmt: altersNothing,
  AlterFdwStmt: altersNothing,
  AlterForeignServerStmt: altersNothing,
  SecLabelStmt: (node) => [
    {
      kind: "comment",
      object: objectRef(node["objtype"], node["object"]),
      part: null,
      text: null,
    },
  ],
} satisfies Readonly<Record<string, Reader>>;
