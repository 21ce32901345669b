/**
 * Looks at a working session from beside it: what it waits for and who is in the way, whom it holds up, how far it is.
 * Does NOT decide what follows; cancels a statement only when told to.
 */
import { setTimeout as sleep } from "node:timers/promises";

import type { Client } from "pg";

import { type Access, connect, inTransaction } from "../../../stack/connection";
import type { Beside } from "./beside";
import type { Blocker, Wait } from "./blockers";
import { type Neighbour, processOf } from "./pooling";
import type { RunnerLock } from "./runnerLock";

/** What one look found. */
export interface Look {
  /** Null while the session does not wait. */
  readonly wait: (Wait & { readonly key: string }) | null;
  /** Sessions that wait for what the session holds. */
  readonly heldUp: number;
}

/** How far CREATE INDEX or REINDEX is. Source: postgresql.org/docs/current/progress-reporting.html */
export interface IndexProgress {
  readonly phase: string;
  /** Of blocks or tuples, whichever the phase counts; 0 when it counts none. */
  readonly done: number;
  readonly total: number;
  readonly lockersDone: number;
  readonly lockersTotal: number;
}

const undisturbed: Look = { wait: null, heldUp: 0 };

/** When to look first, in milliseconds: quick statements end before. Each pause is longer, up to the longest. */
const firstLookMs = 20;
const longestPauseMs = 250;

/** Columns of a Blocker. Of the query only the first word leaves the server: the rest may hold data. */
export const blockerColumns = `
  a.usename::text AS login, a.application_name AS application, a.state,
  1000 * extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS "transactionMs",
  upper(substring(a.query FROM '^\\s*([A-Za-z]{2,20})\\M')) AS verb`;

/**
 * Sessions beside the one that works, opened when there is something to see: the migrator's own sees its progress, the
 * admin's more of the others.
 */
export class Watch implements Neighbour {
  private own: Client | null = null;
  private isClosed = false;

  /**
   * @param lock    Its session is there already, and sees whether the other one waits at all.
   * @param beside  The admin's.
   */
  constructor(
    private readonly access: Access,
    private readonly lock: RunnerLock,
    private readonly beside: Beside,
  ) {}

  async close(): Promise<void> {
    this.isClosed = true;
    await this.own?.end().catch(() => undefined);
  }

  /** As the login itself: its role may not see its login's progress. */
  private async client(): Promise<Client> {
    if (this.own !== null) return this.own;
    const purpose = {
      account: "migrator",
      activity: "watch",
      parameters: { role: "none" },
    } as const;
    const client = await connect(this.access, purpose);
    if (this.isClosed) await client.end();
    this.own = client;
    return client;
  }

  /** Opens a transaction while `meanwhile` runs, so that this session's process is nobody else's. */
  async whileHolding<T>(meanwhile: (pid: number) => Promise<T>): Promise<T> {
    const client = await this.client();
    return inTransaction(client, async () => meanwhile(await processOf(client)));
  }

  /**
   * Does `work` and calls `onLook` now and then until it ends. A look that fails ends the looking, never the work.
   *
   * @param pid      The working session's process.
   * @param needs    "waits": nothing is opened until the session waits for somebody. "all": whom it holds up, too; and for
   *                 work that waits for other sessions' snapshots, of which the lock's session must have none.
   */
  async during<T>(
    pid: number,
    needs: "waits" | "all",
    onLook: (look: Look) => Promise<void> | void,
    work: () => Promise<T>,
  ): Promise<T> {
    const over = new AbortController();
    let sees = needs === "all";
    const looking = (async () => {
      for (let pauseMs = firstLookMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
        await sleep(pauseMs, undefined, { signal: over.signal });
        sees ||= await this.waits(pid);
        await onLook(sees ? await this.look(pid) : undisturbed);
      }
    })().catch(() => undefined);
    try {
      return await work();
    } finally {
      over.abort();
      // A cancel that is on its way must not meet the next statement.
      await looking;
    }
  }

  /** Whether the session waits for a lock, as the lock's session sees it. */
  private async waits(pid: number): Promise<boolean> {
    const { rows } = await this.lock.look((client) =>
      client.query<{ waits: boolean }>(
        `SELECT EXISTS (SELECT FROM pg_catalog.pg_locks WHERE pid = ${pid} AND NOT granted) AS waits`,
      ),
    );
    return rows[0]?.waits === true;
  }

  /** What the session waits for and whom it holds up. */
  async look(pid: number): Promise<Look> {
    const { rows } = await (
      await this.client()
    ).query<{
      key: string | null;
      object: string | null;
      waitedMs: number | null;
      heldUp: number;
    }>(
      `SELECT w.key, w.object, w."waitedMs",
              (SELECT count(DISTINCT o.pid)::int FROM pg_locks o
                WHERE NOT o.granted AND o.pid <> $1 AND $1 = ANY (pg_blocking_pids(o.pid))) AS "heldUp"
         FROM (SELECT) one LEFT JOIN LATERAL (
           SELECT concat_ws(' ', locktype, relation, transactionid, virtualxid, page, tuple, classid, objid, waitstart) AS key,
                  coalesce(1000 * extract(epoch FROM clock_timestamp() - waitstart)::float8, 0) AS "waitedMs",
                  CASE WHEN locktype IN ('relation', 'extend') THEN
                         coalesce((SELECT format('%I.%I', n.nspname, c.relname)
                                     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = relation),
                                  'a relation')
                       WHEN locktype = 'tuple' THEN 'a row'
                       WHEN locktype IN ('transactionid', 'virtualxid') THEN 'the end of a transaction'
                       ELSE 'a lock (' || locktype || ')' END AS object
             FROM pg_locks WHERE pid = $1 AND NOT granted LIMIT 1) w ON true`,
      [pid],
    );
    const [row] = rows;
    const heldUp = row?.heldUp ?? 0;
    if (row?.key == null) return { wait: null, heldUp };
    const wait = {
      key: row.key,
      object: row.object ?? "a lock",
      waitedMs: row.waitedMs ?? 0,
      blockers: await this.blockersOf(pid),
    };
    return { wait, heldUp };
  }

