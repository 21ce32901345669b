/**
 * Runs migrations as the program does and reads what they left behind. Does NOT judge either.
 */
import type { MigrationFile } from "../../../migrations/engine/files/file";
import {
  type FileImpacts,
  impactsOf,
  rollbackImpactsOf,
} from "../../../migrations/engine/impact/classify";
import { rollBackVersion } from "../../../migrations/engine/run/rollback";
import { applyMigration } from "../../../migrations/engine/run/run";
import { SchemaModel } from "../../../migrations/engine/schema/schemaModel";
import { withRunner } from "../../../migrations/engine/server/runner";
import { type Outcome } from "../../../migrations/engine/server/session";
import type { Access } from "../../../stack/connection";
import type { ProgramDatabase } from "../servers/programDatabase";

/** A run that ended well, and what it said. */
export interface Ran extends Outcome {
  readonly log: readonly string[];
}

/** Of a run that nothing is known of: pre-flight looks at the server alone. */
export const nothingKnown: FileImpacts = { before: new SchemaModel(), impacts: [] };

/** Applies a migration. `lower`: versions that must be applied. `onLog` is told each line as it comes. */
export async function apply(
  database: ProgramDatabase,
  migration: MigrationFile,
  {
    lower = [],
    model = new SchemaModel(),
    access = database.access,
    onLog = () => undefined,
  }: {
    readonly lower?: readonly string[];
    /** What the files before it make. */
    readonly model?: SchemaModel;
    readonly access?: Access;
    readonly onLog?: (line: string) => void;
  } = {},
): Promise<Ran> {
  const log: string[] = [];
  const expected = { before: model, impacts: impactsOf(migration, model) };
  const outcome = await withRunner(access, (runner) =>
    applyMigration(runner, { migration, lower, expected }, (line) => {
      log.push(line);
      onLog(line);
    }),
  );
  return { ...outcome, log };
}

/** Rolls a migration back. `higher`: versions that must be gone. */
export async function rollBack(
  database: ProgramDatabase,
  migration: MigrationFile,
  {
    access = database.access,
    model = new SchemaModel(),
    ...more
  }: {
    readonly higher?: readonly string[];
    readonly ticket?: string;
    readonly model?: SchemaModel;
    readonly access?: Access;
  } = {},
): Promise<Ran> {
  const log: string[] = [];
  const expected = { before: model, impacts: rollbackImpactsOf(migration, model) };
  const request = { migration, higher: [], expected, ...more };
  const outcome = await withRunner(access, (runner) =>
    rollBackVersion(runner, request, (line) => log.push(line)),
  );
  return { ...outcome, log };
}

/** The error that a promise ends with; throws when it ends well. */
export async function failureOf(promise: Promise<unknown>): Promise<Error> {
  const ended: unknown = await promise.then(
    () => "no error",
    (error: unknown) => error,
  );
  if (ended instanceof Error) return ended;
  throw new Error(`it should have failed, but: ${String(ended)}`);
}

/** The ledger's rows, in order. */
export const ledgerRows = (
  database: ProgramDatabase,
): Promise<readonly Record<string, unknown>[]> =>
  database.rows("SELECT * FROM public.schema_migrations ORDER BY id");

/** Kinds of the events of a version's runs, in order; of segments with their number. */
export async function eventsOf(
  database: ProgramDatabase,
  version: string,
): Promise<readonly string[]> {
  const rows = await database.rows(
    `SELECT concat_ws(' ', kind, segment) AS event FROM public.schema_migration_events
      WHERE version = $1 AND kind <> 'structure-recorded' ORDER BY id`,
    [version],
  );
  return rows.map((row) => String(row["event"]));
}

/** Whether a table, index or the like is there. */
export async function exists(database: ProgramDatabase, name: string): Promise<boolean> {
  const [row] = await database.rows("SELECT to_regclass($1) IS NOT NULL AS there", [name]);
  return row?.["there"] === true;
}

/** Runs statements as the infrastructure role. */
export async function arrange(
  database: ProgramDatabase,
  ...statements: readonly string[]
): Promise<void> {
  const client = await database.connect("infrastructure");
  for (const statement of statements) await client.query(statement);
  await client.end();
}
