/**
 * A history that grows: only versions of which something is new are folded again.
 * Pure. Does NOT read rows (see ledger/keptHistory.ts); what they mean is in history.ts.
 */
import type { EventRow } from "./event";
import {
  foldVersion,
  foldWhole,
  type History,
  kindsOfWhole,
  type LedgerRow,
  type VersionState,
} from "./history";
import { type Ground, wasApplied } from "./vouchedRuns";

/** A row with its number: rows are told in its order. */
export type NumberedRow = LedgerRow & { readonly id: number };

/** All that is known of one version. */
interface Known {
  row: NumberedRow | null;
  readonly events: EventRow[];
  /** Null: something is new. */
  state: VersionState | null;
}

const byId = (one: { readonly id: number }, other: { readonly id: number }): number =>
  one.id - other.id;

/** Almost always it is the last. */
function addInOrder(events: EventRow[], event: EventRow): void {
  const isLast = (events.at(-1)?.id ?? 0) < event.id;
  events.push(event);
  if (!isLast) events.sort(byId);
}

export class FoldedHistory {
  private readonly versions = new Map<string, Known>();
  private readonly ofWhole: EventRow[] = [];
  private ground: Ground = { lastRebuild: 0, recordsFrom: Infinity };
  private readonly ids = new Set<number>();

  /**
   * Adds events and rows. One that is known already may come again; a row replaces the one of its version.
   *
   * @returns the events that were not known.
   */
  add(rows: readonly NumberedRow[], events: readonly EventRow[]): readonly EventRow[] {
    const news = events.filter(({ id }) => !this.ids.has(id));
    for (const event of news) this.addEvent(event);
    for (const row of rows) {
      const known = this.known(row.version);
      known.row = row;
      known.state = null;
    }
    return news;
  }

  /** Number of rows and of events. */
  get counts(): { readonly rows: number; readonly events: number } {
    const rows = [...this.versions.values()].filter(({ row }) => row !== null).length;
    return { rows, events: this.ids.size };
  }

  get history(): History {
    const { ground, ...whole } = foldWhole(this.ofWhole);
    const isOther =
      ground.lastRebuild !== this.ground.lastRebuild ||
      ground.recordsFrom !== this.ground.recordsFrom;
    this.ground = ground;
    const found: (readonly [NumberedRow, VersionState])[] = [];
    let isOrdered = true;
    const lost: string[] = [];
    for (const [version, known] of this.versions) {
      const { row, events } = known;
      if (row === null) {
        if (wasApplied(events, ground)) lost.push(version);
        continue;
      }
      if (isOther) known.state = null;
      known.state ??= foldVersion(row, events, ground);
      isOrdered &&= (found.at(-1)?.[0].id ?? 0) < row.id;
      found.push([row, known.state]);
    }
    if (!isOrdered) found.sort(([one], [other]) => byId(one, other));
    const versions = found.map(([, state]) => state);
    return { ...whole, versions, ...(lost.length > 0 ? { lost } : {}) };
  }

  private known(version: string): Known {
    const known = this.versions.get(version) ?? { row: null, events: [], state: null };
    this.versions.set(version, known);
    return known;
  }

  private addEvent(event: EventRow): void {
    this.ids.add(event.id);
    if (kindsOfWhole.has(event.kind)) addInOrder(this.ofWhole, event);
    if (event.version === null) return;
    const known = this.known(event.version);
    addInOrder(known.events, event);
    known.state = null;
  }
}
