/**
 * What a file leaves behind: the sum of its operations, object by object. What is made and dropped again is nothing.
 * Does NOT look at rows and comments: those are for tests and review.
 */
import type { ObjectName } from "../../sql/objectName";
import { sqlName, sqlText } from "../../sql/sqlText";
import type { Operation } from "../../statements/operation";
import type { TableCommand } from "../../statements/tableOperation";
import { type PlacedOperation } from "./placedOperation";
import { temporaryTables } from "./subject";

/** "+" is there afterwards, "-" is gone, "~" is another than before. */
type Sign = "+" | "-" | "~";

export interface NetChange {
  readonly sign: Sign;
  /** What it is about, readable and unique: "column dagapp.jobs.owner". */
  readonly key: string;
  /** What takes it along when it is dropped: a table, a column, an index's constraint. */
  readonly within: readonly string[];
  /** The name to look for; null where there is nothing to look for. */
  readonly name: string | null;
  /** It is only called otherwise, and keeps what lies in it. */
  readonly moved?: true;
  readonly placed: PlacedOperation;
}

type Unplaced = Omit<NetChange, "placed">;

const relation = (name: ObjectName): string => `relation ${sqlName(name)}`;
const part = (kind: string, table: ObjectName, name: string): string =>
  `${kind} ${sqlName(table)}.${name}`;

const change = (
  sign: Sign,
  key: string,
  name: string | null = null,
  within: readonly string[] = [],
): Unplaced => ({ sign, key, name, within });

const constraintChange = (table: ObjectName, name: string, columns: readonly string[]): Unplaced =>
  change("+", part("constraint", table, name), name, [
    relation(table),
    ...columns.map((column) => part("column", table, column)),
  ]);

/** The inverse pairs of ALTER TABLE commands that name a column: what each does to the column's property. */
const properties: Readonly<Partial<Record<TableCommand["kind"], readonly [Sign, string]>>> = {
  "set not null": ["+", "NOT NULL of"],
  "drop not null": ["-", "NOT NULL of"],
  "set default": ["~", "default of"],
  "drop default": ["~", "default of"],
  "alter type": ["~", "type of"],
  "set expression": ["~", "expression of"],
  "drop expression": ["-", "expression of"],
  "add identity": ["+", "identity of"],
  "set identity": ["~", "identity of"],
  "drop identity": ["-", "identity of"],
  "set statistics": ["~", "statistics target of"],
  "set column options": ["~", "options of"],
  "set storage": ["~", "storage of"],
  "set compression": ["~", "compression of"],
};

const tableProperties: Readonly<Partial<Record<TableCommand["kind"], readonly [Sign, string]>>> = {
  "enable row security": ["~", "row security of"],
  "disable row security": ["~", "row security of"],
  "force row security": ["~", "forced row security of"],
  "no force row security": ["~", "forced row security of"],
  "set logged": ["~", "persistence of"],
  "set unlogged": ["~", "persistence of"],
  "set tablespace": ["~", "tablespace of"],
  "set access method": ["~", "access method of"],
  "set options": ["~", "options of"],
  "reset options": ["~", "options of"],
  "cluster on": ["~", "clustering of"],
  "set without cluster": ["~", "clustering of"],
  "replica identity": ["~", "replica identity of"],
  "enable trigger": ["~", "triggers in force of"],
  "enable always trigger": ["~", "triggers in force of"],
  "enable replica trigger": ["~", "triggers in force of"],
  "disable trigger": ["~", "triggers in force of"],
  "enable rule": ["~", "rules in force of"],
  "enable always rule": ["~", "rules in force of"],
  "enable replica rule": ["~", "rules in force of"],
  "disable rule": ["~", "rules in force of"],
};

