/**
 * Which migration files there are, for tests that run them as psql does.
 * Does NOT parse them: what a file says is checked elsewhere.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import type { GovernedDatabase } from "./governedDatabase";
import { runStatements } from "./sqlFile";

export const migrationsFolder = join(__dirname, "..", "..", "migrations");

/** The schemas the policy governs. */
export const SCHEMAS = ["dagapp", "geoapi", "pgstac"] as const;

const named = <Version extends string>(name: string, version: Version, ticket: string) => ({
  version,
  ticket,
  forward: `${name}.sql`,
  rollback: `${name}_rollback.sql`,
});

/** The migrations in order, with what their headers say. */
export const VERSIONS = [
  named("001_initial_schema", "0.1.0", "CHG-2026-0101"),
  named("002_add_dag_tables", "0.2.0", "CHG-2026-0102"),
  named("003_geospatial_asset_v08", "0.3.0", "CHG-2026-0103"),
] as const;

/** Applies the first `count` migrations, all by default. */
export async function rollForward(
  database: GovernedDatabase,
  count: number = VERSIONS.length,
): Promise<void> {
  const client = await database.connect("migrator");
  for (const { forward } of VERSIONS.slice(0, count)) {
    await runStatements(client, await readFile(join(migrationsFolder, forward), "utf8"));
  }
}
