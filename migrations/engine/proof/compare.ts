/**
 * Compares the schema that the files make with a live database: the files are run in a scratch database on the same server,
 * and both are read in the same words.
 * Does NOT change the governed database, or judge a difference.
 */
import type { Client } from "pg";

import { type Access, withClient } from "../../../stack/connection";
import { MigrationError } from "../../../stack/errors";
import type { Log } from "../../../stack/log";
import {
  differencesBetween,
  type SchemaDifference,
  type SchemaSide,
} from "../differences/difference";
import { inOrder } from "../files/collection";
import type { MigrationFile } from "../files/file";
import { digestSnapshot, type SchemaDigest } from "../history/snapshot";
import { structureOf } from "../history/structureLines";
import { readDefinitions } from "../ledger/schemaDefinitions";
import { readServerMajor, readSnapshot } from "../ledger/schemaSnapshot";
import { withRunner } from "../server/runner";
import { Prover } from "./prover";
import { withScratchDatabase } from "./scratch";

/** The files cannot be run in an empty database, so there is nothing to compare with. */
class FilesDoNotBuildError extends MigrationError {
  readonly code = "FILES_DO_NOT_BUILD";
}

/** What a comparison found. */
export interface SchemaComparison {
  /** Version up to which the files were run; null where there is none to run. */
  readonly version: string | null;
  readonly differences: readonly SchemaDifference[];
  /** Of the structure of both, without owners: what later looks are held against. */
  readonly files: SchemaDigest;
  readonly database: SchemaDigest;
}

/** A scratch database in which the files were run. */
export interface BuiltSchema {
  /** In it, as the infrastructure role, able to write. */
  readonly hands: Client;
  readonly look: () => Promise<SchemaSide>;
}

/** A definition is printed under the weakest lock. It may wait so long for somebody who holds the strongest. */
const patience = { lock_timeout: "1s" } as const;

/** Reads one side. Any login may. */
export async function readSide(client: Client, schemas: readonly string[]): Promise<SchemaSide> {
  const snapshot = await readSnapshot(client, schemas, patience);
  const definitions = await readDefinitions(client, schemas, patience);
  return { snapshot, definitions, server: await readServerMajor(client) };
}

/**
 * Compares a database with its files up to one of them.
 *
 * @param migrations  Those to be run, in any order; none: the files have nothing, and everything is new.
 * @throws {FilesDoNotBuildError} one of them fails in an empty database.
 * @throws {ScratchError} the scratch database cannot be made.
 */
export function compareWithFiles(
  access: Access,
  migrations: readonly MigrationFile[],
  log: Log,
): Promise<SchemaComparison> {
  return withBuiltSchema(access, migrations, log, async (built) =>
    comparison(access, migrations, await built.look()),
  );
}

/** Compares the live database with one side that was read already. */
async function comparison(
  access: Access,
  migrations: readonly MigrationFile[],
  files: SchemaSide,
): Promise<SchemaComparison> {
  const purpose = { account: "admin", activity: "compare", readOnly: true } as const;
  const live = await withClient(access, purpose, (client) =>
    readSide(client, access.settings.schemas),
  );
  const digest = ({ snapshot, server }: SchemaSide): SchemaDigest =>
    digestSnapshot(structureOf(snapshot, server), server);
  return {
    version: inOrder(migrations).at(-1)?.header.version ?? null,
    differences: differencesBetween(files, live),
    files: digest(files),
    database: digest(live),
  };
}

/** Lends a scratch database in which the files were run. */
export function withBuiltSchema<T>(
  access: Access,
  migrations: readonly MigrationFile[],
  log: Log,
  work: (built: BuiltSchema) => Promise<T>,
): Promise<T> {
  const needed = inOrder(migrations);
  return withScratchDatabase(access, log, (scratch) =>
    withClient(scratch, { account: "migrator", activity: "compare" }, async (hands) => {
      if (needed.length > 0) await build(scratch, hands, needed);
      const { schemas } = scratch.settings;
      return work({ hands, look: () => readSide(hands, schemas) });
    }),
  );
}

/** Runs the files, without rows: nothing of theirs is judged here. */
function build(scratch: Access, eyes: Client, needed: readonly MigrationFile[]): Promise<void> {
  return withRunner(scratch, async (runner) => {
    const ground = { scratch, runner, eyes, needed, log: () => undefined };
    for (const migration of needed) {
      const { result } = await new Prover(ground, migration).onlyApply();
      if (result.reason === null) continue;
      throw new FilesDoNotBuildError(
        `${migration.fileName} cannot be run in an empty database: ${result.reason}`,
        "correct the file in its own tier first; ddl prove shows the same.",
      );
    }
  });
}
