/**
 * Why ledger and events of one version cannot be gone by: whoever may run migrations may write both, and neither what no
 * run has written nor what contradicts a run may say how far a version is. In sentences.
 * Pure. Does NOT tell believed events from others (see vouchedRuns.ts), or weigh a doubt (see the gate's rule).
 */
import { type EventRow, isEnd, isOfRun } from "./event";

/** What is looked at. */
export interface Doubted {
  /** By the ledger's row. */
  readonly startedAt: Date | null;
  readonly status: "applied" | "incomplete" | "rolled back";
  readonly halfDone: boolean;
  /** It is half done by its rollback. */
  readonly goesBack: boolean;
  /** Of what is known to have run. */
  readonly checksum: string | null;
  readonly believed: readonly EventRow[];
  readonly doubtful: readonly EventRow[];
}

/** Row and event of a run's start are written by one statement: so far apart their times may be. Milliseconds. */
const longestStart = 60_000;

/** It began anew: what was before counts for nothing. */
const isFresh = ({ kind, detail }: EventRow): boolean =>
  kind === "started" && detail["resumes"] === false;

/** After these it is known again what holds. */
const settles = (event: EventRow): boolean =>
  isEnd(event) || isFresh(event) || event.kind === "acknowledged" || event.kind === "baselined";

function eventText({ kind, segment, login, happenedAt, id }: EventRow): string {
  const what = segment === null ? kind : `${kind} of segment ${segment}`;
  return `event ${id}, ${what}, by ${login} at ${happenedAt.toISOString()}: no run has written it`;
}

/** A row whose start no run has recorded hides, or brings back, what runs did. */
function startDoubts({ startedAt, halfDone, goesBack, believed }: Doubted): readonly string[] {
  if (!halfDone || goesBack) return [];
  const since = startedAt?.getTime() ?? 0;
  const isOwnStart = ({ kind, detail, happenedAt }: EventRow): boolean => {
    const after = happenedAt.getTime() - since;
    return kind === "started" && detail["resumes"] !== true && after >= 0 && after <= longestStart;
  };
  const last = believed.findLast(isFresh);
  return (last === undefined ? believed : [last]).some(isOwnStart)
    ? []
    : ["the ledger's started_at is that of no run: it was begun by hand, or the row was changed"];
}

/** All that is doubtful now; empty for most. @param lastRebuild  See Ground (vouchedRuns.ts). */
export function doubtsOf(doubted: Doubted, lastRebuild: number): readonly string[] {
  const { status, checksum, believed, doubtful } = doubted;
  const settled = Math.max(lastRebuild, believed.findLast(settles)?.id ?? 0);
  const open = doubtful.filter(({ id }) => id > settled);
  // Whose row says so was rolled back by hand, and an event more or less makes no difference.
  if (status === "rolled back") return [];
  // What is applied is known by a run or by a person, or not known at all, which is said already.
  if (status === "applied") {
    return checksum === null ? open.filter(({ kind }) => kind === "applied").map(eventText) : [];
  }
  const ran = believed.findLast((event) => event.id > lastRebuild && isOfRun(event));
  return [
    ...open.filter(({ kind }) => kind !== "failed").map(eventText),
    ...startDoubts(doubted),
    ...(ran?.kind === "applied"
      ? [
          "the ledger says that it is not applied, and the last run applied it: the row was changed, or it was begun anew by hand",
        ]
      : []),
  ];
}
