/**
 * The end of a batch: rows that writers moved or wrote while the passes went by. First without a range of pages, beside
 * the writers; what is left then, under a lock that keeps them out and lets readers in. A batch ends when no row matches,
 * or it fails and goes on when it is run again: it is never taken for done with rows left.
 * Does NOT go through the table by ranges (see batchRun.ts).
 */
import { DatabaseError } from "pg";

import { errorCode } from "../../../stack/connection";
import { MigrationError } from "../../../stack/errors";
import type { RunInside } from "../server/lockWaiting";
import type { RunSession } from "../server/session";
import type { BatchStatement } from "../statements/batchStatement";
import type { BatchPosition, BatchTask } from "./batchPace";

/** Rows match, and the batch cannot go on: another round would change them again, or would not change them. */
class BatchNotDoneError extends MigrationError {
  readonly code = "BATCH_NOT_DONE";
}

/** Rounds without a range beside the writers, before they are kept out. */
const openRounds = 2;

/** Rows that no statement changes are counted up to here: more tell nothing more. */
const mostCounted = 100_000;

/** SQLSTATE of a statement that was cancelled: by statement_timeout, or by somebody. */
const queryCanceled = "57014";

/** Rows that match in one snapshot, counted up to `most`. */
export async function countLeft(
  { client }: RunSession,
  { batch }: BatchTask,
  most: number,
): Promise<number> {
  const { rows } = await client.query<{ left: number }>(batch.check, [most]);
  return rows[0]?.left ?? 0;
}

/** @throws {BatchNotDoneError} rows are left that the statement does not change, or that cannot be reached in time. */
export async function closeBatch(
  session: RunSession,
  task: BatchTask,
  from: BatchPosition,
): Promise<BatchPosition> {
  const { log, lock } = session;
  const { title } = task;
  let position = from;
  for (let round = 1; round <= openRounds; round += 1) {
    lock.ensureHeld();
    const changed = await runWhole(session, task, (inside) => change(session, task, inside));
    position = { ...position, changed: position.changed + changed };
    if ((await countLeft(session, task, 1)) === 0) return position;
  }
  log(`${title}: rows that match are still being written; the last round keeps writers out`);
  const changed = await runWhole(session, task, async (inside) => {
    const limitMs = longestHoldMs(session, task);
    await inside(title, () => session.client.query(task.batch.lock));
    const started = Date.now();
    try {
      await session.client.query("SELECT set_config('statement_timeout', $1, true)", [
        `${limitMs}ms`,
      ]);
      const count = await change(session, task, inside);
      const left = await countLeft(session, task, mostCounted);
      if (left > 0) throw unchanged(left);
      return count;
    } catch (error) {
      const isLate = errorCode(error) === queryCanceled && Date.now() - started >= limitMs;
      throw isLate ? tooLongToHold(limitMs) : error;
    }
  });
  return { ...position, changed: position.changed + changed };
}

/**
 * Writers wait for a round no longer than a migration waits for them, or than the directive says; a shorter statement
 * timeout of the file goes before both. Milliseconds.
 */
const longestHoldMs = ({ limits }: RunSession, { directive }: BatchTask): number =>
  Math.min(
    Math.max(limits.lockTimeoutMs, directive.targetMs),
    limits.byFile.statementTimeoutMs ?? Infinity,
  );

const runWhole = (
  session: RunSession,
  { batch, title, hold }: BatchTask,
  work: (inside: RunInside) => Promise<number>,
): Promise<number> =>
  hold.round(session, title, work).catch((error: unknown) => {
    throw placedInStatement(error, batch);
  });

async function change(
  { client }: RunSession,
  { batch, title }: BatchTask,
  inside: RunInside,
): Promise<number> {
  const { rows } = await inside(title, () =>
    client.query<{ changed: number; still: number }>(batch.whole),
  );
  const [result = { changed: 0, still: 0 }] = rows;
  if (result.still > 0) throw changedTwice(result);
  return result.changed;
}

/** PostgreSQL's position counts in the round's text; the reader has the file's. */
export function placedInStatement(error: unknown, batch: BatchStatement): unknown {
  if (!(error instanceof DatabaseError) || error.position === undefined) return error;
  const position = batch.positionIn(Number(error.position));
  error.position = position === null ? undefined : String(position);
  return error;
}

export const changedTwice = ({
  still,
  changed,
}: {
  readonly still: number;
  readonly changed: number;
}): BatchNotDoneError =>
  new BatchNotDoneError(
    `${still} of ${changed} rows still match the WHERE after the change: another round would change them again.`,
    "Add to the WHERE what tells rows that are done, for example AND new_column IS NULL.",
  );

export const writtenTooFast = (left: number, passes: number): BatchNotDoneError =>
  new BatchNotDoneError(
    `${left} rows or more match after ${passes} passes: they are written as fast as they are changed.`,
    "Let those who write them write what the batch sets (a DEFAULT, or the application's release first), then run up again: it goes on with what is left.",
  );

const unchanged = (left: number): BatchNotDoneError =>
  new BatchNotDoneError(
    `${left} rows match, and the statement does not change them: a trigger, a rule or a policy keeps them as they are.`,
    "Look at one of them and at the table's triggers; correct the WHERE or what is in the way, then run up again.",
  );

const tooLongToHold = (limitMs: number): BatchNotDoneError =>
  new BatchNotDoneError(
    `rows that match are still being written, and the last round, for which writers wait, takes longer than ${limitMs} ms.`,
    "Let those who write them write what the batch sets, then run up again: it goes on with what is left. Or let writers wait for longer, at most 60 s: -- batch target=10s.",
  );
