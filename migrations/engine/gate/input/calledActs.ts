/**
 * Puts what a called function does behind its call, where the files hold the function's body.
 * Does NOT look into triggers, defaults and views, and says nothing of bodies that no file holds (see opaque-statement).
 */
import type { SchemaModel } from "../../schema/schemaModel";
import type { ObjectName } from "../../sql/objectName";
import { type Action, type BlockActions, flatActions } from "../../statements/action";
import { nameOf } from "../../statements/columnParts";
import type { Act } from "./act";

/** Names of the functions that an action calls, dotted, but for PostgreSQL's own harmless ones. */
function callsOf(action: Action): readonly string[] {
  switch (action.kind) {
    case "query":
      return action.query.unknownFunctions;
    case "create table":
      return action.query?.unknownFunctions ?? [];
    case "call":
      return [action.procedure];
    default:
      return [];
  }
}

const key = ({ schema, name }: ObjectName): string =>
  JSON.stringify([schema, name.replace(/\(.*$/s, "")]);

/**
 * The acts with those of each called function behind the act that calls it, numbered anew.
 *
 * @param before  What stands before the first act: functions of earlier files.
 */
export function withCalls(acts: readonly Act[], before: SchemaModel): readonly Act[] {
  const made = new Map<string, readonly BlockActions[]>();
  const found: Act[] = [];
  // Each function once for each statement: calls of calls would grow beyond all bounds.
  const add = (act: Act, seen: Set<string>): void => {
    found.push({ ...act, index: found.length });
    const { action } = act;
    if (action.kind === "create function") {
      const name = key(action.function);
      made.set(name, [...(made.get(name) ?? []), action.body]);
    }
    for (const called of callsOf(action)) {
      if (seen.has(called)) continue;
      seen.add(called);
      const name = nameOf(called.split("."));
      const bodies = made.get(key(name)) ?? before.routines(name) ?? [];
      for (const inner of bodies.flatMap((body) => flatActions(body.actions))) {
        add({ ...act, action: inner }, seen);
      }
    }
  };
  for (const act of acts) add(act, new Set());
  return found;
}