function commandChanges(table: ObjectName, command: TableCommand): readonly Unplaced[] {
  const home = [relation(table)];
  const property = properties[command.kind];
  if (property !== undefined && "column" in command && typeof command.column === "string") {
    const column = part("column", table, command.column);
    return [change(property[0], `${property[1]} ${column}`, null, [...home, column])];
  }
  const setting = tableProperties[command.kind];
  if (setting !== undefined) {
    return [change(setting[0], `${setting[1]} ${relation(table)}`, null, home)];
  }
  switch (command.kind) {
    case "add column": {
      const { name } = command.column;
      return [change("+", part("column", table, name), name, home)];
    }
    case "drop column":
      return [change("-", part("column", table, command.column), null, home)];
    case "add constraint": {
      const { name, columns, usingIndex } = command.constraint;
      if (name === null) return [];
      const taken =
        usingIndex === null ? [] : [change("-", relation({ ...table, name: usingIndex }))];
      return [...taken, constraintChange(table, name, columns)];
    }
    case "drop constraint":
      return [change("-", part("constraint", table, command.constraint), null, home)];
    case "attach partition": {
      const key = `partition ${sqlName(command.partition)} of ${relation(table)}`;
      return [change("+", key, null, [...home, relation(command.partition)])];
    }
    case "detach partition":
      return [change("-", `partition ${sqlName(command.partition)} of ${relation(table)}`)];
    case "inherit":
      return [change("+", `inheritance of ${relation(table)} from ${sqlName(command.parent)}`)];
    case "no inherit":
      return [change("-", `inheritance of ${relation(table)} from ${sqlName(command.parent)}`)];
    default:
      return [];
  }
}

/** Kinds that share the names of tables. */
const relations: ReadonlySet<string> = new Set([
  "table",
  "view",
  "materialized view",
  "index",
  "sequence",
  "foreign table",
]);
const routines = /^(function|procedure|routine|aggregate)$/;
const onTable = /^(trigger|rule|policy)$/;

/** Key of an object by its kind; triggers, rules and policies are named table.name. */
function keyOf(kind: string, name: ObjectName): string {
  if (relations.has(kind)) return relation(name);
  if (routines.test(kind)) return `function ${sqlName(name)}`;
  return `${kind === "domain" ? "type" : kind} ${onTable.test(kind) ? `${name.schema === null ? "" : `${name.schema}.`}${name.name}` : sqlName(name)}`;
}

