/**
 * What a run records of the structure: how it deviated before, and what it is afterwards.
 * Does NOT refuse anything, and never fails a run: where the structure cannot be read, that is what is recorded.
 */
import { setTimeout as sleep } from "node:timers/promises";

import { DatabaseError } from "pg";

import { errorCode } from "../../../stack/connection";
import { MigrationError } from "../../../stack/errors";
import { eventsTable } from "../../../stack/ownTables";
import type { VersionState } from "../history/history";
import type { Touched } from "../history/knownStructure";
import { countObjects } from "../history/snapshot";
import {
  compareStructure,
  deviationsOf,
  type PartChanges,
  recordOfRun,
  type Structure,
  type StructureRecord,
} from "../history/structureRecord";
import { readStructure, reasonOf } from "../ledger/structure";
import type { RunSession } from "../server/session";

/** How often it is read again when a lock is in the way, and the pause before that. Milliseconds. */
const mostTries = 3;
const betweenTriesMs = 500;

const untouched: Touched = { relations: [], routines: false, types: false };

/** The live structure; null, with a word to the log, where it cannot be read. */
async function tryStructure(
  session: RunSession,
  touched: Touched | null,
): Promise<Structure | null> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await liveStructure(session, touched);
    } catch (error) {
      // What is no refusal of the server's is a lost connection.
      if (!(error instanceof DatabaseError)) throw error;
      if (attempt === mostTries) {
        session.log(
          `the structure of the schemas could not be read (${errorCode(error)}): ${reasonOf(error)}`,
        );
        return null;
      }
      await sleep(betweenTriesMs);
    }
  }
}

/** From beside the session that works; by that one where the admin cannot be had, which a rollback does without. */
async function liveStructure(
  { client, access, beside, structure }: RunSession,
  touched: Touched | null,
): Promise<Structure> {
  const { schemas } = access.settings;
  const other = await beside.client().catch((error: unknown) => {
    if (error instanceof MigrationError) return null;
    throw error;
  });
  if (other !== null) return structure.live(other, schemas, touched);
  structure.forget();
  return readStructure(client, schemas);
}

/**
 * For the detail of the event that begins a run: what is not as it should be before it. Nothing where the run goes on
 * with what an earlier one left half done: that one has said it.
 */
export async function structureBefore(
  session: RunSession,
  state: VersionState | null,
): Promise<{ readonly deviations?: PartChanges | null }> {
  if (state?.halfDone === true || session.access.isScratch === true) return {};
  const live = await tryStructure(session, untouched);
  if (live === null) return { deviations: null };
  const expected = await session.structure.shouldBe(session.client);
  const found = compareStructure(expected, live);
  if (found.kind === "compared" && found.differences.length > 0) {
    const objects = countObjects(found.differences);
    session.log(`${objects} changed by hand before this run, and will be told of after it too`);
  }
  return { deviations: deviationsOf(expected, live) };
}

/**
 * For the detail of the event that ends a run. Without a record, which is said until the next whole one, where what was
 * before or is now could not be read.
 *
 * @param begun    What structureBefore has said of this very run; `{}` where it goes on with an earlier one's.
 * @param touched  By this run; null: it may be anything.
 */
export async function structureAfter(
  session: RunSession,
  version: string,
  begun: { readonly deviations?: PartChanges | null },
  touched: Touched | null,
): Promise<{ readonly structure?: StructureRecord }> {
  const { client, access, structure } = session;
  if (access.isScratch === true) return {};
  const deviations =
    begun.deviations === undefined ? await deviationsBefore(session, version) : begun.deviations;
  const live = deviations === null ? null : await tryStructure(session, touched);
  if (deviations === null || live === null) {
    structure.forget();
    return {};
  }
  const after = recordOfRun(await structure.shouldBe(client), deviations, live);
  structure.recorded(after.structure);
  return { structure: after.record };
}

/** What the run that began this version on whole ground found; `{}` where none has said, null where it could not tell. */
async function deviationsBefore(
  { client }: RunSession,
  version: string,
): Promise<PartChanges | null> {
  const { rows } = await client.query<{ deviations: PartChanges | null }>(
    `SELECT detail -> 'deviations' AS deviations FROM ONLY ${eventsTable}
      WHERE version = $1 AND kind = 'started' AND detail ? 'deviations'
        AND id > (SELECT coalesce(max(id), 0) FROM ONLY ${eventsTable}
                   WHERE version = $1 AND kind IN ('applied', 'rolled-back'))
      ORDER BY id DESC LIMIT 1`,
    [version],
  );
  return rows.length === 0 ? {} : (rows[0]?.deviations ?? null);
}
