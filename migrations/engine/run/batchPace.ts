/**
 * How large the next round of a batch is, how far the batch has come, and when it has to wait for others.
 * Pure. Does NOT run rounds (see batchRun.ts).
 */
import type { SegmentRecord } from "../history/segmentRecord";
import type { ReplicaLag } from "../server/watch";
import type { BatchDirective } from "../statements/batchDirective";
import type { BatchStatement } from "../statements/batchStatement";
import type { BatchHold } from "./batchHold";

/** What one round did. */
export interface Round {
  readonly pages: number;
  readonly changed: number;
  readonly tookMs: number;
  /** Sessions that waited for it, at worst. */
  readonly heldUp: number;
}

/** Rows on a page where the server has no estimate: narrow ones, so that the first round is not too large. */
const denseRows = 100;

/** A round grows and shrinks by no more than this. */
const mostGrowth = 2;
const mostShrinking = 0.25;

/** The most pages that may hold `rows` rows. @param rowsPerPage  The server's estimate, 0 when it has none. */
function mostPages({ rows }: BatchDirective, rowsPerPage: number): number {
  return Math.max(1, Math.floor(rows / (rowsPerPage > 0 ? rowsPerPage : denseRows)));
}

/** The first round is small: nothing is known of its speed yet. */
export function firstPages(directive: BatchDirective, rowsPerPage: number): number {
  return Math.max(1, Math.floor(mostPages(directive, rowsPerPage) / 10));
}

/**
 * The size of the next round: nearer to the time target, half when others had to wait, and never more pages than hold
 * the rows that one round may look at.
 */
export function nextPages(round: Round, directive: BatchDirective, rowsPerPage: number): number {
  const byTime = directive.targetMs / Math.max(1, round.tookMs);
  const byOthers = round.heldUp > 0 ? 0.5 : mostGrowth;
  const density = Math.max(rowsPerPage, round.changed / round.pages);
  const factor = Math.max(mostShrinking, Math.min(byTime, byOthers, mostGrowth));
  const pages = Math.floor(round.pages * factor);
  // A round of one page must be able to grow.
  const grown = factor > 1 ? Math.max(pages, round.pages + 1) : pages;
  return Math.max(1, Math.min(grown, mostPages(directive, density)));
}

/** Rest after a round: what was asked for, and as long as the round itself when others waited for it. */
export function pauseAfter(round: Round, { pauseMs }: BatchDirective): number {
  return round.heldUp > 0 ? Math.max(pauseMs, round.tookMs) : pauseMs;
}

/** What to run and how. */
export interface BatchTask {
  readonly batch: BatchStatement;
  readonly directive: BatchDirective;
  readonly title: string;
  /** Where an earlier run was cut off. */
  readonly from: BatchPosition;
  /** Records where the batch stands and what its rounds have done; in a round's transaction. */
  readonly record: (position: BatchPosition, did: SegmentRecord | null) => Promise<void>;
  /** Runs each round. */
  readonly hold: BatchHold;
}

/** Where a batch stands. Kept in the events, so that a run that is cut off goes on there. */
export interface BatchPosition {
  /** From 1: a pass goes through the whole table. */
  readonly pass: number;
  /** First page not done in this pass. */
  readonly page: number;
  /** Rows changed in all passes. */
  readonly changed: number;
}

export const batchStart: BatchPosition = { pass: 1, page: 0, changed: 0 };

/** Reads a position from an event's detail; anything else is the start. */
export function readPosition(value: unknown): BatchPosition {
  const position = value as Partial<Record<keyof BatchPosition, unknown>> | null | undefined;
  const numbers = [position?.pass, position?.page, position?.changed];
  const valid = numbers.every((one) => Number.isSafeInteger(one) && Number(one) >= 0);
  return valid ? (value as BatchPosition) : batchStart;
}

const count = (value: number): string => Math.round(value).toLocaleString("en-US");

/**
 * One line of progress.
 *
 * @param total  Pages of this pass.
 * @param since  Where this run began, and how long ago, in milliseconds.
 */
export function describeBatch(
  position: BatchPosition,
  total: number,
  since: { readonly page: number; readonly changed: number; readonly tookMs: number },
): string {
  const seconds = Math.max(0.001, since.tookMs / 1000);
  const pages = position.page - since.page;
  const left = pages > 0 ? ((total - position.page) * seconds) / pages : null;
  return [
    `${count(position.changed)} rows changed`,
    `${count((position.changed - since.changed) / seconds)} rows/s`,
    `page ${count(position.page)} of ${count(total)}${position.pass > 1 ? ` in pass ${position.pass}` : ""}`,
    ...(left === null ? [] : [`about ${Math.ceil(left)} s left`]),
  ].join(", ");
}

/** A replica that is further behind makes the batch wait. Milliseconds. */
const mostLagMs = 10_000;

/** Whether the next round has to wait for a replica. */
export const mustWaitForReplicas = ({ delayMs }: ReplicaLag): boolean =>
  delayMs !== null && delayMs > mostLagMs;
