/**
 * The post-flight of a migration finds what is missing or has another shape, and says what. Each kind of object
 * is spoilt once, in a transaction that is rolled back. Does NOT test that it names everything (migrationObjects).
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import type { Client } from "pg";

import { migrationsFolder, rollForward, VERSIONS } from "../../support/files/migrationFiles";
import {
  type GovernedDatabase,
  makeGovernedDatabase,
} from "../../support/servers/governedDatabase";
import { runStatements } from "../../support/servers/sqlFile";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

/** What is spoilt, and what the post-flight of 003 must then say. */
const SPOILT: readonly (readonly [string, string])[] = [
  ["DROP TABLE dagapp.asset_revisions", "missing table: dagapp.asset_revisions"],
  ["ALTER TABLE dagapp.jobs DROP COLUMN platform_id", "missing column: dagapp.jobs.platform_id"],
  [
    "ALTER TYPE dagapp.approval_state RENAME VALUE 'rejected' TO 'refused'",
    "missing enum label: dagapp.approval_state rejected",
  ],
  [
    "ALTER TABLE dagapp.asset_revisions ALTER COLUMN approval_state_at_supersession TYPE VARCHAR",
    "wrong column type: dagapp.asset_revisions.approval_state_at_supersession is not dagapp.approval_state",
  ],
  [
    "ALTER TABLE dagapp.geospatial_assets DROP CONSTRAINT geospatial_assets_current_job_id_fkey",
    "validated constraint: geospatial_assets_current_job_id_fkey on dagapp.geospatial_assets",
  ],
  [
    `ALTER TABLE dagapp.platforms DROP CONSTRAINT platforms_platform_id_check,
       ADD CONSTRAINT platforms_platform_id_check CHECK (platform_id <> '') NOT VALID`,
    "validated constraint: platforms_platform_id_check on dagapp.platforms",
  ],
  [
    "DROP INDEX dagapp.idx_geospatial_assets_latest",
    "invalid index: dagapp.idx_geospatial_assets_latest",
  ],
  [
    "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'dagapp.idx_jobs_asset_id'::REGCLASS",
    "invalid index: dagapp.idx_jobs_asset_id",
  ],
  ["DROP FUNCTION dagapp.seed_reference_data()", "unsafe function: dagapp.seed_reference_data()"],
  [
    "ALTER FUNCTION dagapp.seed_reference_data() SECURITY DEFINER",
    "unsafe function: dagapp.seed_reference_data()",
  ],
  [
    "ALTER FUNCTION dagapp.seed_reference_data() RESET search_path",
    "unsafe function: dagapp.seed_reference_data()",
  ],
  [
    "ALTER TABLE dagapp.platforms DISABLE TRIGGER update_platforms_updated_at",
    "disabled trigger: update_platforms_updated_at on dagapp.platforms",
  ],
  ["DELETE FROM dagapp.platforms", "dagapp.platforms has no row ddh"],
];

describe.each(serverVersions)("the post-flight of 003 on PostgreSQL %d", (major) => {
  const suite = useServer({ major });
  let database: GovernedDatabase;
  let superuser: Client;
  let postflight: string;

  beforeAll(async () => {
    database = await makeGovernedDatabase(suite.server);
    suite.endLater(() => database.close());
    superuser = await database.connect("superuser");
    await rollForward(database);
    const sql = await readFile(join(migrationsFolder, VERSIONS[2].forward), "utf8");
    postflight = sql.slice(sql.indexOf("-- POST-FLIGHT VALIDATION"));
  });

  it("passes on what the file made, and again later", async () => {
    expect(await runStatements(superuser, postflight)).toEqual([
      "Migration 0.3.0 completed successfully",
    ]);
  });

  it.each(SPOILT)("after %s says what is wrong", async (spoil, message) => {
    await superuser.query("BEGIN");
    await superuser.query(spoil);
    // A failure rolls the transaction back, and the damage with it.
    await expect(runStatements(superuser, postflight)).rejects.toThrow(message);
  });
});
