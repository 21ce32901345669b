/**
 * Code that a statement puts in place and that runs when others use the object: triggers, rules, policies, defaults,
 * checks, expressions of columns and indexes.
 * Does NOT say what that code does (see classify).
 */
import { calledCode } from "../schema/calledCode";
import type { SchemaModel } from "../schema/schemaModel";
import { dottedName, type ObjectName, withoutArguments } from "../sql/objectName";
import { sqlName } from "../sql/sqlText";
import { answerOf } from "../statements/answerOf";
import type { Operation, OperationOf, QueryUse } from "../statements/operation";
import {
  type Column,
  columnCommands,
  type CommandOf,
  type Constraint,
  forAll,
  plainCommands,
  type TableCommand,
} from "../statements/tableOperation";

/** One piece of code by what sets it off. */
export interface Armed {
  readonly what: string;
  /** As of a query. */
  readonly calls: readonly string[];
  /** What a rule or a policy runs, and WHEN of a trigger. */
  readonly query: QueryUse | null;
  /** A trigger before or in the place of a row's change, which does not happen when its function returns NULL. */
  readonly canSwallow: boolean;
  /** The table of a trigger that may give a row that is updated other values. */
  readonly setsRowOf: ObjectName | null;
  /** Rows that are deleted set it off, too: it gives OLD back for these. */
  readonly onDelete: boolean;
  /** See ArmedCode. */
  readonly onCall: boolean;
}

const plain = { canSwallow: false, setsRowOf: null, onDelete: false, onCall: false } as const;

const none = (): readonly Armed[] => [];

const ofCalls = (what: string, calls: readonly string[]): Armed => ({
  what,
  calls,
  query: null,
  ...plain,
});

const ofColumn = (table: string, { name, calls }: Column): Armed =>
  ofCalls(`default or expression of ${table}.${name}`, calls);

const ofConstraint = (table: string, { calls, name }: Constraint): Armed =>
  ofCalls(`check ${name ?? ""} of ${table}`.replace("  ", " "), calls);

type CommandArms = {
  readonly [K in TableCommand["kind"]]: (table: string, command: CommandOf<K>) => readonly Armed[];
};

/** Every command; those that name no more than a column or another word have no code to put in place. */
const commandArms: CommandArms = {
  ...forAll(columnCommands, none),
  ...forAll(plainCommands, none),
  "add column": (table, { column, constraints }) => [
    ofColumn(table, column),
    ...constraints.map((one) => ofConstraint(table, one)),
  ],
  "set default": (table, { column, calls }) => [ofCalls(`default of ${table}.${column}`, calls)],
  "add constraint": (table, { constraint }) => [ofConstraint(table, constraint)],
  "drop column": none,
  "alter type": none,
  "drop constraint": none,
  "validate constraint": none,
  "alter constraint": none,
  "attach partition": none,
  "detach partition": none,
  inherit: none,
  "no inherit": none,
  "of type": none,
  "set options": none,
  "reset options": none,
  "unknown command": none,
};

function ofCommand(table: string, command: TableCommand): readonly Armed[] {
  return answerOf(commandArms, command, table);
}

type Arms = {
  readonly [K in Operation["kind"]]: (operation: OperationOf<K>) => readonly Armed[];
};

/** Every kind of operation; `none` puts nothing in place that runs by itself. */
const operationArms: Arms = {
  "create table": ({ table, columns, constraints, keyCalls }) => [
    ofCalls(`partition key of ${sqlName(table)}`, keyCalls),
    ...columns.map((column) => ofColumn(sqlName(table), column)),
    ...constraints.map((constraint) => ofConstraint(sqlName(table), constraint)),
  ],
  "alter table": ({ table, command }) => ofCommand(sqlName(table), command),
  "create index": ({ table, name, calls }) => [
    ofCalls(`index ${name ?? ""} on ${sqlName(table)}`, calls),
  ],
  "create type": ({ type, calls }) => [ofCalls(`checks of ${sqlName(type)}`, calls)],
  "alter domain": ({ domain, calls }) => [ofCalls(`checks of ${sqlName(domain)}`, calls)],
  "create on table": ({ what, name, table, events, function: called, query, before, instead }) => [
    {
      what: `${what} ${name} of ${sqlName(table)}, on ${events.join(", ")}`,
      calls: called === null ? [] : [called],
      query,
      ...plain,
      canSwallow: what === "trigger" && (before || instead),
      setsRowOf: what === "trigger" && before && events.includes("update") ? table : null,
      onDelete: events.includes("delete"),
    },
  ],
  "alter policy": ({ name, table, query }) => [
    { what: `policy ${name} of ${sqlName(table)}`, calls: [], query, ...plain },
  ],
  "create view": ({ view, query: { unknownFunctions, shadowable } }) => [
    ofCalls(`view ${sqlName(view)}`, [...unknownFunctions, ...shadowable]),
  ],
  refresh: none,
  reindex: none,
  drop: none,
  rename: none,
  "set schema": none,
  "set owner": none,
  comment: none,
  "add enum value": none,
  "rename enum value": none,
  "create function": ({ function: made }) => [
    {
      ...ofCalls(`function ${sqlName(withoutArgumentsOf(made))}, when it is called`, [
        dottedName(withoutArgumentsOf(made)),
      ]),
      onCall: true,
    },
  ],
  "create sequence": none,
  "alter sequence": none,
  "create statistics": ({ statistics, calls }) => [
    ofCalls(`statistics ${sqlName(statistics)}`, calls),
  ],
  create: none,
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
  publication: none,
  privileges: none,
  session: none,
  unknown: none,
};

const withoutArgumentsOf = ({ schema, name }: ObjectName): ObjectName => ({
  schema,
  name: withoutArguments(name),
});

/** What an operation arms that is more than PostgreSQL's own functions. */
export function armedBy(model: SchemaModel, operation: Operation): readonly Armed[] {
  const isOwn = (name: string): boolean => calledCode(model, name)?.length === 0;
  return answerOf(operationArms, operation)
    .map((one) => ({ ...one, calls: one.calls.filter((name) => !isOwn(name)) }))
    .filter(({ calls, query }) => {
      if (calls.length > 0) return true;
      if (query === null) return false;
      const { writes, unknownFunctions, shadowable } = query;
      return writes.length > 0 || [...unknownFunctions, ...shadowable].some((name) => !isOwn(name));
    });
}
