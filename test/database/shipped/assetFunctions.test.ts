/** Handing in assets and seeding reference data, as the DML-only service role, alone and many at once. */
import type { Client } from "pg";

import { rollForward } from "../../support/files/migrationFiles";
import {
  type GovernedDatabase,
  makeGovernedDatabase,
} from "../../support/servers/governedDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

interface HandIn {
  readonly asset: string;
  readonly platform?: string;
  readonly overwrite?: boolean;
  readonly lineage?: string | null;
  readonly version?: number | null;
  readonly isLatest?: boolean | null;
}

interface Answer {
  readonly operation: string;
  readonly new_revision: number;
  readonly error_message: string | null;
}

async function handIn(client: Client, given: HandIn): Promise<Answer | undefined> {
  const { asset, platform = "ddh", overwrite = false } = given;
  const { lineage = null, version = null, isLatest = null } = given;
  const { rows } = await client.query<Answer>(
    `SELECT * FROM dagapp.upsert_geospatial_asset(
       $1::VARCHAR, $2, jsonb_build_object('dataset_id', $1::VARCHAR), 'vector',
       $1::VARCHAR || '-item', 'collection',
       p_table_name => 'parcels', p_overwrite => $3, p_lineage_id => $4, p_version_ordinal => $5,
       p_is_latest => $6)`,
    [asset, platform, overwrite, lineage, version, isLatest],
  );
  return rows[0];
}

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major });
  let database: GovernedDatabase;
  let service: Client;

  beforeAll(async () => {
    database = await makeGovernedDatabase(suite.server);
    suite.endLater(() => database.close());
    service = await database.connect("service");
    await rollForward(database);
  });

  const all = async (query: string, ...values: unknown[]): Promise<unknown[]> =>
    (await service.query<Record<string, unknown>>(query, values)).rows;

  const latestOf = (lineage: string): Promise<unknown[]> =>
    all(
      `SELECT asset_id FROM dagapp.geospatial_assets
        WHERE lineage_id = $1 AND is_latest AND deleted_at IS NULL ORDER BY 1`,
      lineage,
    );

  it("an asset is created, then exists, is overwritten, deleted and reactivated", async () => {
    const job = "b".repeat(64);
    await service.query("INSERT INTO dagapp.jobs (job_id, job_type) VALUES ($1, 'ingest')", [job]);
    expect(await handIn(service, { asset: "life" })).toEqual({
      operation: "created",
      new_revision: 1,
      error_message: null,
    });
    await service.query(
      `UPDATE dagapp.geospatial_assets
          SET current_job_id = $1, approval_state = 'approved', clearance_state = 'public',
              reviewer = 'curator', processing_status = 'completed', content_hash = 'h1'
        WHERE asset_id = 'life'`,
      [job],
    );
    expect(await handIn(service, { asset: "life" })).toEqual({
      operation: "exists",
      new_revision: 1,
      error_message: "Asset life exists; ask for overwrite to replace it",
    });
    expect(await handIn(service, { asset: "life", overwrite: true })).toEqual({
      operation: "overwritten",
      new_revision: 2,
      error_message: null,
    });
    const state = `SELECT revision, approval_state, clearance_state, reviewer, processing_status,
      current_job_id, content_hash, deleted_at FROM dagapp.geospatial_assets WHERE asset_id = 'life'`;
    const untouched = {
      approval_state: "pending_review",
      clearance_state: "uncleared",
      reviewer: null,
      processing_status: "pending",
      current_job_id: null,
      content_hash: null,
      deleted_at: null,
    };
    expect(await all(state)).toEqual([{ revision: 2, ...untouched }]);

    await service.query(
      `UPDATE dagapp.geospatial_assets SET deleted_at = now(), deleted_by = 'curator'
        WHERE asset_id = 'life'`,
    );
    expect(await handIn(service, { asset: "life" })).toEqual({
      operation: "reactivated",
      new_revision: 3,
      error_message: null,
    });
    expect(await all(state)).toEqual([{ revision: 3, ...untouched }]);

    const history = `SELECT revision, job_id, content_hash,
      approval_state_at_supersession AS approval, clearance_state_at_supersession AS clearance,
      reviewer_at_supersession AS reviewer FROM dagapp.asset_revisions
      WHERE asset_id = 'life' ORDER BY revision`;
    const first = { revision: 1, content_hash: "h1", approval: "approved", clearance: "public" };
    const second = {
      revision: 2,
      job_id: null,
      content_hash: null,
      approval: "pending_review",
      clearance: "uncleared",
      reviewer: null,
    };
    expect(await all(history)).toEqual([{ ...first, job_id: job, reviewer: "curator" }, second]);
    // The record of what was approved outlives the job.
    await service.query("DELETE FROM dagapp.jobs WHERE job_id = $1", [job]);
    expect(await all(history)).toEqual([{ ...first, job_id: null, reviewer: "curator" }, second]);
  });

  it("an asset outlives the job that made it", async () => {
    const job = "c".repeat(64);
    await service.query("INSERT INTO dagapp.jobs (job_id, job_type) VALUES ($1, 'ingest')", [job]);
    await handIn(service, { asset: "orphan" });
    await service.query(
      "UPDATE dagapp.geospatial_assets SET current_job_id = $1 WHERE asset_id = 'orphan'",
      [job],
    );
    await service.query("DELETE FROM dagapp.jobs WHERE job_id = $1", [job]);
    expect(
      await all("SELECT current_job_id FROM dagapp.geospatial_assets WHERE asset_id = 'orphan'"),
    ).toEqual([{ current_job_id: null }]);
  });

  it("another platform may not take an asset over, and an earlier record of a revision stands", async () => {
    await handIn(service, { asset: "mine" });
    expect(
      await handIn(service, { asset: "mine", platform: "other", overwrite: true }),
    ).toMatchObject({ operation: "error", new_revision: 1 });
    await service.query(
      `INSERT INTO dagapp.asset_revisions (asset_id, revision, reviewer_at_supersession,
         approval_state_at_supersession, clearance_state_at_supersession)
       VALUES ('mine', 1, 'application', 'approved', 'public')`,
    );
    await handIn(service, { asset: "mine", overwrite: true });
    expect(
      await all(
        `SELECT revision, reviewer_at_supersession FROM dagapp.asset_revisions WHERE asset_id = 'mine'`,
      ),
    ).toEqual([{ revision: 1, reviewer_at_supersession: "application" }]);
  });

  it("one version of a lineage is the latest: the newest, unless another is asked for", async () => {
    await handIn(service, { asset: "v1", lineage: "roads", version: 1 });
    await handIn(service, { asset: "v2", lineage: "roads", version: 2 });
    expect(await latestOf("roads")).toEqual([{ asset_id: "v2" }]);
    await handIn(service, { asset: "v1", overwrite: true });
    expect(await latestOf("roads")).toEqual([{ asset_id: "v2" }]);
    await handIn(service, { asset: "v1", overwrite: true, isLatest: true });
    expect(await latestOf("roads")).toEqual([{ asset_id: "v1" }]);

    // The latest is deleted, another takes its place, and the deleted one comes back.
    await service.query(
      "UPDATE dagapp.geospatial_assets SET deleted_at = now() WHERE asset_id = 'v1'",
    );
    await handIn(service, { asset: "v2", overwrite: true, isLatest: true });
    expect(await handIn(service, { asset: "v1" })).toMatchObject({ operation: "reactivated" });
    expect(await latestOf("roads")).toEqual([{ asset_id: "v2" }]);
  });

  it("of callers that hand in one asset at once, one creates it", async () => {
    const callers = await Promise.all([1, 2, 3, 4, 5, 6].map(() => database.connect("service")));
    const answers = await Promise.all(callers.map((caller) => handIn(caller, { asset: "race" })));
    expect(answers.map((answer) => answer?.operation).sort()).toEqual([
      "created",
      ...Array.from({ length: 5 }, () => "exists"),
    ]);
    const overwritten = await Promise.all(
      callers.map((caller) => handIn(caller, { asset: "race", overwrite: true })),
    );
    expect(overwritten.map((answer) => answer?.new_revision).sort()).toEqual([2, 3, 4, 5, 6, 7]);
    expect(
      await all(
        "SELECT count(*)::INTEGER AS kept FROM dagapp.asset_revisions WHERE asset_id = 'race'",
      ),
    ).toEqual([{ kept: 6 }]);
  });

  it("of versions that are handed in at once, one is the latest and none deadlocks", async () => {
    const callers = await Promise.all([1, 2, 3, 4, 5, 6].map(() => database.connect("service")));
    await Promise.all(
      callers.map(async (caller, index) => {
        for (const version of [1, 2, 3]) {
          const asset = `rivers-${(index + version) % 4}`;
          await handIn(caller, { asset, lineage: "rivers", overwrite: true, isLatest: true });
        }
      }),
    );
    expect(await latestOf("rivers")).toHaveLength(1);
  });

  it("reference data is seeded, again when it is missing, and never changed", async () => {
    const seed = "SELECT dagapp.seed_reference_data() AS inserted";
    const row = "SELECT display_name, nominal_refs FROM dagapp.platforms WHERE platform_id = 'ddh'";
    const seeded = {
      display_name: "Data Distribution Hub",
      nominal_refs: ["dataset_id", "resource_id"],
    };
    expect(await all(row)).toEqual([seeded]);
    await service.query("UPDATE dagapp.platforms SET display_name = 'Hub'");
    expect(await all(seed)).toEqual([{ inserted: 0 }]);
    expect(await all(row)).toEqual([{ ...seeded, display_name: "Hub" }]);
    await service.query("DELETE FROM dagapp.platforms");
    expect(await all(seed)).toEqual([{ inserted: 1 }]);
    expect(await all(row)).toEqual([seeded]);
  });
});
