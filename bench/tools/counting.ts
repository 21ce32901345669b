/**
 * Counts what a tool sends through node-postgres: connections and statements.
 * Does NOT look at them, and cannot count for a tool that is no JavaScript.
 */
import { Client } from "pg";

import type { Form } from "./folders";
import { requirePeer } from "./peers";
import type { Ended } from "./task";

type Counts = Pick<Ended, "queries" | "connections">;

interface Countable {
  query: (...args: unknown[]) => unknown;
  connect: (...args: unknown[]) => unknown;
}

/** They speak to the server by other drivers. */
const foreign: ReadonlySet<Form> = new Set<Form>(["dbmate", "flyway", "liquibase"]);

/** From now on counts the calls of the driver that the tool uses. Returns what tells the counts. */
export function countCalls(form: Form): () => Counts {
  if (foreign.has(form)) return () => ({ queries: null, connections: null });
  const driver =
    form === "this program" ? { Client } : (requirePeer("pg") as { Client: typeof Client });
  const client = driver.Client.prototype as unknown as Countable;
  const calls = { query: 0, connect: 0 };
  for (const name of ["query", "connect"] as const) {
    const original = client[name];
    client[name] = function (this: unknown, ...args: unknown[]): unknown {
      calls[name] += 1;
      return original.apply(this, args);
    };
  }
  return () => ({ queries: calls.query, connections: calls.connect });
}
