/**
 * Runs a batch: the statement again and again, for one range of pages at a time, each round its own transaction.
 * Every pass goes through the whole table once, so the work grows with the table and not with its square; passes go on
 * until few rows are left, which the batch's end takes.
 * Does NOT decide sizes and pauses (see batchPace.ts), or take what writers leave (see batchEnd.ts).
 */
import { setTimeout as sleep } from "node:timers/promises";

import { MigrationError } from "../../../stack/errors";
import type { SegmentRecord } from "../history/segmentRecord";
import type { RunInside } from "../server/lockWaiting";
import type { RunSession } from "../server/session";
import type { BatchStatement } from "../statements/batchStatement";
import { changedTwice, closeBatch, countLeft, placedInStatement, writtenTooFast } from "./batchEnd";
import {
  type BatchPosition,
  type BatchTask,
  describeBatch,
  firstPages,
  mustWaitForReplicas,
  nextPages,
  pauseAfter,
  type Round,
} from "./batchPace";

/** Rows that are written while we go through the table may match too; a flood of them must not keep us for ever. */
const mostPasses = 5;

/** So few rows are changed at once, however small the rounds are. */
const fewestToClose = 1_000;

/** How often the position is recorded, progress told, and replicas looked at. Milliseconds. */
const recordEveryMs = 3_000;
const tellEveryMs = 2_000;
const lookAtReplicasEveryMs = 2_000;

/** Longest wait for a replica, in milliseconds. */
const longestReplicaWaitMs = 600_000;

/**
 * @throws {BatchNotDoneError} the WHERE still holds for a row that was changed, and that round is rolled back; or rows that
 *                             match are left, and the batch goes on when it is run again.
 */
export async function runBatch(session: RunSession, task: BatchTask): Promise<BatchPosition> {
  const { log } = session;
  const few = Math.max(task.directive.rows, fewestToClose);
  let position = task.from;
  if (position.page > 0 || position.pass > 1) {
    log(`${task.title} goes on at page ${position.page} of pass ${position.pass}`);
  }
  for (let passes = 1; ; passes += 1) {
    const changedBefore = position.changed;
    const startedWhole = position.page === 0;
    position = await runPass(session, task, position);
    const left = await countLeft(session, task, few + 1);
    if (left === 0) return position;
    const isIdle = startedWhole && position.changed === changedBefore;
    if (left <= few || isIdle) return closeBatch(session, task, position);
    if (passes >= mostPasses) throw writtenTooFast(left, passes);
    position = { ...position, pass: position.pass + 1, page: 0 };
  }
}

/** From the position to the end of the table as it is now. */
async function runPass(
  session: RunSession,
  task: BatchTask,
  from: BatchPosition,
): Promise<BatchPosition> {
  const { log, lock } = session;
  const { directive, title } = task;
  const { total, rowsPerPage } = await measureTable(session, task.batch);
  let position = from;
  let pages = firstPages(directive, rowsPerPage);
  const started = Date.now();
  let recorded = started;
  let told = started;
  let looked = 0;
  while (position.page < total) {
    lock.ensureHeld();
    if (Date.now() - looked >= lookAtReplicasEveryMs) {
      await awaitReplicas(session, title);
      looked = Date.now();
    }
    const until = Math.min(total, position.page + pages);
    const isDue = Date.now() - recorded >= recordEveryMs;
    const round = await runRound(session, task, position, until, isDue);
    if (isDue) recorded = Date.now();
    position = { ...position, page: until, changed: position.changed + round.changed };
    pages = nextPages(round, directive, rowsPerPage);
    if (Date.now() - told >= tellEveryMs) {
      const since = { page: from.page, changed: from.changed, tookMs: Date.now() - started };
      log(`${title}: ${describeBatch(position, total, since)}`);
      told = Date.now();
    }
    const pauseMs = pauseAfter(round, directive);
    if (pauseMs > 0 && until < total) await sleep(pauseMs);
  }
  return position;
}

async function runRound(
  session: RunSession,
  { batch, title, record, hold }: BatchTask,
  position: BatchPosition,
  until: number,
  isDue: boolean,
): Promise<Round> {
  let tookMs = 0;
  let heldUp = 0;
  const work = async (inside: RunInside): Promise<number> => {
    const begun = Date.now();
    const range = [`(${position.page},0)`, `(${until},0)`];
    const { rows } = await inside(
      title,
      () => session.client.query<{ changed: number; still: number }>(batch.round, range),
      (look) => {
        heldUp = Math.max(heldUp, look.heldUp);
      },
    );
    const [result = { changed: 0, still: 0 }] = rows;
    if (result.still > 0) throw changedTwice(result);
    tookMs = Date.now() - begun;
    return result.changed;
  };
  const also = async (count: number, total: SegmentRecord): Promise<void> => {
    const now = { ...position, page: until, changed: position.changed + count };
    if (isDue) await record(now, total);
  };
  const changed = await hold.round(session, title, work, also).catch((error: unknown) => {
    throw placedInStatement(error, batch);
  });
  return { pages: until - position.page, changed, tookMs, heldUp };
}

/** Pages of the largest of the table's parts, and how many rows the pages of one number hold in all of them. */
async function measureTable(
  { client }: RunSession,
  { table, withChildren }: BatchStatement,
): Promise<{ readonly total: number; readonly rowsPerPage: number }> {
  const { rows } = await client.query<{ total: number; rowsPerPage: number }>(
    `WITH RECURSIVE part AS (
       SELECT to_regclass($1)::oid AS oid
        UNION
       SELECT h.inhrelid FROM part JOIN pg_inherits h ON h.inhparent = part.oid AND $2
     )
     SELECT coalesce(max(pg_relation_size(c.oid) / current_setting('block_size')::int), 0)::float8 AS total,
            coalesce(sum(c.reltuples / nullif(c.relpages, 0)) FILTER (WHERE c.reltuples > 0), 0)::float8 AS "rowsPerPage"
       FROM part JOIN pg_class c USING (oid) WHERE c.relkind IN ('r', 'm')`,
    [table, withChildren],
  );
  return rows[0] ?? { total: 0, rowsPerPage: 0 };
}

/** Waits while a replica is far behind, as far as this login may see. */
async function awaitReplicas({ watch, log, lock }: RunSession, title: string): Promise<void> {
  const started = Date.now();
  for (
    let lag = await watch.replicaLag();
    mustWaitForReplicas(lag);
    lag = await watch.replicaLag()
  ) {
    lock.ensureHeld();
    const behind = `a replica is ${Math.round((lag.delayMs ?? 0) / 1000)} s behind`;
    if (Date.now() - started > longestReplicaWaitMs) {
      throw new BatchReplicaError(
        `${title} waited for ${Math.round(longestReplicaWaitMs / 1000)} s: ${behind}.`,
        "Mend the replica, then run up again: the batch goes on where it was.",
      );
    }
    log(`${title} waits: ${behind}`);
    await sleep(lookAtReplicasEveryMs);
  }
}

/** A replica stays too far behind. */
class BatchReplicaError extends MigrationError {
  readonly code = "REPLICA_LAG";
}
