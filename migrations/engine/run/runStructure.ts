/**
 * What is recorded of the structure beside a run: how it deviated before, and what it should be afterwards. The admin
 * records it: whoever runs migrations may write the events of runs, and could speak there for what was changed by hand.
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
import type { NewEvent } from "../ledger/ledger";
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

/** Which run it is about. */
export type OfRun = Pick<NewEvent, "version" | "run"> & { readonly version: string };

/** What a run was begun on; nothing where it goes on with what an earlier one left half done: that one has said it. */
export interface Begun {
  /** Null: it could not be read. */
  readonly deviations?: PartChanges | null;
}

/**
 * Records what is not as it should be before a run, unless it goes on with another; and by which key its events are told
 * from those that others write.
 *
 * @param seal  See Sealer.
 */
export async function structureBefore(
  session: RunSession,
  of: OfRun,
  state: VersionState | null,
  seal: string,
): Promise<Begun> {
  if (session.access.isScratch === true) return {};
  const begun = state?.halfDone === true ? {} : { deviations: await findDeviations(session) };
  await record(session, of, { ...begun, seal });
  return begun;
}

async function findDeviations(session: RunSession): Promise<PartChanges | null> {
  const live = await tryStructure(session, untouched);
  if (live === null) return null;
  const expected = await session.structure.shouldBe(session.client);
  const found = compareStructure(expected, live);
  if (found.kind === "compared" && found.differences.length > 0) {
    const objects = countObjects(found.differences);
    session.log(`${objects} changed by hand before this run, and will be told of after it too`);
  }
  return deviationsOf(expected, live);
}

/**
 * Records what should be there after a run, before the event that ends it. Without a record, which is said until the next
 * whole one, where what was before or is now could not be read.
 *
 * @param end      What the run ends with.
 * @param begun    What structureBefore has said of this very run.
 * @param touched  By this run; null: it may be anything.
 */
export async function structureAfter(
  session: RunSession,
  of: OfRun,
  end: "applied" | "rolled-back",
  begun: Begun,
  touched: Touched | null,
): Promise<void> {
  if (session.access.isScratch === true) return;
  const { kept } = await recordAfter(session, of.version, begun, touched);
  if (await record(session, of, { of: end, structure: kept })) return;
  session.structure.forget();
  session.log(
    "WARNING: the admin cannot be had, and nobody else may record the structure: what this run changed is told of as changed by hand until somebody vouches for it (npx ddl acknowledge)",
  );
}

async function recordAfter(
  session: RunSession,
  version: string,
  begun: Begun,
  touched: Touched | null,
): Promise<{ readonly kept: StructureRecord | null }> {
  const { client, structure } = session;
  const deviations =
    begun.deviations === undefined ? await deviationsBefore(session, version) : begun.deviations;
  const live = deviations === null ? null : await tryStructure(session, touched);
  if (deviations === null || live === null) {
    structure.forget();
    return { kept: null };
  }
  const after = recordOfRun(await structure.shouldBe(client), deviations, live);
  structure.recorded(after.structure);
  return { kept: after.record };
}

/** False where the admin cannot be had. */
async function record(
  { recorder }: RunSession,
  of: OfRun,
  detail: Readonly<Record<string, unknown>>,
): Promise<boolean> {
  return (await recorder.record({ ...of, kind: "structure-recorded", detail })) === null;
}

/**
 * What the run that began this version on whole ground found, by the admin's record of it; null where there is none, or it
 * could not tell.
 */
async function deviationsBefore(
  { client }: RunSession,
  version: string,
): Promise<PartChanges | null> {
  const { rows } = await client.query<{ deviations: PartChanges | null }>(
    `SELECT detail -> 'deviations' AS deviations FROM ONLY ${eventsTable}
      WHERE version = $1 AND kind = 'structure-recorded' AND detail ? 'deviations'
        AND id > (SELECT coalesce(max(id), 0) FROM ONLY ${eventsTable}
                   WHERE version = $1 AND kind IN ('applied', 'rolled-back'))
      ORDER BY id DESC LIMIT 1`,
    [version],
  );
  return rows[0]?.deviations ?? null;
}
