/**
 * Reads what should be in the governed schemas, by the events, and what is, by the catalogs.
 * Does NOT decide what follows from a difference (see gateStructureRules.ts); what runs record is in runStructure.ts.
 */
import { type Client, DatabaseError } from "pg";

import { eventsTable } from "../../../stack/ownTables";
import type { History } from "../history/history";
import { digestSnapshot, type PartDigests } from "../history/snapshot";
import { structureOf } from "../history/structureLines";
import {
  compareStructure,
  type Comparison,
  type Expected,
  foldRecords,
  readRecord,
  type Structure,
  type StructureEvent,
  type StructureRecord,
  wholeRecord,
} from "../history/structureRecord";
import { adminRecords } from "../history/upgrades";
import { standing, type Vouching } from "../history/vouched";
import { readHistory } from "./ledger";
import { readServerMajor, readSnapshot } from "./schemaSnapshot";

/** A definition is printed under the weakest lock. It may wait so long for somebody who holds the strongest. */
const patience = { lock_timeout: "1s" } as const;

/** SQLSTATE: lock_timeout has passed. */
const lockNotAvailable = "55P03";

/**
 * Reads the live structure, without owners and privileges. Any login may.
 *
 * @throws {DatabaseError} a lock is in the way, or the server cannot print what there is (see reasonOf).
 */
export async function readStructure(
  client: Client,
  schemas: readonly string[],
): Promise<Structure> {
  const server = await readServerMajor(client);
  const snapshot = await readSnapshot(client, schemas, patience);
  return { ...digestSnapshot(structureOf(snapshot, server), server), schemas: [...schemas].sort() };
}

/** Why the structure could not be read. */
export const reasonOf = (error: DatabaseError): string =>
  error.code === lockNotAvailable
    ? "another session keeps a table or view of theirs locked"
    : error.message;

const done: Readonly<Record<string, string>> = {
  applied: "applied",
  "rolled-back": "rolled back",
  rebuilt: "rebuilt",
  acknowledged: "acknowledged",
  baselined: "baselined",
};

/** Number of the event from which on nobody but the admin and approvers is believed; of an older release's table, none yet. */
const believedUntil = `coalesce(
  (SELECT min(id) FROM ONLY ${eventsTable} WHERE kind = 'upgraded' AND detail @> '{"to": ${adminRecords}}'),
  CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE conrelid = '${eventsTable}'::pg_catalog.regclass
    AND pg_catalog.pg_get_constraintdef(oid) LIKE '%structure-recorded%') THEN 0 ELSE ${Number.MAX_SAFE_INTEGER} END)`;

/**
 * Reads what should be there: the newest whole record and what came after it. Any login that may read the events.
 *
 * Whoever runs migrations may write the events of runs, a migration's own SQL too; so what these say of the structure
 * counts only where an older release has left it there. What was run and is not recorded by the admin is a change by hand.
 */
export async function readExpected(client: Client): Promise<Expected> {
  const { rows } = await client.query<{
    kind: string;
    version: string | null;
    at: Date;
    record: unknown;
  }>(
    `WITH change AS (
       SELECT * FROM ONLY ${eventsTable}
        WHERE kind = 'rebuilt' OR kind IN ('acknowledged', 'baselined', 'structure-recorded') AND detail ? 'structure'
           OR kind IN ('applied', 'rolled-back') AND id < ${believedUntil}
     )
     SELECT coalesce(detail ->> 'of', kind) AS kind, version, happened_at AS at, detail -> 'structure' AS record FROM change
      WHERE id >= (SELECT max(id) FROM change WHERE detail -> 'structure' -> 'whole' = 'true')
      ORDER BY id`,
  );
  return foldRecords(
    rows.map(({ kind, version, at, record }): StructureEvent => {
      const subject = version === null ? "the schemas were" : `version ${version} was`;
      const what = `${subject} ${done[kind] ?? kind} at ${at.toISOString()}`;
      return { what, record: readRecord(record) };
    }),
  );
}

/** Number of the newest event; null for none, and where there is no such table yet. */
async function newestEvent(client: Client): Promise<number | null> {
  // Asked first: a failed query would end the caller's transaction.
  const { rows: tables } = await client.query<{ there: boolean }>(
    `SELECT to_regclass('${eventsTable}') IS NOT NULL AS there`,
  );
  if (tables[0]?.there !== true) return null;
  const { rows } = await client.query<{ id: number | null }>(
    `SELECT max(id)::float8 AS id FROM ONLY ${eventsTable}`,
  );
  return rows[0]?.id ?? null;
}

/** What ledger and events say, and how the live structure compares with that. */
export interface CurrentState {
  readonly history: History;
  readonly structure: Comparison;
  /** What people vouched for and is still so. */
  readonly vouched: readonly Vouching[];
}

/** The comparison, and the digests that it looked at; null where it did not. */
interface Look {
  readonly structure: Comparison;
  readonly live: PartDigests | null;
}

/** Looks again so often when something was recorded while it looked. */
const mostLooks = 3;

/**
 * Reads ledger, events and structure, such that the three belong together: what is run meanwhile is nobody's change by
 * hand. Reads only, and waits for no lock longer than a second. Runs outside of a transaction.
 */
export async function readCurrentState(
  client: Client,
  schemas: readonly string[],
): Promise<CurrentState> {
  for (let look = 1; ; look += 1) {
    const before = await newestEvent(client);
    const history = await readHistory(client);
    const { structure, live } =
      before === null ? neverLooked : await compare(client, schemas, history);
    const vouched = standing(history.vouchings, live);
    if ((await newestEvent(client)) === before) return { history, structure, vouched };
    if (look === mostLooks) {
      const reason = "something is being run, and recorded, at this very moment";
      return { history, structure: { kind: "not compared", reason }, vouched };
    }
  }
}

/** What a person vouches for who acknowledges the structure as it is. */
export type Vouched =
  | { readonly kind: "cannot be told"; readonly reason: string }
  | {
      readonly kind: "read";
      readonly comparison: Comparison;
      readonly record: StructureRecord;
      /** Digests of what should be there, where that is known, and of what is. */
      readonly wanted: PartDigests;
      readonly found: PartDigests;
    };

/** Reads what an acknowledgement records: everything there is, and how it differs from what should be. */
export async function readVouched(
  client: Client,
  schemas: readonly string[],
  { versions }: History,
): Promise<Vouched> {
  const open = versions.find(({ halfDone }) => halfDone);
  if (open !== undefined) {
    return { kind: "cannot be told", reason: `version ${open.version} is half done` };
  }
  try {
    const [expected, live] = [await readExpected(client), await readStructure(client, schemas)];
    return {
      kind: "read",
      comparison: compareStructure(expected, live),
      record: wholeRecord(live),
      wanted: expected.kind === "known" ? expected.structure.objects : {},
      found: live.objects,
    };
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    return { kind: "cannot be told", reason: reasonOf(error) };
  }
}

const neverLooked: Look = { structure: { kind: "never recorded" }, live: null };

async function compare(
  client: Client,
  schemas: readonly string[],
  { versions }: History,
): Promise<Look> {
  if (versions.some(({ halfDone }) => halfDone)) {
    return { structure: { kind: "half done" }, live: null };
  }
  const expected = await readExpected(client);
  if (expected.kind === "never recorded") return neverLooked;
  try {
    const live = await readStructure(client, schemas);
    return { structure: compareStructure(expected, live), live: live.objects };
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    return { structure: { kind: "not compared", reason: reasonOf(error) }, live: null };
  }
}
