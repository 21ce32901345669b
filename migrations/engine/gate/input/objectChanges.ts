/**
 * What each operation does to objects that have names: makes them, takes them away, changes them. One row per kind.
 * Does NOT add up what a file leaves behind (see netChanges), or look at rows and comments.
 */
import { isRelation, type ObjectName, withoutArguments } from "../../sql/objectName";
import { sqlName, sqlText } from "../../sql/sqlText";
import { answerOf } from "../../statements/answerOf";
import type { Operation, OperationOf } from "../../statements/operation";
import type { CommandOf, TableCommand } from "../../statements/tableOperation";

/** "+" is there afterwards, "-" is gone, "~" is another than before. */
type Sign = "+" | "-" | "~";

/** What one operation does to one object. */
export interface ObjectChange {
  readonly sign: Sign;
  /** What it is about, readable and unique: "column dagapp.jobs.owner". */
  readonly key: string;
  /** What takes it along when it is dropped: a table, a column, an index's constraint. */
  readonly within: readonly string[];
  /** The name to look for; null where there is nothing to look for. */
  readonly name: string | null;
  /** It is only called otherwise, and keeps what lies in it. */
  readonly moved?: true;
}

export const relationKey = (name: ObjectName): string => `relation ${sqlName(name)}`;
export const partKey = (kind: string, table: ObjectName, name: string): string =>
  `${kind} ${sqlName(table)}.${name}`;

const change = (
  sign: Sign,
  key: string,
  name: string | null = null,
  within: readonly string[] = [],
): ObjectChange => ({ sign, key, name, within });

const constraintChange = (
  table: ObjectName,
  name: string,
  columns: readonly string[],
): ObjectChange =>
  change("+", partKey("constraint", table, name), name, [
    relationKey(table),
    ...columns.map((column) => partKey("column", table, column)),
  ]);

type CommandChanges<K extends TableCommand["kind"]> = (
  table: ObjectName,
  command: CommandOf<K>,
) => readonly ObjectChange[];

/** It leaves nothing behind that a rollback would have to undo, or that has a name to look for. */
const none = (): readonly ObjectChange[] => [];

/** Changes a property of a column. */
const ofColumn =
  (sign: Sign, property: string) =>
  (table: ObjectName, { column }: { readonly column: string }): readonly ObjectChange[] => {
    const key = partKey("column", table, column);
    return [change(sign, `${property} ${key}`, null, [relationKey(table), key])];
  };

/** Changes a property of the table. */
const ofTable =
  (sign: Sign, property: string) =>
  (table: ObjectName): readonly ObjectChange[] => [
    change(sign, `${property} ${relationKey(table)}`, null, [relationKey(table)]),
  ];

