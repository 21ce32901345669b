/**
 * What holds now, folded from the ledger's rows and the events: the one place that reads meaning into them.
 * Pure. Does NOT query the database (see ledger.ts) or decide what to do (see plan.ts, gate.ts).
 */
import type { EventKind } from "./eventKinds";
import { type Tier, tiers } from "./tier";

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

/** A row of public.schema_migration_events. */
export interface EventRow {
  readonly id: number;
  readonly happenedAt: Date;
  readonly login: string;
  readonly kind: EventKind;
  readonly version: string | null;
  readonly segment: number | null;
  readonly checksum: string | null;
  readonly rollbackChecksum: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

export type Status = "applied" | "incomplete" | "rolled back";

/**
 * In the detail of every event that a rollback file's run writes, to tell it from the migration's own: both number
 * their segments from 0.
 */
export const rollbackDirection = { direction: "rollback" } as const;

/** A rollback that was cut off after it had changed something. Only finishing it leads anywhere. */
export interface BegunRollback {
  /** Of the rollback file that ran. */
  readonly checksum: string | null;
  /** Segments of that file that are done and need not run again. */
  readonly segmentsDone: readonly number[];
}

/** One version the ledger knows. A version it does not know is pending, whatever the events say. */
export interface VersionState {
  readonly version: string;
  readonly status: Status;
  /** Of the text that ran last; null when it ran outside this program (unrecorded). */
  readonly checksum: string | null;
  readonly rollbackChecksum: string | null;
  /** Segments of an incomplete run that are done and need not run again; none once its rollback has begun. */
  readonly segmentsDone: readonly number[];
  /** Null unless the version is incomplete because its rollback is. */
  readonly begunRollback: BegunRollback | null;
  readonly completedAt: Date | null;
  /** Milliseconds from start to completion, null unless applied. */
  readonly durationMs: number | null;
  readonly executedBy: string | null;
  readonly ticket: string | null;
}

export interface History {
  /** Tier stamped on the database by its admin, or null. */
  readonly stamp: Tier | null;
  readonly versions: readonly VersionState[];
}

/**
 * Folds rows and events into what holds now.
 *
 * The ledger decides the status, because people may write it with psql too. Events add what the policy's table cannot
 * hold, and only those since the row's last start: an older run, or one that was rolled back by hand, proves nothing.
 */
export function foldHistory(rows: readonly LedgerRow[], events: readonly EventRow[]): History {
  const ordered = [...events].sort((a, b) => a.id - b.id);
  const stamped = ordered.find((event) => event.kind === "stamped")?.detail["tier"];
  return {
    stamp: tiers.find((tier) => tier === stamped) ?? null,
    versions: rows.map((row) => foldVersion(row, ordered)),
  };
}

function statusOf(row: LedgerRow): Status {
  if (row.applied) return "applied";
  return row.rolledBackAt === null ? "incomplete" : "rolled back";
}

const isOfRollback = ({ detail }: EventRow): boolean =>
  detail["direction"] === rollbackDirection.direction;

/** What the last rollback has done, unless it came to an end. Its first recorded segment is where it begins. */
function foldRollback(own: readonly EventRow[]): BegunRollback | null {
  const ended = own.findLastIndex(({ kind }) => kind === "applied" || kind === "rolled-back");
  const ran = own
    .slice(ended + 1)
    .filter(
      (event) =>
        isOfRollback(event) && (event.kind === "segment-started" || event.kind === "segment-done"),
    );
  const last = ran.at(-1);
  if (last === undefined) return null;
  // A text that was corrected in between starts from its own beginning.
  const done = ran.filter(
    ({ kind, rollbackChecksum }) =>
      kind === "segment-done" && rollbackChecksum === last.rollbackChecksum,
  );
  return {
    checksum: last.rollbackChecksum,
    segmentsDone: [...new Set(done.flatMap(({ segment }) => (segment === null ? [] : [segment])))],
  };
}

function foldVersion(row: LedgerRow, ordered: readonly EventRow[]): VersionState {
  const status = statusOf(row);
  const since = row.startedAt?.getTime() ?? 0;
  const own = ordered.filter(
    (event) => event.version === row.version && event.happenedAt.getTime() >= since,
  );
  const lastOf = (...kinds: readonly EventKind[]): EventRow | undefined =>
    own.findLast((event) => kinds.includes(event.kind) && !isOfRollback(event));
  const ran = status === "applied" ? lastOf("applied") : lastOf("started", "applied");
  const done = new Set<number>();
  for (const event of own) {
    if (event.kind === "applied" || event.kind === "rolled-back") done.clear();
    if (event.kind !== "segment-done" || event.segment === null || isOfRollback(event)) continue;
    done.add(event.segment);
  }
  const begunRollback = status === "incomplete" ? foldRollback(own) : null;
  const took =
    row.startedAt !== null && row.completedAt !== null
      ? row.completedAt.getTime() - row.startedAt.getTime()
      : null;
  return {
    version: row.version,
    status,
    checksum: ran?.checksum ?? null,
    rollbackChecksum: ran?.rollbackChecksum ?? null,
    segmentsDone: status === "incomplete" && begunRollback === null ? [...done] : [],
    begunRollback,
    completedAt: row.completedAt,
    durationMs: status === "applied" ? took : null,
    executedBy: row.executedBy,
    ticket: row.ticket,
  };
}
