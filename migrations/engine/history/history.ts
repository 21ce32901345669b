/**
 * What holds now, folded from the ledger's rows and the events: the one place that reads meaning into them.
 * Pure. Does NOT query the database (see ledger.ts) or decide what to do (see plan.ts, gate.ts).
 */
import { type Tier, tiers } from "../../../stack/tier";
import { type Doubted, doubtsOf } from "./doubts";
import { type Decision, type EventRow, isEnd } from "./event";
import type { EventKind } from "./eventKinds";
import { foldPgstac, type PgstacState } from "./pgstacState";
import { type ProofRows, readProofRows } from "./proof";
import { readSegmentRecord, type SegmentRecord } from "./segmentRecord";
import { foldVouchings, type Vouching } from "./vouched";
import { adminRecordsFrom, type Ground, kindsOfRegime, tellApart, wasApplied } from "./vouchedRuns";

/** A row of public.schema_migrations. */
export interface LedgerRow {
  readonly version: string;
  readonly startedAt: Date | null;
  readonly completedAt: Date | null;
  readonly applied: boolean;
  readonly rolledBackAt: Date | null;
  readonly executedBy: string | null;
  readonly ticket: string | null;
}

/** That apply, rollback and apply again were run elsewhere and left the same catalog. Recorded for both texts. */
interface Proof {
  readonly at: Date;
  readonly login: string;
  readonly rollbackChecksum: string | null;
  /** Null: it was made by an earlier release, which put no rows into the tables. */
  readonly rows: ProofRows | null;
}

/** An emergency that is under way: promotion and maintenance window are lifted until it is closed. */
export interface BreakGlass {
  readonly at: Date;
  readonly login: string;
  readonly reason: string;
  readonly ticket: string;
  readonly approvedBy: string;
}

export type Status = "applied" | "incomplete" | "rolled back";

/**
 * In the detail of every event that a rollback file's run writes, to tell it from the migration's own: both number
 * their segments from 0.
 */
export const rollbackDirection = { direction: "rollback" } as const;