const commandChanges: { readonly [K in TableCommand["kind"]]: CommandChanges<K> } = {
  "set not null": ofColumn("+", "NOT NULL of"),
  "drop not null": ofColumn("-", "NOT NULL of"),
  "set default": ofColumn("~", "default of"),
  "drop default": ofColumn("~", "default of"),
  "alter type": ofColumn("~", "type of"),
  "set expression": ofColumn("~", "expression of"),
  "drop expression": ofColumn("-", "expression of"),
  "add identity": ofColumn("+", "identity of"),
  "set identity": ofColumn("~", "identity of"),
  "drop identity": ofColumn("-", "identity of"),
  "set statistics": ofColumn("~", "statistics target of"),
  "set column options": ofColumn("~", "options of"),
  "set storage": ofColumn("~", "storage of"),
  "set compression": ofColumn("~", "compression of"),
  "set foreign options": ofColumn("~", "foreign options of"),
  "set foreign table options": ofTable("~", "foreign options of"),
  "enable row security": ofTable("~", "row security of"),
  "disable row security": ofTable("~", "row security of"),
  "force row security": ofTable("~", "forced row security of"),
  "no force row security": ofTable("~", "forced row security of"),
  "set logged": ofTable("~", "persistence of"),
  "set unlogged": ofTable("~", "persistence of"),
  "set tablespace": ofTable("~", "tablespace of"),
  "set access method": ofTable("~", "access method of"),
  "set options": ofTable("~", "options of"),
  "reset options": ofTable("~", "options of"),
  "cluster on": ofTable("~", "clustering of"),
  "set without cluster": ofTable("~", "clustering of"),
  "replica identity": ofTable("~", "replica identity of"),
  "enable trigger": ofTable("~", "triggers in force of"),
  "enable always trigger": ofTable("~", "triggers in force of"),
  "enable replica trigger": ofTable("~", "triggers in force of"),
  "disable trigger": ofTable("~", "triggers in force of"),
  "enable rule": ofTable("~", "rules in force of"),
  "enable always rule": ofTable("~", "rules in force of"),
  "enable replica rule": ofTable("~", "rules in force of"),
  "disable rule": ofTable("~", "rules in force of"),
  "add column": (table, { column }) => [
    change("+", partKey("column", table, column.name), column.name, [relationKey(table)]),
  ],
  "drop column": (table, { column }) => [
    change("-", partKey("column", table, column), null, [relationKey(table)]),
  ],
  "add constraint": (table, { constraint: { name, columns, usingIndex } }) => {
    if (name === null) return [];
    const taken =
      usingIndex === null ? [] : [change("-", relationKey({ ...table, name: usingIndex }))];
    return [...taken, constraintChange(table, name, columns)];
  },
  "drop constraint": (table, { constraint }) => [
    change("-", partKey("constraint", table, constraint), null, [relationKey(table)]),
  ],
  "attach partition": (table, { partition }) => {
    const key = `partition ${sqlName(partition)} of ${relationKey(table)}`;
    return [change("+", key, null, [relationKey(table), relationKey(partition)])];
  },
  "detach partition": (table, { partition }) => [
    change("-", `partition ${sqlName(partition)} of ${relationKey(table)}`),
  ],
  inherit: (table, { parent }) => [
    change("+", `inheritance of ${relationKey(table)} from ${sqlName(parent)}`),
  ],
  "no inherit": (table, { parent }) => [
    change("-", `inheritance of ${relationKey(table)} from ${sqlName(parent)}`),
  ],
  "restart identity": none,
  "alter constraint": (table, { constraint }) => [
    change("~", partKey("constraint", table, constraint), null, [relationKey(table)]),
  ],
  "owner to": ofTable("~", "owner of"),
  "of type": ofTable("~", "row type of"),
  "not of type": ofTable("~", "row type of"),
  "validate constraint": none,
  "set without oids": none,
  "unknown command": none,
};

const routines = /^(function|procedure|routine|aggregate)$/;
const onTable = /^(trigger|rule|policy)$/;

/** Key of an object by its kind; triggers, rules and policies are named table.name. */
function keyOf(kind: string, name: ObjectName): string {
  if (isRelation(kind)) return relationKey(name);
  if (routines.test(kind)) return `function ${sqlName(name)}`;
  return `${kind === "domain" ? "type" : kind} ${onTable.test(kind) ? `${name.schema === null ? "" : `${name.schema}.`}${name.name}` : sqlName(name)}`;
}

/** Changes a property of a domain. */
const ofDomain =
  (sign: Sign, property: string) =>
  (domain: ObjectName): readonly ObjectChange[] => {
    const key = keyOf("domain", domain);
    return [change(sign, `${property} ${key}`, null, [key])];
  };

const domainChanges: {
  readonly [K in OperationOf<"alter domain">["command"]]: (
    domain: ObjectName,
    constraint: string,
  ) => readonly ObjectChange[];
} = {
  "set default": ofDomain("~", "default of"),
  "drop default": ofDomain("~", "default of"),
  "set not null": ofDomain("+", "NOT NULL of"),
  "drop not null": ofDomain("-", "NOT NULL of"),
  "add constraint": (domain, name) => [
    change("+", partKey("constraint", domain, name), name, [keyOf("domain", domain)]),
  ],
  "drop constraint": (domain, name) => [
    change("-", partKey("constraint", domain, name), null, [keyOf("domain", domain)]),
  ],
  "validate constraint": none,
};