const base = (name: string): string => name.replace(/\(.*$/s, "");

function changesOf(operation: Operation): readonly Unplaced[] {
  switch (operation.kind) {
    case "create table":
      // A partition goes with its table.
      return operation.temporary
        ? []
        : [
            change(
              "+",
              relation(operation.table),
              operation.table.name,
              operation.partitionOf === null ? [] : [relation(operation.partitionOf)],
            ),
          ];
    case "alter table":
      return commandChanges(operation.table, operation.command);
    case "create view":
      return [change(operation.replace ? "~" : "+", relation(operation.view), operation.view.name)];
    case "create index": {
      const { table, name, columns } = operation;
      if (name === null) return [];
      const home = [relation(table), ...columns.map((column) => part("column", table, column))];
      return [change("+", relation({ ...table, name }), name, home)];
    }
    case "drop":
      return operation.objects.map((object) => change("-", keyOf(object.kind, object)));
    case "rename": {
      const { object, to } = operation;
      const name = operation.part;
      if (name === null) {
        const renamed = { ...object, name: object.name.replace(/^[^(]*/s, to) };
        return [
          { ...change("-", keyOf(object.kind, object)), moved: true },
          change("+", keyOf(object.kind, renamed), to),
        ];
      }
      const home = [relation(object)];
      const written = (one: string): string => part(name.kind, object, one);
      return [
        { ...change("-", written(name.name), null, home), moved: true },
        change("+", written(to), to, home),
      ];
    }
    case "set schema": {
      const { object, schema } = operation;
      return [
        { ...change("-", keyOf(object.kind, object)), moved: true },
        change("+", keyOf(object.kind, { ...object, schema }), base(object.name)),
      ];
    }
    case "create type":
      return [change("+", keyOf("type", operation.type), operation.type.name)];
    case "add enum value":
      return [
        change(
          "+",
          `value ${sqlText(operation.value)} of type ${sqlName(operation.type)}`,
          operation.value,
          [keyOf("type", operation.type)],
        ),
      ];
    case "rename enum value": {
      const of = `of type ${sqlName(operation.type)}`;
      return [
        change("-", `value ${sqlText(operation.value)} ${of}`),
        change("+", `value ${sqlText(operation.to)} ${of}`, operation.to),
      ];
    }
    case "create on table": {
      const key = keyOf(operation.what, {
        ...operation.table,
        name: `${operation.table.name}.${operation.name}`,
      });
      return [
        change(operation.replace ? "~" : "+", key, operation.name, [relation(operation.table)]),
      ];
    }
    case "alter policy": {
      const key = keyOf("policy", {
        ...operation.table,
        name: `${operation.table.name}.${operation.name}`,
      });
      return [change("~", key)];
    }
    case "create function": {
      const { name } = operation.function;
      return [
        change(operation.replace ? "~" : "+", keyOf("function", operation.function), base(name)),
      ];
    }
    case "create sequence":
      return [change("+", relation(operation.sequence), operation.sequence.name)];
    case "create statistics": {
      const home = operation.table === null ? [] : [relation(operation.table)];
      return [
        change("+", keyOf("statistics", operation.statistics), operation.statistics.name, home),
      ];
    }
    case "create":
      // Operators and casts have no name to look for.
      return [
        change(
          "+",
          keyOf(operation.object.kind, operation.object),
          /^(operator|cast)/.test(operation.object.kind) ? null : base(operation.object.name),
        ),
      ];
    default:
      return [];
  }
}

/** Every change of the placed operations, in order. */
export const allChanges = (placedOperations: readonly PlacedOperation[]): readonly NetChange[] =>
  placedOperations.flatMap((placed) =>
    changesOf(placed.operation).map((one) => ({ ...one, placed })),
  );

/** Keys of all that the placed operations leave behind, the constraints inside CREATE TABLE too. */
export function leftBy(placedOperations: readonly PlacedOperation[]): ReadonlySet<string> {
  const inTables = placedOperations.flatMap(({ operation }) =>
    operation.kind === "create table"
      ? operation.constraints.flatMap(({ name }) =>
          name === null ? [] : [part("constraint", operation.table, name)],
        )
      : [],
  );
  const changed = netChanges(placedOperations).filter(({ sign }) => sign !== "-");
  return new Set([...inTables, ...changed.map(({ key }) => key)]);
}

/** What remains of the changes: the last sign of each key, or "~" for what was dropped and made again. */
export function netChanges(placedOperations: readonly PlacedOperation[]): readonly NetChange[] {
  const net = new Map<string, NetChange>();
  /** Keys of what lies in each, as far as it was ever there: a file may drop ten thousand things. */
  const inside = new Map<string, Set<string>>();
  const temporary = new Set(
    [...temporaryTables(placedOperations)].map((name) => relation({ schema: null, name })),
  );
  for (const one of allChanges(placedOperations)) {
    if ([one.key, ...one.within].some((key) => temporary.has(key))) continue;
    const before = net.get(one.key);
    if (
      one.placed.operation.kind === "alter table" &&
      one.placed.operation.command.kind === "attach partition"
    ) {
      // What is attached goes with what it is attached to.
      const part = net.get(relation(one.placed.operation.command.partition));
      const above = relation(one.placed.operation.table);
      if (part?.sign === "+" && one.sign === "+") {
        net.set(part.key, { ...part, name: null, within: [...part.within, above] });
        inside.set(above, (inside.get(above) ?? new Set()).add(part.key));
      }
    }
    if (one.sign === "-" && one.moved === undefined) {
      // What lay in it goes with it.
      for (const key of inside.get(one.key) ?? []) {
        const held = net.get(key);
        if (held?.within.includes(one.key) === true && held.sign !== "-") net.delete(key);
      }
    }
    for (const home of one.within) {
      inside.set(home, (inside.get(home) ?? new Set()).add(one.key));
    }
    if (before?.sign === "+" && one.sign === "-") net.delete(one.key);
    else if (before?.sign === "+" && one.sign === "~") continue;
    else net.set(one.key, before?.sign === "-" && one.sign === "+" ? { ...one, sign: "~" } : one);
  }
  return [...net.values()];
}
