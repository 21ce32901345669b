/**
 * Waits until a PostgreSQL server accepts connections, and tells whether the server on a port is the one meant.
 * Does NOT start or stop one.
 */
import { setTimeout as sleep } from "node:timers/promises";

import { Client, DatabaseError } from "pg";

export interface Address {
  readonly host: string;
  readonly port: number;
  readonly superuser: { readonly name: string; readonly password: string };
}

const POLL_MS = 50;
/** SQLSTATE cannot_connect_now: the server is starting up. */
const STARTING_UP = "57P03";

/** Opens a session as the superuser; the caller ends it. Both sides prove that they know the password. */
export async function connect(address: Address, database = "postgres"): Promise<Client> {
  const client = new Client({
    host: address.host,
    port: address.port,
    user: address.superuser.name,
    password: address.superuser.password,
    database,
    application_name: "rmhgeoapi-database sandbox",
    connectionTimeoutMillis: 5_000,
    statement_timeout: 60_000,
    ssl: false,
  });
  client.on("error", () => undefined); // the query that is under way rejects; an idle one has nobody to tell
  await client.connect();
  return client;
}

/**
 * The folder of the data that the server at this address serves.
 *
 * @throws the connection's error: nobody listens, or another server that does not know the password.
 */
export async function servedDataDir(address: Address): Promise<string> {
  const client = await connect(address);
  try {
    const { rows } = await client.query<{ dataDir: string }>(
      `SELECT current_setting('data_directory') AS "dataDir"`,
    );
    return rows[0]?.dataDir ?? "";
  } finally {
    await client.end();
  }
}

/**
 * Resolves when the server accepts connections and serves `dataDir`.
 *
 * @param gone  Resolves when the server's process has ended.
 * @throws {Error} it ended, it is another server, or the time is up.
 */
export async function waitForServer(
  address: Address,
  dataDir: string,
  gone: Promise<void>,
  withinMs: number,
): Promise<void> {
  const deadline = Date.now() + withinMs;
  const state = { hasEnded: false };
  void gone.then(() => (state.hasEnded = true));
  for (;;) {
    try {
      const served = await servedDataDir(address);
      if (served === dataDir) return;
      throw new OtherServer(`another server is there, with data in ${served}`);
    } catch (error) {
      const isFinal = error instanceof DatabaseError && error.code !== STARTING_UP;
      if (isFinal || error instanceof OtherServer) throw error;
      if (state.hasEnded) throw new Error("it ended at once", { cause: error });
      if (Date.now() > deadline) throw new Error(`no answer in ${withinMs} ms`, { cause: error });
    }
    await Promise.race([sleep(POLL_MS), gone]);
  }
}

class OtherServer extends Error {}