const operationChanges: {
  readonly [K in Operation["kind"]]: (operation: OperationOf<K>) => readonly ObjectChange[];
} = {
  // A partition goes with its table.
  "create table": (operation) =>
    operation.temporary
      ? []
      : [
          change(
            "+",
            relationKey(operation.table),
            operation.table.name,
            operation.partitionOf === null ? [] : [relationKey(operation.partitionOf)],
          ),
        ],
  "alter table": ({ table, command }) => answerOf(commandChanges, command, table),
  "create view": (operation) => [
    change(operation.replace ? "~" : "+", relationKey(operation.view), operation.view.name),
  ],
  "create index": (operation) => {
    const { table, name, columns } = operation;
    if (name === null) return [];
    const home = [relationKey(table), ...columns.map((column) => partKey("column", table, column))];
    return [change("+", relationKey({ ...table, name }), name, home)];
  },
  drop: (operation) => operation.objects.map((object) => change("-", keyOf(object.kind, object))),
  rename: (operation) => {
    const { object, to } = operation;
    const name = operation.part;
    if (name === null) {
      const renamed = { ...object, name: object.name.replace(/^[^(]*/s, to) };
      return [
        { ...change("-", keyOf(object.kind, object)), moved: true },
        change("+", keyOf(object.kind, renamed), to),
      ];
    }
    const home = [relationKey(object)];
    const written = (one: string): string => partKey(name.kind, object, one);
    return [
      { ...change("-", written(name.name), null, home), moved: true },
      change("+", written(to), to, home),
    ];
  },
  "set schema": (operation) => {
    const { object, schema } = operation;
    return [
      { ...change("-", keyOf(object.kind, object)), moved: true },
      change("+", keyOf(object.kind, { ...object, schema }), withoutArguments(object.name)),
    ];
  },
  "create type": (operation) => [change("+", keyOf("type", operation.type), operation.type.name)],
  "add enum value": (operation) => [
    change(
      "+",
      `value ${sqlText(operation.value)} of type ${sqlName(operation.type)}`,
      operation.value,
      [keyOf("type", operation.type)],
    ),
  ],
  "rename enum value": (operation) => {
    const of = `of type ${sqlName(operation.type)}`;
    return [
      change("-", `value ${sqlText(operation.value)} ${of}`),
      change("+", `value ${sqlText(operation.to)} ${of}`, operation.to),
    ];
  },
  "create on table": (operation) => {
    const key = keyOf(operation.what, {
      ...operation.table,
      name: `${operation.table.name}.${operation.name}`,
    });
    return [
      change(operation.replace ? "~" : "+", key, operation.name, [relationKey(operation.table)]),
    ];
  },
  "alter policy": (operation) => {
    const key = keyOf("policy", {
      ...operation.table,
      name: `${operation.table.name}.${operation.name}`,
    });
    return [change("~", key)];
  },
  "create function": (operation) => {
    const { name } = operation.function;
    return [
      change(
        operation.replace ? "~" : "+",
        keyOf("function", operation.function),
        withoutArguments(name),
      ),
    ];
  },
  "create sequence": (operation) => [
    change("+", relationKey(operation.sequence), operation.sequence.name),
  ],
  "create statistics": (operation) => {
    const home = operation.table === null ? [] : [relationKey(operation.table)];
    return [
      change("+", keyOf("statistics", operation.statistics), operation.statistics.name, home),
    ];
  },
  // Operators and casts have no name to look for.
  create: (operation) => [
    change(
      "+",
      keyOf(operation.object.kind, operation.object),
      /^(operator|cast)/.test(operation.object.kind)
        ? null
        : withoutArguments(operation.object.name),
    ),
  ],
  "set owner": ({ object }) => {
    const key = keyOf(object.kind, object);
    return [change("~", `owner of ${key}`, null, [key])];
  },
  "alter domain": ({ domain, command, constraint }) =>
    domainChanges[command](domain, constraint ?? ""),
  // A table that is published alone leaves the publication when it is dropped.
  publication: ({ name, creates, tables }) => {
    const key = keyOf("publication", { schema: null, name });
    if (creates) return [change("+", key, name)];
    return [change("~", key, null, tables.length === 1 ? tables.map(relationKey) : [])];
  },
  refresh: none,
  reindex: none,
  comment: none,
  // Its options are not read, and the next value is no structure: the proof compares both catalogs.
  "alter sequence": none,
  truncate: none,
  query: none,
  copy: none,
  vacuum: none,
  analyze: none,
  cluster: none,
  lock: none,
  call: none,
  do: none,
  "search path": none,
  privileges: none,
  session: none,
  unknown: none,
};

/** What an operation makes, takes away and changes. */
export function changesOf(operation: Operation): readonly ObjectChange[] {
  return answerOf(operationChanges, operation);
}