/** What is known of a segment that was begun outside of a transaction and is not done: what was there before, how far it is. */
export interface BegunSegment {
  readonly segment: number;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** A rollback that was cut off after it had changed something. Only finishing it leads anywhere. */
interface BegunRollback {
  /** Of the rollback file that ran. */
  readonly checksum: string | null;
  /** Segments of that file that are done and need not run again. */
  readonly segmentsDone: readonly number[];
  readonly segmentsBegun: readonly BegunSegment[];
}

/** One version the ledger knows. A version it does not know is pending, whatever the events say. */
export interface VersionState {
  readonly version: string;
  readonly status: Status;
  /**
   * Of the text that ran last, or that an acknowledgement vouches for; null when it ran outside this program
   * (unrecorded).
   */
  readonly checksum: string | null;
  readonly rollbackChecksum: string | null;
  /** Segments of an incomplete run that are done and need not run again; none once its rollback has begun. */
  readonly segmentsDone: readonly number[];
  readonly segmentsBegun: readonly BegunSegment[];
  /** Null unless the version is incomplete because its rollback is. */
  readonly begunRollback: BegunRollback | null;
  /** Something of it is there, by whatever text, and something is not: nobody can say what should be. */
  readonly halfDone: boolean;
  readonly completedAt: Date | null;
  /** What its segments did, as each run measured it; nothing of runs that did not measure. */
  readonly measured: readonly SegmentRecord[];
  /** Null unless it is rolled back. */
  readonly rolledBackAt: Date | null;
  /** Milliseconds from start to completion, null unless applied. */
  readonly durationMs: number | null;
  readonly executedBy: string | null;
  readonly ticket: string | null;
  /**
   * Columns of the ledger's row that say otherwise than the event of the run that ended: somebody has changed them by hand,
   * and what is told here is the event's word. Absent where they agree, or where no run of this program ended.
   */
  readonly edited?: readonly string[];
  /**
   * Why ledger and events of this version cannot be gone by, in sentences: somebody who may run migrations has written them
   * and no run has. Such an event counts for nothing. Absent where there is no doubt.
   */
  readonly doubts?: readonly string[];
  /** Relations that a run that has not ended has made, by object id. */
  readonly made?: readonly number[];
  /** For the checksum above, whenever it was recorded. */
  readonly proof: Proof | null;
  /** The decisions that hold: for the checksum above, and made since the version was last started. */
  readonly signOff: Decision | null;
  readonly validation: Decision | null;
  readonly acknowledgement: Decision | null;
  /** It was found here as its file has it, and never run here by this program. */
  readonly baseline: Decision | null;
}

export interface History {
  /** Tier stamped on the database by its admin, or null. */
  readonly stamp: Tier | null;
  /** The emergency that was opened last, unless it was closed. */
  readonly breakGlass: BreakGlass | null;
  readonly versions: readonly VersionState[];
  /** Versions that a run has applied and of which the ledger has no row any more; absent: none. */
  readonly lost?: readonly string[];
  /** Differences that people vouched for, whether or not they still stand (see vouched.ts). */
  readonly vouchings: readonly Vouching[];
  /** PgSTAC as this program brought it last; absent or null where it did not. */
  readonly pgstac?: PgstacState | null;
}

/**
 * Folds rows and events into what holds now.
 *
 * The ledger decides the status, because people may write it with psql too. Events add what the policy's table cannot
 * hold, and only those since the row's last start: an older run, or one that was rolled back by hand, proves nothing.
 */
export function foldHistory(rows: readonly LedgerRow[], events: readonly EventRow[]): History {
  const ordered = [...events].sort((a, b) => a.id - b.id);
  const eventsOf = groupByVersion(ordered);
  const { ground, ...whole } = foldWhole(ordered);
  const known = new Set(rows.map(({ version }) => version));
  const lost = [...eventsOf].flatMap(([version, events]) =>
    !known.has(version) && wasApplied(events, ground) ? [version] : [],
  );
  return {
    ...whole,
    versions: rows.map((row) => foldVersion(row, eventsOf.get(row.version) ?? [], ground)),
    ...(lost.length > 0 ? { lost } : {}),
  };
}

/** What events say of the database, and not of one version. */
export interface WholeState extends Pick<History, "stamp" | "breakGlass" | "vouchings"> {
  readonly pgstac: PgstacState | null;
  readonly ground: Ground;
}

/** The kinds of events that foldWhole looks at. */
export const kindsOfWhole: ReadonlySet<EventKind> = new Set<EventKind>([
  ...(["stamped", "rebuilt", "break-glass-opened", "break-glass-closed"] as const),
  ...(["acknowledged", "baselined"] as const),
  // What people decide about PgSTAC, too.
  ...(["pgstac-migrated", "signed-off", "validated"] as const),
  ...kindsOfRegime,
]);

/** @param ordered  Oldest first; those of other kinds do not matter. */
export function foldWhole(ordered: readonly EventRow[]): WholeState {
  const stamped = ordered.find((event) => event.kind === "stamped")?.detail["tier"];
  return {
    stamp: tiers.find((tier) => tier === stamped) ?? null,
    breakGlass: foldBreakGlass(ordered),
    pgstac: foldPgstac(ordered),
    ground: {
      lastRebuild: ordered.findLast(({ kind }) => kind === "rebuilt")?.id ?? 0,
      recordsFrom: adminRecordsFrom(ordered),
    },
    vouchings: foldVouchings(ordered),
  };
}

function groupByVersion(ordered: readonly EventRow[]): ReadonlyMap<string, readonly EventRow[]> {
  const groups = new Map<string, EventRow[]>();
  for (const event of ordered) {
    if (event.version === null) continue;
    const group = groups.get(event.version);
    if (group === undefined) groups.set(event.version, [event]);
    else group.push(event);
  }
  return groups;
}

const textOf = (event: EventRow, key: string): string => {
  const value = event.detail[key];
  return typeof value === "string" ? value : "";
};

function foldBreakGlass(ordered: readonly EventRow[]): BreakGlass | null {
  const last = ordered.findLast(
    ({ kind }) => kind === "break-glass-opened" || kind === "break-glass-closed",
  );
  if (last?.kind !== "break-glass-opened") return null;
  const { happenedAt: at, login, ticket } = last;
  return {
    at,
    login,
    ticket: ticket ?? "",
    reason: textOf(last, "reason"),
    approvedBy: textOf(last, "approvedBy"),
  };
}

function statusOf(row: LedgerRow): Status {
  if (row.applied) return "applied";
  return row.rolledBackAt === null ? "incomplete" : "rolled back";
}

const isOfRollback = ({ detail }: EventRow): boolean =>
  detail["direction"] === rollbackDirection.direction;

/** Segments begun and not done, each with what its last event says. */
function foldBegun(own: readonly EventRow[]): readonly BegunSegment[] {
  const begun = new Map<number, EventRow["detail"]>();
  for (const { kind, segment, detail } of own) {
    if (segment === null) continue;
    if (kind === "segment-started") begun.set(segment, detail);
    if (kind === "segment-done") begun.delete(segment);
  }
  return [...begun].map(([segment, detail]) => ({ segment, detail }));
}

/** What the last rollback has done, unless it came to an end. Its first recorded segment is where it begins. */
function foldRollback(own: readonly EventRow[]): BegunRollback | null {
  const ended = own.findLastIndex(isEnd);
  const ran = own
    .slice(ended + 1)
    .filter(
      (event) =>
        isOfRollback(event) && (event.kind === "segment-started" || event.kind === "segment-done"),
    );
  const last = ran.at(-1);
  if (last === undefined) return null;
  // A text that was corrected in between starts from its own beginning.
  const same = ran.filter(({ rollbackChecksum }) => rollbackChecksum === last.rollbackChecksum);
  const done = same.filter(({ kind }) => kind === "segment-done");
  return {
    checksum: last.rollbackChecksum,
    segmentsBegun: foldBegun(same),
    segmentsDone: [...new Set(done.flatMap(({ segment }) => (segment === null ? [] : [segment])))],
  };
}

/** @param all  All events of the row's version, in order. */
export function foldVersion(
  row: LedgerRow,
  all: readonly EventRow[],
  { lastRebuild, recordsFrom }: Ground,
): VersionState {
  const status = statusOf(row);
  const { believed: ofVersion, doubtful } = tellApart(all, recordsFrom, status === "incomplete");
  const since = row.startedAt?.getTime() ?? 0;
  const isSince = (event: EventRow): boolean => event.happenedAt.getTime() >= since;
  // What was rolled back is applied again by what came after it, whatever the row's times say.
  const back =
    status === "applied" ? ofVersion.findLastIndex(({ kind }) => kind === "rolled-back") : -1;
  const own = ofVersion.slice(back + 1).filter(isSince);
  const lastOf = (...kinds: readonly EventKind[]): EventRow | undefined =>
    own.findLast((event) => kinds.includes(event.kind) && !isOfRollback(event));
  const ran =
    status === "applied"
      ? (lastOf("applied") ?? lastOf("acknowledged", "baselined"))
      : lastOf("started", "applied");
  const checksum = ran?.checksum ?? null;
  const done = new Set<number>();
  for (const event of own) {
    if (isEnd(event)) done.clear();
    if (event.kind !== "segment-done" || event.segment === null || isOfRollback(event)) continue;
    // Of another text: its segments are others.
    if (event.checksum !== null && event.checksum !== checksum) continue;
    done.add(event.segment);
  }
  const begunRollback = status === "incomplete" ? foldRollback(own) : null;
  const decided = (kind: EventKind): Decision | null => {
    const event = own.findLast((one) => one.kind === kind && one.checksum === checksum);
    if (status !== "applied" || checksum === null || event === undefined) return null;
    const { happenedAt: at, login } = event;
    return { at, login, by: textOf(event, "by"), reason: textOf(event, "reason") };
  };
  const isOfText = (event: EventRow): boolean =>
    event.checksum === null || event.checksum === checksum;
  const isOpen = status === "incomplete" && begunRollback === null;
  const ended = own.findLastIndex(isEnd);
  const told = toldBy(row, endOf(status, own));
  const halfDone = status === "incomplete" && hasOpenWork(ofVersion, lastRebuild);
  const doubted: Doubted = {
    ...{ startedAt: row.startedAt, status, halfDone, goesBack: begunRollback !== null },
    ...{ checksum, believed: ofVersion, doubtful },
  };
  const doubts = doubtsOf(doubted, lastRebuild);
  const made =
    status === "incomplete"
      ? own
          .slice(ended + 1)
          .filter(({ kind }) => kind === "segment-done")
          .flatMap(({ detail }) => readSegmentRecord(detail)?.made ?? [])
      : [];
  const took =
    row.startedAt !== null && told.completedAt !== null
      ? told.completedAt.getTime() - row.startedAt.getTime()
      : null;
  return {
    version: row.version,
    status,
    checksum,
    rollbackChecksum: ran?.rollbackChecksum ?? null,
    segmentsDone: isOpen ? [...done] : [],
    segmentsBegun: isOpen
      ? foldBegun(own.slice(ended + 1).filter((event) => !isOfRollback(event) && isOfText(event)))
      : [],
    begunRollback,
    halfDone,
    measured: own
      .filter((event) => event.kind === "segment-done" && !isOfRollback(event))
      .flatMap(({ detail }) => readSegmentRecord(detail) ?? []),
    ...told,
    ...(doubts.length > 0 ? { doubts } : {}),
    ...(made.length > 0 ? { made } : {}),
    rolledBackAt: status === "rolled back" ? told.rolledBackAt : null,
    durationMs: status === "applied" ? took : null,
    proof: foldProof(ofVersion, checksum),
    signOff: decided("signed-off"),
    validation: decided("validated"),
    acknowledgement: decided("acknowledged"),
    baseline: ran?.kind === "baselined" ? decided("baselined") : null,
  };
}

/** The event of the run that has brought the row to where it is. */
const endOf = (status: Status, own: readonly EventRow[]): EventRow | undefined =>
  status === "incomplete"
    ? undefined
    : own.findLast(({ kind }) => kind === (status === "applied" ? "applied" : "rolled-back"));

/** Row and event are written by one transaction: so far apart their times may be. Milliseconds. */
const longestEnd = 60_000;

/** What is told of the end of a run: the event's word, which nobody may change, where there is one. */
function toldBy(
  row: LedgerRow,
  end: EventRow | undefined,
): Pick<VersionState, "completedAt" | "rolledBackAt" | "executedBy" | "ticket" | "edited"> {
  const { completedAt, rolledBackAt, executedBy, ticket } = row;
  const own = { completedAt, rolledBackAt, executedBy, ticket };
  if (end === undefined) return own;
  const isOther = (time: Date | null): boolean =>
    time === null || Math.abs(time.getTime() - end.happenedAt.getTime()) > longestEnd;
  const at = end.kind === "applied" ? "completedAt" : "rolledBackAt";
  const edited = [
    ...(isOther(row[at]) ? [at === "completedAt" ? "completed_at" : "rolled_back_at"] : []),
    ...(executedBy === end.login ? [] : ["executed_by"]),
    ...(end.ticket === null || ticket === end.ticket ? [] : ["ticket_number"]),
  ];
  return {
    ...own,
    ...(isOther(row[at]) ? { [at]: end.happenedAt } : {}),
    executedBy: end.login,
    ticket: end.ticket ?? ticket,
    ...(edited.length > 0 ? { edited } : {}),
  };
}

/** Whether a run has changed something since the version last was whole or gone, by whatever text and however often begun. */
function hasOpenWork(ofVersion: readonly EventRow[], lastRebuild: number): boolean {
  const ended = ofVersion.findLast(isEnd);
  const since = Math.max(lastRebuild, ended?.id ?? 0);
  return ofVersion.some(
    ({ id, kind }) => id > since && (kind === "segment-started" || kind === "segment-done"),
  );
}

/** A proof is about texts, not about a run: it holds for as long as the text that ran is the one that was proven. */
function foldProof(own: readonly EventRow[], checksum: string | null): Proof | null {
  const proven = own.findLast(
    (event) => event.kind === "proven" && checksum !== null && event.checksum === checksum,
  );
  if (proven === undefined) return null;
  const { happenedAt: at, login, rollbackChecksum, detail } = proven;
  return { at, login, rollbackChecksum, rows: readProofRows(detail["rows"]) };
}
