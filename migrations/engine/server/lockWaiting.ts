/**
 * Runs a transaction that gives way: it waits for locks for a short time only, then lets others pass and is tried again
 * whole, within a budget. Tells who is in the way while it waits and when it gives up.
 * Does NOT know what the transaction does.
 */
import { setTimeout as sleep } from "node:timers/promises";

import { DatabaseError } from "pg";

import { errorCode, signsOf } from "../../../stack/connection";
import { printable } from "../../../stack/printable";
import { runTogether } from "../../../stack/together";
import { transactionMark } from "../../../stack/transactionMark";
import { isCollision } from "../../../stack/transientError";
import { describeBlockers, describeBudget, type Wait } from "./blockers";
import { LockPatience } from "./lockPatience";
import type { RunSession } from "./session";
import type { Look } from "./watch";

/** SQLSTATE of a statement that was cancelled. */
const queryCanceled = "57014";

/** First pause between two tries, in milliseconds; it doubles, with jitter, up to the longest. */
const firstPauseMs = 100;
const longestPauseMs = 5_000;

/** How often a statement that runs or waits is mentioned. Milliseconds. */
const mentionEveryMs = 2_000;

/** Others were in the way for longer than the budget. Holds what the server said last, and who was seen. */
export class BlockedError extends Error {
  readonly code: string;

  constructor(
    readonly refusal: DatabaseError,
    readonly wait: Wait | null,
  ) {
    super(refusal.message, { cause: refusal });
    this.code = errorCode(refusal);
  }
}

/** Runs one statement inside the transaction. `title` is its name in progress lines; `onLook` is told what each look finds. */
export type RunInside = <T>(
  title: string,
  work: () => Promise<T>,
  onLook?: (look: Look) => Promise<void> | void,
) => Promise<T>;

/** What counts first: a terminal may have room for the beginning alone. */
const waitText = (title: string, { object, blockers }: Wait, budget: string): string =>
  `waiting for ${printable(object)}, ${budget}: ${describeBlockers(blockers)}; it is ${title}`;

/** Whether a line of a run only counts until the next one: who is waited for, how long something takes. */
export const isOfTheMoment = (line: string): boolean =>
  /(^|: )waiting (for|until) |(^|: )another session is in the way|has been running for /.test(line);

/** Says every two seconds how long `work` has been running and what it waits for; quick work goes unmentioned. */
async function tellWhileSlow<T>(
  { log, watch, pid }: RunSession,
  title: string,
  needs: "waits" | "all",
  work: () => Promise<T>,
  onLook: (look: Look) => Promise<void> | void,
  budget: () => string,
): Promise<T> {
  const started = Date.now();
  let mentioned = started;
  let toldOfWait = false;
  return watch.during(
    pid,
    needs,
    async (look) => {
      await onLook(look);
      const { wait } = look;
      const due = Date.now() - mentioned >= mentionEveryMs;
      if (wait !== null && (due || !toldOfWait)) log(waitText(title, wait, budget()));
      else if (due) {
        log(`${title} has been running for ${Math.round((Date.now() - started) / 1000)} s`);
      } else return;
      toldOfWait ||= wait !== null;
      mentioned = Date.now();
    },
    work,
  );
}

/**
 * Tries a transaction until it comes through.
 *
 * @param work     Is told the transaction's mark, which a COMMIT changes and a savepoint does not.
 * @param prepare  Called before each try, outside of a transaction.
 * @throws {BlockedError} the budget is spent.
 */
export async function inPatientTransaction<T>(
  session: RunSession,
  work: (inside: RunInside, mark: string) => Promise<T>,
  prepare: () => Promise<void> = () => Promise.resolve(),
): Promise<T> {
  const { lockTimeoutMs } = session.limits;
  const { lockBudgetMs } = session.access.settings.run;
  const started = Date.now();
  const budget = (): string => describeBudget(Date.now() - started, lockBudgetMs);
  for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
    const patience = new LockPatience(lockTimeoutMs);
    try {
      await prepare();
      return await tryOnce(session, patience, budget, work);
    } catch (error) {
      if (!(error instanceof DatabaseError) || !isCollision(signsOf(error))) throw error;
      const wait = pause * (0.5 + Math.random());
      if (Date.now() - started + wait > lockBudgetMs) throw new BlockedError(error, patience.last);
      const who = patience.last === null ? "" : `, ${describeBlockers(patience.last.blockers)}`;
      session.log(
        `another session is in the way (${errorCode(error)}), ${budget()}${who}; trying again in ${Math.round(wait)} ms`,
      );
      await sleep(wait);
    }
  }
}

/**
 * The first statement of a transaction: sets lock_timeout for this transaction only, since it ends with it, whoever has the
 * session next; and makes the server empty its counters of what is done at the end. Names are qualified: it runs under
 * the search path of a file.
 */
const opening = (limitMs: number): string =>
  `SELECT pg_catalog.set_config('lock_timeout', '${limitMs}ms', true), pg_catalog.pg_backend_pid(), ${transactionMark},
          pg_catalog.pg_stat_force_next_flush()`;

async function tryOnce<T>(
  session: RunSession,
  patience: LockPatience,
  budget: () => string,
  work: (inside: RunInside, mark: string) => Promise<T>,
): Promise<T> {
  const { client, watch, pid } = session;
  let limitMs = patience.leftMs;
  let cancelled = false;
  const inside: RunInside = async (title, one, onLook) => {
    if (patience.leftMs !== limitMs) {
      limitMs = patience.leftMs;
      // For this transaction only: it ends with it, whoever has the session next.
      await client.query("SELECT set_config('lock_timeout', $1, true)", [`${limitMs}ms`]);
    }
    try {
      const needs = onLook === undefined ? "waits" : "all";
      return await tellWhileSlow(
        session,
        title,
        needs,
        one,
        async (look) => {
          await onLook?.(look);
          if (look.wait !== null) patience.see(look.wait);
          if (!patience.isSpent || cancelled) return;
          cancelled = true;
          await watch.cancel(pid);
        },
        budget,
      );
    } catch (error) {
      if (!cancelled || errorCode(error) !== queryCanceled) throw error;
      throw Object.assign(
        new DatabaseError("waited for its locks for longer than its lock timeout", 0, "error"),
        { code: "55P03" },
      );
    }
  };
  try {
    const answers = await runTogether(client, ["BEGIN", opening(limitMs)]);
    const [, process, mark] = answers[1]?.[0] ?? [];
    session.ensureOwnSession(Number(process));
    const result = await work(inside, mark ?? "");
    await client.query("COMMIT");
    return result;
  } catch (error) {
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}
