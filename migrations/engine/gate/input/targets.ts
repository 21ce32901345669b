/**
 * Which objects an operation changes, by name: made, altered, dropped, locked or written, not only read.
 * Does NOT say how (see impact).
 */
import type { ObjectName, ObjectRef } from "../../sql/objectName";
import { answerOf } from "../../statements/answerOf";
import type { Operation, OperationOf } from "../../statements/operation";
import {
  columnCommands,
  type CommandOf,
  forAll,
  plainCommands,
  type TableCommand,
} from "../../statements/tableOperation";
import type { PlacedOperation } from "./placedOperation";

const as = (kind: string, ...objects: readonly (ObjectName | null)[]): readonly ObjectRef[] =>
  objects.filter((object) => object !== null).map(({ schema, name }) => ({ kind, schema, name }));

/** It changes nothing else that has a name. */
const none = (): readonly ObjectRef[] => [];

type CommandTargets = {
  readonly [K in TableCommand["kind"]]: (command: CommandOf<K>) => readonly ObjectRef[];
};

/** What each command of ALTER TABLE changes beside its own table. */
const commandTargets: CommandTargets = {
  ...forAll(columnCommands, none),
  ...forAll(plainCommands, none),
  "add column": ({ constraints }) => as("table", ...constraints.map((one) => one.references)),
  "add constraint": ({ constraint }) => as("table", constraint.references),
  "attach partition": ({ partition }) => as("table", partition),
  "detach partition": ({ partition }) => as("table", partition),
  inherit: ({ parent }) => as("table", parent),
  "no inherit": none,
  "drop column": none,
  "alter type": none,
  "set default": none,
  "drop constraint": none,
  "validate constraint": none,
  "alter constraint": none,
  "of type": none,
  "set options": none,
  "reset options": none,
  "unknown command": none,
};

type Targets = {
  readonly [K in Operation["kind"]]: (operation: OperationOf<K>) => readonly ObjectRef[];
};

const targets: Targets = {
  "create table": ({ table, constraints, partitionOf, inherits }) =>
    as("table", table, partitionOf, ...inherits, ...constraints.map((one) => one.references)),
  "alter table": ({ relation, table, command }) => [
    ...as(relation, table),
    ...answerOf(commandTargets, command),
  ],
  "create view": ({ view, materialized }) => as(materialized ? "materialized view" : "view", view),
  refresh: ({ view }) => as("materialized view", view),
  "create index": ({ table }) => as("table", table),
  reindex: ({ what, target }) => as(what, target),
  drop: ({ objects }) => objects,
  rename: ({ object }) => [object],
  "set schema": ({ object, schema }) => [object, { ...object, schema }],
  comment: ({ object }) => [object],
  "create type": ({ type }) => as("type", type),
  "add enum value": ({ type }) => as("type", type),
  "rename enum value": ({ type }) => as("type", type),
  "alter domain": ({ domain }) => as("domain", domain),
  "create on table": ({ table, query }) => [
    ...as("table", table),
    // What a rule is to write; a policy only reads.
    ...as("table", ...query.writes.map((write) => write.table)),
  ],
  "alter policy": ({ table }) => as("table", table),
  "create function": (operation) => [operation.function],
  "create sequence": ({ sequence }) => as("sequence", sequence),
  "alter sequence": ({ sequence }) => as("sequence", sequence),
  "create statistics": ({ statistics }) => as("statistics", statistics),
  create: ({ object }) => [object],
  publication: ({ name }) => [{ kind: "publication", schema: null, name }],
  truncate: ({ tables }) => as("table", ...tables.map(({ name }) => name)),
  query: ({ query }) => as("table", ...query.writes.map(({ table }) => table)),
  copy: ({ table, from }) => (from ? as("table", table) : []),
  vacuum: ({ tables }) => as("table", ...tables),
  analyze: ({ tables }) => as("table", ...tables),
  cluster: ({ table }) => as("table", table),
  lock: ({ tables }) => as("table", ...tables.map(({ name }) => name)),
  "set owner": none,
  call: none,
  do: none,
  "search path": none,
  privileges: none,
  session: none,
  unknown: none,
};

/** Objects that the placed operation changes. A statement on the ledger changes none: the runner carries it out. */
export function changedBy({ operation, statement }: PlacedOperation): readonly ObjectRef[] {
  if (statement.ledger !== null) return [];
  return answerOf(targets, operation);
}
