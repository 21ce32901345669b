/**
 * Makes sure that one runner works on a database at a time.
 * Does NOT run migrations; whoever holds the lock must still read the ledger again before acting on it.
 */
import { setTimeout as sleep } from "node:timers/promises";

import type { Client } from "pg";

import {
  type Access,
  applicationName,
  connect,
  errorCode,
  inTransaction,
} from "../../../stack/connection";
import { MigrationError } from "../../../stack/errors";
import type { Log } from "../../../stack/log";
import { lockTable } from "../../../stack/ownTables";
import { printable } from "../../../stack/printable";
import { describeBudget } from "./blockers";
import { type Neighbour, processOf } from "./pooling";

/** Another runner kept the lock for too long. */
export class RunnerBusyError extends MigrationError {
  readonly code = "RUNNER_BUSY";
}

/** The connection that held the lock broke, so another runner may have started. */
export class RunnerLockLostError extends MigrationError {
  readonly code = "RUNNER_LOCK_LOST";
}

/** A held lock. */
export interface RunnerLock {
  /** @throws {RunnerLockLostError} when the lock's connection is gone. Call it before every change. */
  ensureHeld(): void;
  /**
   * Looks from the session that holds it: it sees only what is committed. Plain texts without parameters, which would
   * leave a snapshot behind in its transaction; nothing that may wait.
   *
   * @throws {RunnerLockLostError} the connection is gone.
   */
  look<T>(work: (beside: Client) => Promise<T>): Promise<T>;
}

/** SQLSTATE: the lock is held by someone else. */
const lockNotAvailable = "55P03";

/** Pause between two attempts, and between two messages, in milliseconds. */
const pollMs = 250;
const messageEveryMs = 5_000;

/** First word of what a run's own session is called in pg_stat_activity. */
export const runActivities = ["migration", "rollback", "rebuild"] as const;

/**
 * The connection that holds the lock. It is polled and never waited for: a session that waits has a snapshot, and CREATE
 * INDEX CONCURRENTLY would wait for that. The lock ends with the connection, however that ends. Its mode is the weakest
 * that excludes itself (see runnerLockShape).
 */
export class LockConnection implements RunnerLock, Neighbour {
  private lost = false;

  private constructor(
    private readonly client: Client,
    private readonly waitMs: number,
  ) {
    const lose = (): void => void (this.lost = true);
    client.on("error", lose);
    client.on("end", lose);
  }

  static async open(access: Access): Promise<LockConnection> {
    const purpose = {
      account: "migrator",
      activity: "runner lock",
      parameters: {
        idle_in_transaction_session_timeout: "0",
        tcp_keepalives_idle: "30",
        // What it looks for is planned once, whatever it is about.
        plan_cache_mode: "force_generic_plan",
      },
    } as const;
    return new LockConnection(await connect(access, purpose), access.settings.run.runnerWaitMs);
  }

  /** True once the connection, and the lock with it, is gone. */
  get isLost(): boolean {
    return this.lost;
  }

  ensureHeld(): void {
    if (!this.lost) return;
    throw new RunnerLockLostError(
      "The connection that holds the runner lock was lost; nothing more was run.",
      "Find out why the server ended it (its log says), then run up again: it resumes.",
    );
  }

  async look<T>(work: (beside: Client) => Promise<T>): Promise<T> {
    try {
      return await work(this.client);
    } catch (error) {
      // The driver tells of the end a moment after it has failed the query.
      await sleep(0);
      this.ensureHeld();
      throw error;
    }
  }

  /** Only while the lock is not held: it opens a transaction of its own. */
  whileHolding<T>(meanwhile: (pid: number) => Promise<T>): Promise<T> {
    return inTransaction(this.client, async () => meanwhile(await processOf(this.client)));
  }

