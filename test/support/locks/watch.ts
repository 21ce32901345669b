/**
 * Watches a statement that cannot run in a transaction: makes it wait behind another session, and reads what it has and wants.
 * Does NOT undo what the statement did.
 */
import { setTimeout as sleep } from "node:timers/promises";

import type { Client } from "pg";

import type { LockMode } from "../../../migrations/engine/sql/lockModes";
import { pidOf, readLocks, readState } from "./measure";

/** Sessions on the same database: one runs, one is in the way, one looks. */
export interface Sessions {
  readonly runner: Client;
  readonly blocker: Client;
  readonly watcher: Client;
}

const WAITS = "SELECT wait_event_type = 'Lock' AS waits FROM pg_stat_activity WHERE pid = $1";

async function untilItWaits(watcher: Client, pid: number, isOver: () => boolean): Promise<boolean> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const { rows } = await watcher.query<{ waits: boolean | null }>(WAITS, [pid]);
    if (rows[0]?.waits === true) return true;
    if (isOver()) return false;
    await sleep(10);
  }
  return false;
}

/**
 * Runs a statement while another session is in its way, until it waits; then lets it end.
 *
 * @param obstacle  What the other session does in its transaction, to hold a lock or a snapshot.
 * @param then      "cancel": it is interrupted where it waits.
 * @returns         The modes for each relation, held or waited for.
 * @throws {Error}   it never waited, so that nothing was seen.
 */
export async function watch(
  { runner, blocker, watcher }: Sessions,
  sql: string,
  obstacle: string,
  then: "finish" | "cancel" = "finish",
): Promise<ReadonlyMap<string, LockMode>> {
  const before = await readState(watcher);
  const pid = await pidOf(runner);
  await blocker.query("BEGIN");
  await blocker.query(obstacle);
  let over = false;
  const run = runner.query(sql).finally(() => {
    over = true;
  });
  // It is awaited below; until then its failure is nobody's.
  run.catch(() => undefined);
  const waited = await untilItWaits(watcher, pid, () => over);
  const seen = await readLocks(watcher, pid, before);
  if (then === "cancel") await watcher.query("SELECT pg_cancel_backend($1)", [pid]);
  else await blocker.query("ROLLBACK");
  await run.catch((error: unknown) => {
    if (then === "finish") throw error;
  });
  await blocker.query("ROLLBACK");
  if (!waited) throw new Error(`${sql} did not wait behind ${obstacle}`);
  return seen;
}
