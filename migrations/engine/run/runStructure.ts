/**
 * What is recorded of the structure beside a run: how it deviated before, and what it should be afterwards. The admin
 * records it: whoever runs migrations may write the events of runs, and could speak there for what was changed by hand.
 * A migration needs that record, since nobody believes its events without it; a rollback does without.
 * Does NOT refuse anything else: where the structure cannot be read, that is what is recorded.
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

/** The admin cannot be had, and nobody else may record what is believed of a run. */
class NotRecordedError extends MigrationError {
  readonly code = "NOT_RECORDED";
}

const notRecorded = (cause: MigrationError, so: string): NotRecordedError =>
  new NotRecordedError(
    `The admin cannot be had, and without the admin's record nobody believes what a run says. ${so}\n  ${cause.message}`,
    "see that the admin can log in (credentials, free connections), then run again.",
    { cause },
  );

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
 * @param runs  What runs.
 * @throws {NotRecordedError} the admin cannot be had, and a migration is to run.
 */
export async function structureBefore(
  session: RunSession,
  of: OfRun,
  state: VersionState | null,
  seal: string,
  runs: "migration" | "rollback",
): Promise<Begun> {
  if (session.access.isScratch === true) return {};
  const begun = state?.halfDone === true ? {} : { deviations: await findDeviations(session) };
  const failed = await record(session, of, { ...begun, seal });
  if (failed === null) return begun;
  if (runs === "migration") throw notRecorded(failed, "Nothing was run.");
  session.log(
    "WARNING: the admin cannot be had: where this rollback is cut off, the next one begins at its first statement",
  );
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
 * @param end      What the run ends with, and of which text.
 * @param begun    What structureBefore has said of this very run.
 * @param touched  By this run; null: it may be anything.
 * @throws {NotRecordedError} the admin cannot be had, and a migration has run.
 */
export async function structureAfter(
  session: RunSession,
  of: OfRun,
  end: { readonly of: "applied" | "rolled-back"; readonly text: string },
  begun: Begun,
  touched: Touched | null,
): Promise<void> {
  if (session.access.isScratch === true) return;
  const { kept } = await recordAfter(session, of.version, begun, touched);
  const failed = await record(session, of, { ...end, structure: kept });
  if (failed === null) return;
  if (end.of === "applied") {
    throw notRecorded(failed, "All of it is done and kept; the next run records it as applied.");
  }
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

/** Why the admin cannot be had; null where it was recorded. */
async function record(
  { recorder }: RunSession,
  of: OfRun,
  detail: Readonly<Record<string, unknown>>,
): Promise<MigrationError | null> {
  return recorder.record({ ...of, kind: "structure-recorded", detail });
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
