/**
 * Runs transactions on the server, with time limits, one change at a time, retried when sessions collide.
 * Does NOT know resources; the SQL comes from the callers.
 */
import { setTimeout as sleep } from "node:timers/promises";

import { Client, type ClientConfig, Pool, type PoolClient, type QueryResult } from "pg";

import { PluginError, sqlState } from "./errors";
import type { Settings } from "./settings";
import { tlsOptions } from "./tls";

/** What a caller may do inside a transaction. */
export type Transaction = Pick<PoolClient, "query" | "escapeIdentifier" | "escapeLiteral">;

const APPLICATION_NAME = "pulumi-resource-postgresql (air-gap)";
const CHANGE_ATTEMPTS = 8;
const RETRY_BASE_MS = 25;
/** How long running changes may take to end by themselves once the engine has asked to stop. */
const GRACE_MS = 5_000;
const TERMINATE_TIMEOUT_MS = 1_500;

/**
 * One round trip opens a transaction with its limits. They are SET LOCAL, not connection options, so that they hold
 * behind a connection pooler too.
 */
const BEGIN = [
  // What database and role have stored must neither make it refuse writes nor change how it answers.
  "BEGIN READ WRITE",
  "SET LOCAL standard_conforming_strings = on",
  "SET LOCAL quote_all_identifiers = off",
  "SET LOCAL DateStyle = 'ISO, MDY'",
  "SET LOCAL IntervalStyle = 'postgres'",
  "SET LOCAL lock_timeout = '30s'",
  "SET LOCAL statement_timeout = '10min'",
  "SET LOCAL idle_in_transaction_session_timeout = '1min'",
  "SELECT pg_catalog.pg_backend_pid() AS pid",
].join("; ");

/** A collision with another session: rolled back, and likely to succeed when run again. */
function isCollision(error: unknown): boolean {
  const code = sqlState(error);
  if (code === "40001" || code === "40P01") return true;
  return code === "XX000" && error instanceof Error && /^tuple concurrently/.test(error.message);
}

/** The connections of one provider instance: a pool for each database, opened when it is first used. */
export class Connections {
  readonly #pools = new Map<string, Pool>();
  readonly #running = new Map<PoolClient, number>();
  #lastChange: Promise<unknown> = Promise.resolve();
  #isStopping = false;

  constructor(readonly settings: Settings) {}

  #config(database: string): ClientConfig {
    const { host, port, user, password, connectTimeoutSeconds } = this.settings;
    return {
      host,
      port,
      user,
      password,
      database,
      ssl: tlsOptions(this.settings),
      application_name: APPLICATION_NAME,
      connectionTimeoutMillis: connectTimeoutSeconds * 1000,
      keepAlive: true,
    };
  }

  #pool(database: string): Pool {
    const known = this.#pools.get(database);
    if (known !== undefined) return known;
    const pool = new Pool({ ...this.#config(database), max: this.settings.maxConnections });
    // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
    pool.on("error", () => undefined);
    this.#pools.set(database, pool);
    return pool;
  }

  async #attempt<T>(database: string, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    if (this.#isStopping)
      throw new PluginError("the operation was cancelled before this step began");
    const client = await this.#pool(database).connect();
    // The running statement is rejected with the same error; the listener only keeps the process alive.
    client.on("error", ignoreBrokenConnection);
    let isBroken = true;
    try {
      this.#running.set(client, await begin(client));
      const result = await work(client);
      await client.query("COMMIT");
      isBroken = false;
      return result;
    } catch (error) {
      isBroken = await client.query("ROLLBACK").then(
        () => false,
        () => true,
      );
      throw error;
    } finally {
      this.#running.delete(client);
      client.removeListener("error", ignoreBrokenConnection);
      client.release(isBroken);
    }
  }

  /**
   * Reads in one transaction.
   *
   * @param database  To connect to.
   * @param work      Must not write.
   */
  async read<T>(database: string, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#attempt(database, work);
  }

  /**
   * Changes something in one transaction: whole or not at all. Changes of one provider instance run one after another
   * (the engine starts independent resources together, and their catalog rows collide); a collision with another
   * session is tried again.
   *
   * @param database  To connect to.
   * @param work      May run several times; must do all of its work through the transaction.
   */
  async change<T>(database: string, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const turn = this.#lastChange.then(() => this.#retrying(database, work));
    this.#lastChange = turn.catch(() => undefined);
    return turn;
  }

  async #retrying<T>(database: string, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#attempt(database, work);
      } catch (error) {
        if (attempt === CHANGE_ATTEMPTS || !isCollision(error)) throw error;
        await sleep(RETRY_BASE_MS * 2 ** attempt * (0.5 + Math.random()));
      }
    }
  }

  /**
   * Refuses new work and ends what runs: at once, or after a grace in which a short change may still commit. A change
   * that is ended is rolled back by the server.
   */
  async stop(mode: "graceful" | "now"): Promise<void> {
    this.#isStopping = true;
    const deadline = Date.now() + (mode === "graceful" ? GRACE_MS : 0);
    while (this.#running.size > 0 && Date.now() < deadline) await sleep(20);
    if (this.#running.size > 0) await this.#terminateRunning().catch(() => undefined);
  }

  /** Closing the socket alone would leave the statement running on the server until it next speaks to the client. */
  async #terminateRunning(): Promise<void> {
    const client = new Client({
      ...this.#config(this.settings.database),
      connectionTimeoutMillis: TERMINATE_TIMEOUT_MS,
      query_timeout: TERMINATE_TIMEOUT_MS,
    });
    client.on("error", () => undefined);
    try {
      await client.connect();
      await client.query(
        "SELECT pg_catalog.pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid",
        [[...this.#running.values()]],
      );
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

/** Opens the transaction and returns the server process that runs it. */
async function begin(client: PoolClient): Promise<number> {
  // Several statements in one text answer with several results, which the driver's types do not say.
  const results: unknown = await client.query(BEGIN);
  const last: unknown = Array.isArray(results) ? results.at(-1) : undefined;
  const { rows } = last as QueryResult<{ pid: number }>;
  return rows[0]?.pid ?? 0;
}

function ignoreBrokenConnection(): void {
  // See Connections.#attempt.
}
