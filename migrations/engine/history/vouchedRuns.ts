/**
 * Which events of runs are believed. Whoever may run migrations may write such events, a file's own SQL too; so an event
 * counts where the admin has recorded its run, and where it matters how far the run came, where it bears the run's seal.
 * Pure. Does NOT say what believed events mean (see history.ts).
 */
import { type EventRow, isEnd, isOfRun } from "./event";
import type { EventKind } from "./eventKinds";
import { isSealed, sealOf } from "./seal";
import { adminRecords } from "./upgrades";

/** The kinds of events that say from when on the admin records runs. */
export const kindsOfRegime = ["stamped", "upgraded", "structure-recorded"] as const;

/**
 * Number of the event from which on the admin records each run: what came before is believed, since an older release has
 * left nothing to tell it by. Infinity while nothing says so.
 *
 * @param ordered  Oldest first.
 */
export function adminRecordsFrom(ordered: readonly EventRow[]): number {
  const reaches = (value: unknown): boolean => typeof value === "number" && value >= adminRecords;
  for (const { id, kind, detail } of ordered) {
    if (kind === "structure-recorded") return id;
    if (kind === "stamped" && reaches(detail["tables"])) return id;
    if (kind === "upgraded" && reaches(detail["to"])) return id;
  }
  return Infinity;
}

/** What of the whole matters to how the events of each version are read: numbers of events. */
export interface Ground {
  /** After it the schemas were empty; 0 for none. */
  readonly lastRebuild: number;
  /** From it on the admin records runs (see adminRecordsFrom). */
  readonly recordsFrom: number;
}

/** Events of one version: those that count, and those of runs that nobody vouches for. Both oldest first. */
export interface ToldApart {
  readonly believed: readonly EventRow[];
  readonly doubtful: readonly EventRow[];
}

/** What the admin has recorded of a run so far. */
interface RecordedRun {
  readonly key: string | null;
  /** What it is about to end with; null before that. */
  readonly ends: EventKind | null;
  /** The text that it says to have run then; null: records of before do not say it. */
  readonly text: string | null;
  hasEnded: boolean;
}

/**
 * @param ofVersion  All events of one version, oldest first.
 * @param from       See adminRecordsFrom.
 * @param seals      Whether seals are asked for of what came after the last end of a run: there nothing but the run itself
 *                   can say how far it came.
 */
export function tellApart(ofVersion: readonly EventRow[], from: number, seals: boolean): ToldApart {
  const runs = new Map<string, RecordedRun>();
  const isRecorded = (event: EventRow): boolean => {
    if (event.kind === "structure-recorded") note(runs, event);
    return !isOfRun(event) || event.id < from || isOfRecordedRun(event, runs);
  };
  const recorded = ofVersion.map(isRecorded);
  const end = ofVersion.findLastIndex((event, index) => recorded[index] === true && isEnd(event));
  const seen = new Set<string>();
  const counts = (event: EventRow, index: number): boolean => {
    if (recorded[index] !== true) return false;
    if (!seals || index <= end || !isOfRun(event) || event.id < from) return true;
    // A seal that was seen before is a copy.
    const key = runs.get(event.run ?? "")?.key ?? null;
    if (key === null || seen.has(sealOf(event)) || !isSealed(event, key)) return false;
    seen.add(sealOf(event));
    return true;
  };
  const marks = ofVersion.map(counts);
  return {
    believed: ofVersion.filter((_, index) => marks[index]),
    doubtful: ofVersion.filter((_, index) => marks[index] !== true),
  };
}

function note(runs: Map<string, RecordedRun>, { run, detail }: EventRow): void {
  if (run === null) return;
  const known = runs.get(run);
  // One run at a time, under the lock: what others wrote is over, and what bears their number later is a copy.
  if (known === undefined) for (const other of runs.values()) other.hasEnded = true;
  const key = typeof detail["seal"] === "string" ? detail["seal"] : (known?.key ?? null);
  const { of } = detail;
  const ends = of === "applied" || of === "rolled-back" ? of : null;
  const text = typeof detail["text"] === "string" ? detail["text"] : null;
  runs.set(run, { key, ends, text, hasEnded: known?.hasEnded ?? false });
}

function isOfRecordedRun(event: EventRow, runs: ReadonlyMap<string, RecordedRun>): boolean {
  const run = runs.get(event.run ?? "");
  if (run === undefined || run.hasEnded) return false;
  if (!isEnd(event)) return true;
  // The admin has said what the run ends with, just before.
  const isIts = run.ends === event.kind && (run.text === null || run.text === event.checksum);
  if (isIts) run.hasEnded = true;
  return isIts;
}

/** Whether what a version's run did last, before the ledger lost its row, was to apply it. */
export function wasApplied(ofVersion: readonly EventRow[], ground: Ground): boolean {
  const { believed } = tellApart(ofVersion, ground.recordsFrom, false);
  const end = believed.findLast(isEnd);
  // What an older release has left was never asked for by this name.
  return end?.kind === "applied" && end.id > Math.max(ground.lastRebuild, ground.recordsFrom);
}
