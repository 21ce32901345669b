/**
 * Readers and writers of one table, as an application has them: short statements that arrive at random moments.
 * Open loop: a statement's latency counts from the moment at which it was due, whether or not a connection was free, so
 * that a standstill is felt by all who arrive during it (no coordinated omission).
 * Does NOT know what goes on beside it.
 */
import { setTimeout as sleep } from "node:timers/promises";

import { Pool, type PoolConfig } from "pg";

/** One kind of user. */
export interface Traffic {
  /** Statements due in a second, on average; the moments are those of a Poisson process. */
  readonly perSecond: number;
  /** Most connections at a time. Who is due when all are taken waits in line, and that counts. */
  readonly connections: number;
  readonly sql: string;
  /** $1 is a row's number from 1 to this. */
  readonly rows: number;
}

/** What one kind of user saw, in milliseconds. */
export interface Latencies {
  readonly count: number;
  readonly failed: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** Random numbers from 0 to 1, the same for the same seed. Source: mulberry32. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How often it is looked who is due. Adds up to as much to a latency. Milliseconds. */
const tickMs = 1;

/** Sum of measured times, so that several runs can be taken together. */
export class Samples {
  readonly ms: number[] = [];
  failed = 0;

  add(other: Samples): void {
    this.ms.push(...other.ms);
    this.failed += other.failed;
  }

  /** Nearest rank. A statement that failed counts with the time until it did. */
  summary(): Latencies {
    const sorted = [...this.ms].sort((a, b) => a - b);
    const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? NaN;
    const shares = { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
    return { count: sorted.length, failed: this.failed, ...shares };
  }
}

/** Traffic that goes on until it is stopped. */
export interface RunningTraffic {
  /** Lets nobody else come, waits for who is there, and tells what they saw. */
  stop(): Promise<Samples>;
}

/** Opens all connections, then begins. */
export async function startTraffic(
  login: PoolConfig,
  { perSecond, connections, sql, rows }: Traffic,
  random: () => number,
): Promise<RunningTraffic> {
  const pool = new Pool({ ...login, max: connections, idleTimeoutMillis: 0 });
  pool.on("error", () => undefined);
  const opened = await Promise.all(Array.from({ length: connections }, () => pool.connect()));
  for (const client of opened) client.release();
  const samples = new Samples();
  const open = new Set<Promise<void>>();
  const ask = async (due: number): Promise<void> => {
    const row = 1 + Math.floor(random() * rows);
    await pool.query(sql, [row]).catch(() => {
      samples.failed += 1;
    });
    samples.ms.push(performance.now() - due);
  };
  const state = { isOver: false };
  const arrivals = (async () => {
    let due = performance.now();
    while (!state.isOver) {
      for (const now = performance.now(); due <= now;) {
        const asked = ask(due).finally(() => open.delete(asked));
        open.add(asked);
        due += (-Math.log(1 - random()) * 1000) / perSecond;
      }
      await sleep(tickMs);
    }
  })();
  return {
    stop: async () => {
      state.isOver = true;
      await arrivals;
      await Promise.all(open);
      await pool.end();
      return samples;
    },
  };
}
