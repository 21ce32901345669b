/**
 * What the migrations make, as the catalog and the service role see it: keys, comments, owners, constraints.
 * Does NOT test the functions (see jobFunctions, assetFunctions) nor the way back (see migrations).
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import type { Client } from "pg";

import {
  migrationsFolder,
  rollForward,
  SCHEMAS,
  VERSIONS,
} from "../../support/files/migrationFiles";
import {
  type GovernedDatabase,
  makeGovernedDatabase,
} from "../../support/servers/governedDatabase";
import { runStatements } from "../../support/servers/sqlFile";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

const TABLES = `FROM pg_class AS c
  WHERE c.relkind = 'r' AND c.relnamespace::REGNAMESPACE::TEXT = ANY ($1)`;
const FOREIGN_KEYS = `FROM pg_constraint AS k
  WHERE k.contype = 'f' AND k.connamespace::REGNAMESPACE::TEXT = ANY ($1)`;
const FUNCTIONS = `FROM pg_proc AS p WHERE p.pronamespace::REGNAMESPACE::TEXT = ANY ($1)`;

/** Name of everything a migration makes that has a name of its own. */
const MADE = `
  SELECT c.relname AS name FROM pg_class AS c
   WHERE c.relkind IN ('r', 'i') AND c.relnamespace::REGNAMESPACE::TEXT = ANY ($1)
  UNION SELECT k.conname FROM pg_constraint AS k
   WHERE k.contype IN ('p', 'u', 'f', 'c') AND k.connamespace::REGNAMESPACE::TEXT = ANY ($1)
  UNION SELECT t.tgname FROM pg_trigger AS t
   WHERE NOT t.tgisinternal AND t.tgrelid IN (SELECT c.oid ${TABLES})
  UNION SELECT p.proname ${FUNCTIONS}
  UNION SELECT t.typname FROM pg_type AS t
   WHERE t.typtype = 'e' AND t.typnamespace::REGNAMESPACE::TEXT = ANY ($1)
  UNION SELECT e.enumlabel FROM pg_enum AS e JOIN pg_type AS t ON t.oid = e.enumtypid
   WHERE t.typnamespace::REGNAMESPACE::TEXT = ANY ($1)
  UNION SELECT a.attname FROM pg_attribute AS a
   WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attrelid IN (SELECT c.oid ${TABLES})`;

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major });
  let database: GovernedDatabase;
  let observer: Client;
  let service: Client;

  const names = async (query: string): Promise<string[]> => {
    const { rows } = await observer.query<{ name: string }>(query, [SCHEMAS]);
    return rows.map((row) => row.name);
  };

  beforeAll(async () => {
    database = await makeGovernedDatabase(suite.server);
    suite.endLater(() => database.close());
    observer = await database.connect("superuser");
    service = await database.connect("service");
    await rollForward(database);
  });

  it("has a primary key and a comment on each table", async () => {
    expect(await names(`SELECT c.oid::REGCLASS::TEXT AS name ${TABLES}`)).toHaveLength(29);
    expect(
      await names(`SELECT c.oid::REGCLASS::TEXT AS name ${TABLES} AND (
        NOT EXISTS (SELECT FROM pg_index AS x WHERE x.indrelid = c.oid AND x.indisprimary)
        OR obj_description(c.oid, 'pg_class') IS NULL)`),
    ).toEqual([]);
  });

  it("has an index that leads with the columns of each foreign key", async () => {
    expect((await names(`SELECT k.conname AS name ${FOREIGN_KEYS}`)).length).toBeGreaterThan(8);
    expect(
      await names(`SELECT k.conname AS name ${FOREIGN_KEYS} AND NOT EXISTS (
        SELECT FROM pg_index AS x WHERE x.indrelid = k.conrelid AND x.indpred IS NULL
           AND (x.indkey::INT2[])[0:cardinality(k.conkey) - 1] @> k.conkey)`),
    ).toEqual([]);
  });

  it("stores no time without its zone", async () => {
    expect(
      await names(`SELECT a.attname AS name FROM pg_attribute AS a
        WHERE a.atttypid = 'timestamp'::REGTYPE AND a.attrelid IN (SELECT c.oid ${TABLES})`),
    ).toEqual([]);
  });

  it("owns everything as the infrastructure role", async () => {
    expect(
      await names(`SELECT DISTINCT pg_get_userbyid(owner) AS name FROM (
        SELECT relowner AS owner FROM pg_class WHERE relnamespace::REGNAMESPACE::TEXT = ANY ($1)
        UNION ALL SELECT proowner FROM pg_proc WHERE pronamespace::REGNAMESPACE::TEXT = ANY ($1)
        UNION ALL SELECT typowner FROM pg_type WHERE typnamespace::REGNAMESPACE::TEXT = ANY ($1)
      ) AS owned`),
    ).toEqual([database.infrastructureRole]);
  });

  it("has a comment and a pinned search path on each function, and none is SECURITY DEFINER", async () => {
    expect(await names(`SELECT p.proname AS name ${FUNCTIONS}`)).toHaveLength(8);
    expect(
      await names(`SELECT p.proname AS name ${FUNCTIONS} AND (p.prosecdef
        OR NOT EXISTS (SELECT FROM unnest(p.proconfig) AS setting
          WHERE setting ~ '^search_path=pg_catalog, (dagapp|geoapi), pg_temp$')
        OR obj_description(p.oid, 'pg_proc') IS NULL)`),
    ).toEqual([]);
  });

  it("is validated to the last name by the post-flight of the file that makes it", async () => {
    const other = await makeGovernedDatabase(suite.server);
    const everything = await other.connect("superuser");
    const migrator = await other.connect("migrator");
    const known = new Set<string>();
    for (const { forward } of VERSIONS) {
      const sql = await readFile(join(migrationsFolder, forward), "utf8");
      await runStatements(migrator, sql);
      const { rows } = await everything.query<{ name: string }>(MADE, [SCHEMAS]);
      const made = rows.map((row) => row.name).filter((name) => !known.has(name));
      const words = new Set(sql.split("-- POST-FLIGHT VALIDATION")[1]?.match(/\w+/g));
      expect(made.filter((name) => !words.has(name))).toEqual([]);
      made.forEach((name) => known.add(name));
    }
    expect(known.size).toBeGreaterThan(300);
    await other.close();
  });

  describe("the service role", () => {
    const job = "a".repeat(64);

    it.each([
      [
        "a job id that is no SHA-256",
        `INSERT INTO dagapp.jobs (job_id, job_type) VALUES ('x', 't')`,
      ],
      [
        "a data set promoted as collection and as item",
        `INSERT INTO dagapp.promoted_datasets (promoted_id, stac_collection_id, stac_item_id)
         VALUES ('p', 'c', 'i')`,
      ],
      [
        "a place in the gallery below 1",
        `INSERT INTO dagapp.promoted_datasets (promoted_id, gallery_order) VALUES ('p', 0)`,
      ],
      [
        "a service that is checked every minute",
        `INSERT INTO dagapp.external_services (service_id, url, name, check_interval_minutes)
         VALUES ('s', 'https://example.org', 'n', 1)`,
      ],
      [
        "an unknown kind of metric",
        `INSERT INTO dagapp.job_metrics (job_id, metric_type) VALUES ('j', 'guess')`,
      ],
      [
        "a platform with a capital in its id",
        `INSERT INTO dagapp.platforms (platform_id, display_name) VALUES ('DDH', 'd')`,
      ],
      [
        "an asset that is neither vector nor raster",
        `INSERT INTO dagapp.geospatial_assets
           (asset_id, platform_refs, data_type, stac_item_id, stac_collection_id)
         VALUES ('a', '{}', 'tabular', 'i', 'c')`,
      ],
      [
        "a catalog entry of an unknown kind",
        `INSERT INTO geoapi.table_catalog (table_name, table_type) VALUES ('t', 'other')`,
      ],
    ])("is refused %s", async (_what, insert) => {
      await expect(service.query(insert)).rejects.toMatchObject({ code: "23514" });
    });

    it("is refused an unknown status, tracking of an unknown table and a second default style", async () => {
      await expect(
        service.query(`INSERT INTO dagapp.janitor_runs (run_id, run_type) VALUES ('r', 'other')`),
      ).rejects.toMatchObject({ code: "22P02" });
      await expect(
        service.query(
          `INSERT INTO dagapp.vector_etl_tracking (table_name, etl_job_id) VALUES ('none', 'j')`,
        ),
      ).rejects.toMatchObject({ code: "23503" });
      const style = `INSERT INTO geoapi.feature_collection_styles
        (collection_id, style_id, style_spec, is_default) VALUES ('c', $1, '{}', true)`;
      await service.query(style, ["first"]);
      await expect(service.query(style, ["second"])).rejects.toMatchObject({ code: "23505" });
    });

    it("cannot give a run the same task twice, although it does not fan out", async () => {
      await service.query(`INSERT INTO dagapp.workflow_runs
        (run_id, workflow_name, definition, platform_version) VALUES ('run', 'w', '{}', '1')`);
      const task = `INSERT INTO dagapp.workflow_tasks (task_instance_id, run_id, task_name, handler)
        VALUES ($1, 'run', 'load', 'h')`;
      await service.query(task, ["one"]);
      await expect(service.query(task, ["two"])).rejects.toMatchObject({ code: "23505" });
      const edge = `INSERT INTO dagapp.workflow_task_deps VALUES ('one', 'one')`;
      await expect(service.query(edge)).rejects.toMatchObject({ code: "23514" });
    });

    it("fills identity columns and has updated_at kept for it", async () => {
      await service.query(`INSERT INTO dagapp.jobs (job_id, job_type, updated_at)
        VALUES ('${job}', 't', '2000-01-01')`);
      await service.query(`INSERT INTO dagapp.job_events (job_id, event_type)
        VALUES ('${job}', 'job_created')`);
      const { rows } = await service.query<{ fresh: boolean }>(
        `UPDATE dagapp.jobs SET metadata = '{"a": 1}' WHERE job_id = '${job}'
         RETURNING updated_at = now() AS fresh`,
      );
      expect(rows).toEqual([{ fresh: true }]);
    });
  });
});
