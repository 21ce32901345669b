/**
 * Puts what a called function does behind its call, where the files hold the function's body.
 * Does NOT look into triggers, defaults and views, and says nothing of bodies that no file holds (see opaque-statement).
 */
import type { SchemaModel } from "../../schema/schemaModel";
import type { ObjectName } from "../../sql/objectName";
import { answerOf } from "../../statements/answerOf";
import { nameOf } from "../../statements/columnParts";
import {
  type BlockOperations,
  flatOperations,
  type Operation,
  type OperationOf,
} from "../../statements/operation";
import type { PlacedOperation } from "./placedOperation";

/** It calls nothing when it runs; or what it calls is not followed from here (see the head). */
const none = (): readonly string[] => [];

const calls: {
  readonly [K in Operation["kind"]]: (operation: OperationOf<K>) => readonly string[];
} = {
  query: ({ query }) => query.unknownFunctions,
  "create table": ({ query }) => query?.unknownFunctions ?? [],
  call: ({ procedure }) => [procedure],
  "alter table": none,
  "create view": none,
  refresh: none,
  "create index": none,
  reindex: none,
  drop: none,
  rename: none,
  "set schema": none,
  "set owner": none,
  comment: none,
  "create type": none,
  "add enum value": none,
  "rename enum value": none,
  "alter domain": none,
  "create on table": none,
  "alter policy": none,
  "create function": none,
  "create sequence": none,
  "alter sequence": none,
  "create statistics": none,
  create: none,
  truncate: none,
  copy: none,
  vacuum: none,
  analyze: none,
  cluster: none,
  lock: none,
  do: none,
  "search path": none,
  publication: none,
  privileges: none,
  session: none,
  unknown: none,
};

/** Names of the functions that an operation calls, dotted, but for PostgreSQL's own harmless ones. */
function callsOf(operation: Operation): readonly string[] {
  return answerOf(calls, operation);
}

const key = ({ schema, name }: ObjectName): string =>
  JSON.stringify([schema, name.replace(/\(.*$/s, "")]);

/**
 * The acts with those of each called function behind the act that calls it, numbered anew.
 *
 * @param before  What stands before the first placed operation: functions of earlier files.
 */
export function withCalls(
  placedOperations: readonly PlacedOperation[],
  before: SchemaModel,
): readonly PlacedOperation[] {
  const made = new Map<string, readonly BlockOperations[]>();
  const found: PlacedOperation[] = [];
  // Each function once for each statement: calls of calls would grow beyond all bounds.
  const add = (placed: PlacedOperation, seen: Set<string>): void => {
    found.push({ ...placed, index: found.length });
    const { operation } = placed;
    if (operation.kind === "create function") {
      const name = key(operation.function);
      made.set(name, [...(made.get(name) ?? []), operation.body]);
    }
    for (const called of callsOf(operation)) {
      if (seen.has(called)) continue;
      seen.add(called);
      const name = nameOf(called.split("."));
      const bodies = made.get(key(name)) ?? before.routines(name) ?? [];
      for (const inner of bodies.flatMap((body) => flatOperations(body.operations))) {
        add({ ...placed, operation: inner }, seen);
      }
    }
  };
  for (const placed of placedOperations) add(placed, new Set());
  return found;
}