  /**
   * Takes the lock as soon as it can be had.
   *
   * @param log      Told who holds it, every five seconds while waiting.
   * @param prepare  Called when nobody seems to have it, just before it is taken.
   * @param undo     Called when somebody was quicker.
   * @throws {RunnerBusyError} after `runnerWaitMs`.
   */
  async acquire(log: Log, prepare: () => Promise<void>, undo: () => Promise<void>): Promise<void> {
    const { client, waitMs } = this;
    const started = Date.now();
    for (let nextMessage = 0; ;) {
      let holder = await lockHolder(client);
      if (holder === null) {
        await prepare();
        if (await this.tryAcquire()) return;
        await undo();
        holder = await lockHolder(client);
      }
      const who = holder ?? "it has just ended";
      const waited = Date.now() - started;
      if (waited >= waitMs) {
        throw new RunnerBusyError(
          `Another runner has held the lock for longer than ${waitMs} ms: ${who}.`,
          "Wait until it is done and run up again, or raise runnerWaitMs.",
        );
      }
      if (waited >= nextMessage) {
        log(`waiting for another runner: ${who}; ${describeBudget(waited, waitMs)}`);
        nextMessage = waited + messageEveryMs;
      }
      await sleep(Math.min(pollMs, waitMs));
    }
  }

  /** Takes the lock if nobody has it. */
  private async tryAcquire(): Promise<boolean> {
    await this.client.query("BEGIN");
    try {
      await this.client.query(`LOCK TABLE ONLY ${lockTable} IN SHARE UPDATE EXCLUSIVE MODE NOWAIT`);
      return true;
    } catch (error) {
      await this.client.query("ROLLBACK").catch(() => undefined);
      if (errorCode(error) !== lockNotAvailable) throw error;
      return false;
    }
  }

  async close(): Promise<void> {
    await this.client.end().catch(() => undefined);
  }
}

/**
 * Waits until no session of an earlier run is left. A runner that was killed lets go of the lock at once, but the
 * server may need seconds to notice that nobody waits for a statement's result; a COMMIT would still come through.
 *
 * @param client  The new run's own session.
 * @throws {RunnerBusyError} after `runnerWaitMs`.
 */
export async function awaitPredecessors(
  client: Client,
  { settings: { roles, run } }: Access,
  log: Log,
): Promise<void> {
  const names = runActivities.map((activity) => applicationName(`${activity} %`));
  const logins = [roles.admin, ...roles.migrators];
  for (let look = 0, started = Date.now(); ; look += 1) {
    const { rows } = await client.query<{ who: string }>(
      `SELECT 'process ' || pid || ', login ' || usename || ', ' || application_name AS who FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
          AND usename = ANY ($1::text[]) AND application_name LIKE ANY ($2::text[])`,
      [logins, names],
    );
    const [left] = rows;
    if (left === undefined) return;
    const who = printable(left.who);
    if (Date.now() - started > run.runnerWaitMs) {
      throw new RunnerBusyError(
        `The session of an earlier run is still there after ${run.runnerWaitMs} ms: ${who}.`,
        "Find out what it does; an administrator may end it with pg_terminate_backend. Then run up again.",
      );
    }
    // Another runner that has found the lock taken is just about to close its own.
    if (look > 0) log(`waiting for the session of an earlier run to end: ${who}`);
    await sleep(pollMs);
  }
}

/**
 * Who holds the lock, as far as this login may see: process, login, application and since when. Null when nobody does,
 * or there is no such table yet. Whoever waits in its queue is in the way as much: a runner never waits there itself.
 */
export async function lockHolder(client: Client): Promise<string | null> {
  const { rows } = await client.query<{ holder: string }>(
    `SELECT 'process ' || a.pid || coalesce(', login ' || a.usename, '')
            || coalesce(', ' || nullif(a.application_name, ''), '')
            || coalesce(', since ' || to_char(a.xact_start, 'HH24:MI:SS'), '') AS holder
       FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
      WHERE l.relation = to_regclass('${lockTable}')
        AND l.mode NOT IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND l.pid <> pg_backend_pid()
      ORDER BY l.granted DESC`,
  );
  return rows[0] === undefined ? null : printable(rows[0].holder);
}