  /** Sessions that block this one. */
  private async blockersOf(pid: number): Promise<readonly Blocker[]> {
    return this.described(
      `SELECT b.pid, ${blockerColumns}
         FROM (SELECT DISTINCT unnest(pg_blocking_pids($1)) AS pid) b LEFT JOIN pg_stat_activity a USING (pid)
        ORDER BY a.xact_start, b.pid`,
      [pid],
    );
  }

  /**
   * Sessions of this database with a snapshot older than `olderThanMs`, and prepared transactions: what CONCURRENTLY
   * would wait for. Where the age is hidden, those whose snapshot stays the same for that long.
   */
  async oldSnapshots(own: readonly number[], olderThanMs: number): Promise<readonly Blocker[]> {
    const look = (): Promise<readonly (Blocker & { readonly xmin: string })[]> =>
      this.described(
        `SELECT a.pid, coalesce(a.backend_xmin, a.backend_xid)::text AS xmin, ${blockerColumns}
           FROM pg_stat_activity a
          WHERE a.datname = current_database() AND a.pid <> ALL ($1::int[]) AND a.pid <> pg_backend_pid()
            AND (a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL)
          UNION ALL
         SELECT 0, p.transaction::text, p.owner::text, NULL, NULL,
                1000 * extract(epoch FROM clock_timestamp() - p.prepared)::float8, NULL
           FROM pg_prepared_xacts p WHERE p.database = current_database()`,
        [own],
      );
    const first = await look();
    if (first.length === 0) return [];
    await sleep(olderThanMs);
    const keyOf = (one: { pid: number; xmin: string }): string => `${one.pid} ${one.xmin}`;
    const before = new Set(first.map(keyOf));
    return (await look()).filter((one) => before.has(keyOf(one)));
  }

  /** Other sessions that hold a lock on a table. @param table  Its object id. */
  holdersOf(table: number, own: readonly number[]): Promise<readonly Blocker[]> {
    return this.described(
      `SELECT l.pid, ${blockerColumns}
         FROM (SELECT DISTINCT pid FROM pg_locks WHERE granted AND relation = $1
                  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) l
         JOIN pg_stat_activity a USING (pid)
        WHERE l.pid <> ALL ($2::int[])`,
      [table, own],
    );
  }

  /** Progress of an index build of this session, or null when it builds none. */
  async indexProgress(pid: number): Promise<IndexProgress | null> {
    const { rows } = await (
      await this.client()
    ).query<IndexProgress>(
      `SELECT phase, CASE WHEN blocks_total > 0 THEN blocks_done ELSE tuples_done END::float8 AS done,
              CASE WHEN blocks_total > 0 THEN blocks_total ELSE tuples_total END::float8 AS total,
              lockers_done::float8 AS "lockersDone", lockers_total::float8 AS "lockersTotal"
         FROM pg_stat_progress_create_index WHERE pid = $1 AND phase IS NOT NULL`,
      [pid],
    );
    return rows[0] ?? null;
  }

  /** How far the slowest replica is behind. Where this login may not see it, the admin is asked. */
  async replicaLag(): Promise<ReplicaLag> {
    const ask = async (client: Client): Promise<ReplicaLag & { readonly hidden: boolean }> => {
      const { rows } = await client.query<ReplicaLag & { readonly hidden: boolean }>(
        `SELECT 1000 * extract(epoch FROM max(replay_lag))::float8 AS "delayMs",
                coalesce(bool_or(state IS NULL), false) AS hidden FROM pg_stat_replication`,
      );
      return rows[0] ?? { delayMs: null, hidden: false };
    };
    const own = await ask(await this.client());
    return own.hidden ? ask(await this.beside.client()) : own;
  }

  /** Cancels the session's running statement. It is the same login's, so nothing else is needed. */
  async cancel(pid: number): Promise<void> {
    await (await this.client()).query("SELECT pg_cancel_backend($1)", [pid]);
  }

  /** Asks as the migrator; where something is hidden, as the admin, who often may see more. */
  private async described<T extends Blocker>(
    sql: string,
    values: readonly unknown[],
  ): Promise<readonly T[]> {
    const { rows } = await (await this.client()).query<T>(sql, [...values]);
    if (rows.every(({ pid, state }) => pid === 0 || state !== null)) return rows;
    return (await (await this.beside.client()).query<T>(sql, [...values])).rows;
  }
}

/** What the replicas say. */
export interface ReplicaLag {
  /** Slowest replica's delay in milliseconds; null when there is none, or it cannot be seen. */
  readonly delayMs: number | null;
}
