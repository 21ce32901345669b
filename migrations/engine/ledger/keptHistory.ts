/**
 * Ledger and events as a run knows them: read whole once, and again only what is new. Each read is as certain as reading all
 * of it: what came in is asked for by transaction, not by number, which may be given out long before it is seen.
 * Does NOT read meaning into rows (see history/history.ts).
 */
import type { Client } from "pg";

import { eventsTable, ledgerTable } from "../../../stack/ownTables";
import type { EventRow } from "../history/event";
import { FoldedHistory, type NumberedRow } from "../history/foldedHistory";
import type { History } from "../history/history";
import { readHistory } from "./ledger";

/** Rows that may have come in since the oldest transaction ($1) that was under way at the last look; null: all. */
const isNew = "$1::xid IS NULL OR age(xmin) <= age($1::xid)";

const query = `
SELECT pg_snapshot_xmin(pg_current_snapshot())::xid::text AS seen, l.rows AS "rowCount", l.news AS rows, e.rows AS "eventCount", e.news AS events
  FROM (SELECT count(*)::float8 AS rows, coalesce(json_agg(json_build_object('id', id, 'version', version,
               'startedAt', started_at, 'completedAt', completed_at, 'applied', coalesce(applied, false), 'rolledBackAt', rolled_back_at,
               'executedBy', executed_by, 'ticket', ticket_number)) FILTER (WHERE ${isNew}), '[]') AS news
          FROM ONLY ${ledgerTable}) AS l,
       (SELECT count(*)::float8 AS rows, coalesce(json_agg(json_build_object('id', id, 'happenedAt', happened_at, 'login', login,
               'kind', kind, 'version', version, 'run', run, 'segment', segment, 'checksum', checksum, 'rollbackChecksum', rollback_checksum,
               'ticket', ticket, 'detail', detail - '{structure,deviations}'::text[])) FILTER (WHERE ${isNew}), '[]') AS news
          FROM ONLY ${eventsTable}) AS e`;

/** JSON has no dates. */
type Told<T> = { readonly [K in keyof T]: T[K] extends Date | null ? string | null : T[K] };

interface Answer {
  readonly seen: string;
  readonly rowCount: number;
  readonly rows: readonly Told<NumberedRow>[];
  readonly eventCount: number;
  readonly events: readonly Told<EventRow>[];
}

const dateOf = (text: string | null): Date | null => (text === null ? null : new Date(text));

const rowOf = (told: Told<NumberedRow>): NumberedRow => ({
  ...told,
  startedAt: dateOf(told.startedAt),
  completedAt: dateOf(told.completedAt),
  rolledBackAt: dateOf(told.rolledBackAt),
});

const eventOf = (told: Told<EventRow>): EventRow => ({
  ...told,
  happenedAt: new Date(told.happenedAt ?? NaN),
});

/** What a look has found. */
export interface KeptLook {
  readonly history: History;
  /** Events that the look before did not know. */
  readonly news: readonly EventRow[];
}

export class KeptHistory {
  private folded: FoldedHistory | null = null;
  private seen: string | null = null;

  /** Reads all that is new. @param client  Any that may read both tables, as this program opens it. */
  async read(client: Client): Promise<KeptLook> {
    if (this.folded === null && !(await areThere(client))) {
      return { history: await readHistory(client), news: [] };
    }
    const { rows: answers } = await client.query<Answer>(query, [this.seen]);
    const [answer] = answers;
    if (answer === undefined) throw new Error("the server did not tell its history");
    const folded = this.folded ?? new FoldedHistory();
    const news = folded.add(answer.rows.map(rowOf), answer.events.map(eventOf));
    const { rows, events } = folded.counts;
    this.folded = null;
    if (rows !== answer.rowCount || events !== answer.eventCount) {
      // Somebody has taken rows away. All that was asked for anew is what there is.
      if (this.seen === null) throw new Error("two rows of the ledger have the same version");
      this.seen = null;
      return this.read(client);
    }
    this.folded = folded;
    this.seen = answer.seen;
    return { history: folded.history, news };
  }
}

/** Asked first: a failed query would end the caller's transaction. */
async function areThere(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>(
    "SELECT to_regclass($1) IS NOT NULL AND to_regclass($2) IS NOT NULL AS there",
    [ledgerTable, eventsTable],
  );
  return rows[0]?.there === true;
}
