/**
 * Which migration files there are, for tests that run them as psql does.
 * Does NOT parse them: what a file says is checked elsewhere.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import type { GovernedDatabase } from "../servers/governedDatabase";
import { runStatements } from "../servers/sqlFile";

export const migrationsFolder = join(__dirname, "..", "..", "..", "migrations");

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
  named("004_add_revoked_state", "0.4.0", "CHG-2026-0104"),
  named("005_add_revocation_columns", "0.5.0", "CHG-2026-0105"),
  named("006_add_job_origin", "0.6.0", "CHG-2026-0106"),
  named("007_add_best_effort", "0.7.0", "CHG-2026-0107"),
  named("008_unique_approved_version", "0.8.0", "CHG-2026-0108"),
  named("009_widen_event_duration", "0.9.0", "CHG-2026-0109"),
  named("010_retry_with_backoff", "0.10.0", "CHG-2026-0110"),
  named("011_add_table_groups_and_routes", "0.11.0", "CHG-2026-0111"),
  named("012_retire_dataset_approvals", "0.12.0", "CHG-2026-0112"),
  named("013_drop_dataset_approvals", "0.13.0", "CHG-2026-0113"),
] as const;

/** Versions whose rollback cannot bring back the catalog: their headers say "Data recovery: Not possible". */
export const IRREVERSIBLE: ReadonlySet<string> = new Set(["0.4.0"]);

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
