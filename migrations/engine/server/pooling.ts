/**
 * Makes sure that a session is one process of the server from beginning to end. A pooler in transaction mode does not
 * give that: settings, CONCURRENTLY and the record of a run would be left to chance.
 * Does NOT look at names or ports: what answers is asked. That settings are taken is seen when connecting.
 */
import type { Client } from "pg";

import type { Access } from "../../../stack/connection";
import { pooledError, sharedProcess } from "../../../stack/sessionSettings";

/** Throws when the process that has answered is not the session's own. */
export type OwnSession = (answered: number) => void;

/** Somebody else on the same way to the server, for comparison. */
export interface Neighbour {
  /** Opens a transaction while `meanwhile` runs and tells it the process that has it. */
  whileHolding<T>(meanwhile: (pid: number) => Promise<T>): Promise<T>;
}

/** The server's process that answers now. */
export const processOf = async (client: Client): Promise<number> => {
  const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  return rows[0]?.pid ?? 0;
};

/** How often the two sessions are compared: a pool with processes to spare may hide itself once. */
const rounds = 3;

/**
 * Compares a session with its neighbour and with itself.
 *
 * @throws {PooledConnectionError} naming what was seen.
 */
export async function ensureSessions(
  client: Client,
  neighbour: Neighbour,
  access: Access,
): Promise<{ readonly pid: number; readonly ensureOwnSession: OwnSession }> {
  const { host, port } = access.settings.server;
  const refuse = (what: string): never => {
    throw pooledError(`${host}:${port}`, what);
  };
  const pid = await processOf(client);
  for (let round = 0; round < rounds; round += 1) {
    const shared = await neighbour.whileHolding(
      async (other) => other === pid || (await processOf(client)) !== pid,
    );
    if (shared) refuse(sharedProcess);
  }
  return {
    pid,
    ensureOwnSession: (answered) => {
      if (answered !== pid) refuse("the session's server process has changed");
    },
  };
}
