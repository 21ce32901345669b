/**
 * Says who is in the way of a statement: process, login, application, since when, doing what.
 * Pure. Does NOT look at the server (see watch.ts), and never repeats a query: it may hold data.
 */
import { printable } from "../../../stack/printable";

/** A session that holds what a statement waits for. Null: this login may not see it, or it does not apply. */
export interface Blocker {
  /** 0: a prepared transaction, which has no session. */
  readonly pid: number;
  readonly login: string | null;
  readonly application: string | null;
  /** Age of the session in milliseconds, where it was asked for. */
  readonly connectedMs?: number | null;
  /** Age of its transaction in milliseconds. */
  readonly transactionMs: number | null;
  /** "active", "idle in transaction" and so on, as pg_stat_activity has it. */
  readonly state: string | null;
  /** First word of its query, upper case: SELECT, UPDATE. */
  readonly verb: string | null;
}

/** What a statement waits for, and for how long it has done so. */
export interface Wait {
  /** Name of the relation, or what else is waited for ("a transaction", "a row"). */
  readonly object: string;
  readonly waitedMs: number;
  readonly blockers: readonly Blocker[];
}

/** More than these are counted, not listed. */
const listed = 5;

const seconds = (ms: number): string =>
  ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;

/** `process 4711, login app, application "etl", in a transaction for 12 s, idle in transaction (last: SELECT)` */
export function describeBlocker(blocker: Blocker): string {
  if (blocker.pid === 0) return "a prepared transaction (see pg_prepared_xacts)";
  const { pid, login, application, connectedMs = null, transactionMs, state, verb } = blocker;
  const isIdle = state?.startsWith("idle") === true;
  const doing = verb === null ? state : isIdle ? `${state} (last: ${verb})` : `running ${verb}`;
  return [
    `process ${pid}`,
    login === null ? null : `login ${login}`,
    application === null || application === "" ? null : `application "${application}"`,
    connectedMs === null ? null : `connected for ${seconds(connectedMs)}`,
    transactionMs === null ? null : `in a transaction for ${seconds(transactionMs)}`,
    doing,
  ]
    .filter((part) => part !== null)
    .map(printable)
    .join(", ");
}

/** All of them in one line; what this login may not see is said once. */
export function describeBlockers(blockers: readonly Blocker[]): string {
  if (blockers.length === 0) return "nobody that can be seen any more";
  const shown = blockers.slice(0, listed).map(describeBlocker);
  const more = blockers.length - shown.length;
  const hidden = blockers.some(({ pid, state }) => pid !== 0 && state === null);
  return [
    shown.join("; "),
    more > 0 ? `; and ${more} more` : "",
    hidden ? " (since when and doing what only a member of pg_read_all_stats may see)" : "",
  ].join("");
}

/** How long has been waited in all, and how much of the budget is left: `14 s waited, 286 s left`. */
export function describeBudget(waitedMs: number, budgetMs: number): string {
  return `${seconds(waitedMs)} waited, ${seconds(Math.max(0, budgetMs - waitedMs))} left`;
}

/** `waiting for dagapp.jobs since 1.2 s: process …` */
export function describeWait({ object, waitedMs, blockers }: Wait): string {
  return `waiting for ${printable(object)} since ${seconds(waitedMs)}: ${describeBlockers(blockers)}`;
}
