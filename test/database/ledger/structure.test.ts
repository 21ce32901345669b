/**
 * What was changed in the schemas by hand is named until somebody vouches for it, and nothing else is. Policy: "All changes
 * via versioned scripts", "no manual fixes".
 */
import type { Client } from "pg";

import { describeDifference } from "../../../migrations/engine/history/snapshot";
import {
  type Comparison,
  recordOfRun,
  wholeRecord,
} from "../../../migrations/engine/history/structureRecord";
import { adminRecords } from "../../../migrations/engine/history/upgrades";
import {
  acknowledge,
  acknowledgeSchema,
  DecisionRefusedError,
} from "../../../migrations/engine/ledger/decisions";
import {
  readCurrentState,
  readExpected,
  readStructure,
} from "../../../migrations/engine/ledger/structure";
import { rebuildSchemas } from "../../../migrations/engine/run/rebuild";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { forwardText, makeMigration, rollbackText } from "../../support/files/makeMigration";
import { apply, arrange, failureOf, rollBack } from "../../support/program/runs";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

const first = () =>
  makeMigration({
    body: `BEGIN;
CREATE TABLE dagapp.jobs (job_id TEXT PRIMARY KEY, status TEXT);
CREATE VIEW dagapp.names AS SELECT job_id FROM dagapp.jobs;
CREATE TABLE pgstac.items (id TEXT, collection TEXT) PARTITION BY LIST (collection);
COMMIT;`,
    rollbackBody: "DROP TABLE pgstac.items;\nDROP TABLE dagapp.jobs CASCADE;",
  });
const secondParts = {
  ...{ name: "002_second", version: "1.1.0" },
  body: "BEGIN;\nCREATE TABLE dagapp.second (id INTEGER);\nCOMMIT;",
  rollbackBody: "DROP TABLE IF EXISTS dagapp.second;",
};
const second = () => makeMigration(secondParts);
/** Keeps its table, then fails until there are no two jobs of one status. */
const halfParts = {
  ...{ name: "002_second", version: "1.1.0" },
  body: "BEGIN;\nCREATE TABLE dagapp.second (id INTEGER);\nCOMMIT;\nCREATE UNIQUE INDEX CONCURRENTLY one_status ON dagapp.jobs (status);",
  rollbackBody: "DROP INDEX IF EXISTS dagapp.one_status;\nDROP TABLE IF EXISTS dagapp.second;",
};
const half = () => makeMigration(halfParts);

const byHand = "ALTER TABLE dagapp.jobs ADD COLUMN extra TEXT";
const extraIsNew = ["table dagapp.jobs: column extra is new"];
const vouching = { by: "Eve Holt", reason: "incident 4711" };

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major });
  let database: ProgramDatabase;

  beforeAll(loadParser);
  beforeEach(async () => {
    database = await suite.database();
  });

  const look = async (): Promise<Comparison> =>
    (await database.asAdmin((client) => readCurrentState(client, database.settings.schemas)))
      .structure;
  /** Each difference in words, or why there is no comparison. */
  const found = async (): Promise<readonly string[] | string> => {
    const comparison = await look();
    if (comparison.kind === "compared") return comparison.differences.map(describeDifference);
    return comparison.kind === "not compared" ? comparison.reason : comparison.kind;
  };
  const asInfrastructure = async <T>(work: (client: Client) => Promise<T>): Promise<T> => {
    const client = await database.connect("infrastructure");
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  };

  it("has nothing to say before the first run, nor of what is no change", async () => {
    await arrange(database, "CREATE TABLE dagapp.early (id INTEGER)");
    expect(await found()).toBe("never recorded");
    await apply(database, first());
    expect(await found()).toEqual([]);
    await arrange(
      database,
      "INSERT INTO dagapp.jobs VALUES ('a', 'x')",
      "ANALYZE dagapp.jobs",
      "REINDEX TABLE dagapp.jobs",
      "VACUUM FULL dagapp.jobs",
      "CREATE TABLE pgstac._items_1 PARTITION OF pgstac.items FOR VALUES IN ('c1')",
      `GRANT SELECT ON dagapp.jobs TO "${database.names.migrator}"`,
    );
    expect(await found()).toEqual([]);
    await database.heal();
    expect(await found()).toEqual([]);
  });

  it("names a change by hand through later runs, until an approver vouches for it", async () => {
    await apply(database, first());
    await arrange(database, byHand);
    expect(await found()).toEqual(extraIsNew);
    const { log } = await apply(database, second());
    expect(log.join("\n")).toContain("1 object was changed by hand before this run");
    expect(await found()).toEqual(extraIsNew);
    await rollBack(database, second());
    expect(await found()).toEqual(extraIsNew);

    for (const said of [
      { ...vouching, by: " " },
      { ...vouching, reason: "" },
    ]) {
      expect(await failureOf(acknowledgeSchema(database.access, said))).toBeInstanceOf(
        DecisionRefusedError,
      );
    }
    await acknowledgeSchema(database.access, vouching);
    expect(await found()).toEqual([]);
    expect(
      await database.rows(
        `SELECT kind, version, login::text, detail - 'structure' AS detail
           FROM public.schema_migration_events ORDER BY id DESC LIMIT 1`,
      ),
    ).toEqual([
      {
        ...{ kind: "acknowledged", version: null, login: database.names.approver },
        detail: {
          ...{ ...vouching, changes: extraIsNew },
          vouched: [
            {
              ...{ object: "table dagapp.jobs", part: "column extra", wanted: null, reason: "" },
              found: expect.stringMatching(/^[0-9a-f]{8}$/) as string,
              text: extraIsNew[0],
            },
          ],
        },
      },
    ]);
    const again = await failureOf(acknowledgeSchema(database.access, vouching));
    expect(again.message).toContain("The schemas are as they should be.");

    await apply(database, second());
    expect(await found()).toEqual([]);
    await arrange(database, "ALTER TABLE dagapp.jobs DROP COLUMN extra");
    expect(await found()).toEqual(["table dagapp.jobs: column extra is gone"]);
  });

  it("lets nobody vouch who runs migrations", async () => {
    await apply(database, first());
    await asInfrastructure(async (client) => {
      await expect(
        client.query(
          "INSERT INTO public.schema_migration_events (kind, detail) VALUES ('acknowledged', '{\"structure\": {}}')",
        ),
      ).rejects.toMatchObject({ code: "42501" });
      await expect(
        client.query(
          "INSERT INTO public.schema_migration_events (kind, version) VALUES ('structure-recorded', '1.0.0')",
        ),
      ).rejects.toMatchObject({ code: "42501" });
    });
  });

  it("does not believe what whoever runs migrations writes of the structure", async () => {
    await apply(database, first());
    await arrange(database, byHand);
    const live = await database.asAdmin((client) =>
      readStructure(client, database.settings.schemas),
    );
    const expected = await database.asAdmin(readExpected);
    if (expected.kind !== "known") throw new Error("nothing is known");
    const records = [wholeRecord(live), recordOfRun(expected, {}, live).record];
    await asInfrastructure(async (client) => {
      for (const [kind, record] of records.flatMap((one) =>
        ["applied", "rolled-back"].map((kind) => [kind, one] as const),
      )) {
        await client.query(
          `INSERT INTO public.schema_migration_events (kind, version, detail)
           VALUES ($1, '1.0.0', jsonb_build_object('structure', $2::jsonb, 'of', 'applied'))`,
          [kind, JSON.stringify(record)],
        );
      }
    });
    expect(await found()).toEqual(extraIsNew);
    await apply(database, second());
    expect(await found()).toEqual(extraIsNew);
  });

  it("does not believe a run that was begun by nobody, on ground that it calls whole", async () => {
    await apply(database, first());
    await arrange(database, byHand);
    const half = second();
    await asInfrastructure(async (client) => {
      await client.query(
        `INSERT INTO public.schema_migrations (version, started_at, applied) VALUES ('1.1.0', now(), false)`,
      );
      for (const [kind, segment, detail] of [
        ["started", null, { deviations: {} }],
        ["segment-done", 99, {}],
      ] as const) {
        await client.query(
          `INSERT INTO public.schema_migration_events (kind, version, segment, checksum, rollback_checksum, detail)
           VALUES ($1, '1.1.0', $2, $3, $4, $5)`,
          [kind, segment, half.checksum, half.rollback?.checksum ?? null, JSON.stringify(detail)],
        );
      }
    });
    // Nor is the version half done because somebody says so.
    expect(await found()).toEqual(extraIsNew);
    await apply(database, half);
    expect(await found()).toEqual(extraIsNew);
  });

  it("believes what an older release left in the events, until its tables are this one's", async () => {
    await apply(database, first());
    await database.rows(
      `UPDATE public.schema_migration_events AS e SET detail = e.detail || jsonb_build_object('structure', s.detail -> 'structure')
         FROM public.schema_migration_events AS s WHERE e.kind = 'applied' AND s.kind = 'structure-recorded' AND s.detail ? 'structure'`,
    );
    await database.rows(
      "DELETE FROM public.schema_migration_events WHERE kind = 'structure-recorded'",
    );
    await database.rows(
      `INSERT INTO public.schema_migration_events (kind, detail) VALUES ('upgraded', '{"to": ${adminRecords}}')`,
    );
    await arrange(database, byHand);
    expect(await found()).toEqual(extraIsNew);
    await database.rows("DELETE FROM public.schema_migration_events WHERE kind = 'upgraded'");
    expect(await found()).toBe("never recorded");
  });

  it("is small in the events, and kept out of what is read with every check", async () => {
    await apply(database, first());
    await apply(database, second());
    const [row] = await database.rows(
      `SELECT detail -> 'structure' -> 'parts' AS parts, detail -> 'structure' -> 'whole' AS whole
         FROM public.schema_migration_events
        WHERE kind = 'structure-recorded' AND detail ? 'structure' AND version = '1.1.0'`,
    );
    expect(row?.["whole"]).toBe(false);
    expect(Object.keys(row?.["parts"] ?? {})).toEqual(["table dagapp.second"]);
  });

  it("says nothing of a version that is half done, and nothing false once it is whole or gone", async () => {
    await apply(database, first());
    await arrange(database, "INSERT INTO dagapp.jobs VALUES ('a', 'x'), ('b', 'x')", byHand);
    await failureOf(apply(database, half()));
    expect(await found()).toBe("half done");
    const refused = await failureOf(acknowledgeSchema(database.access, vouching));
    expect(refused.message).toContain("version 1.1.0 is half done");

    // Corrected and begun anew, it fails before it changes anything: what the first try left is still there.
    const corrected = { ...halfParts, body: `SELECT 1 / 0;\n${halfParts.body}` };
    await failureOf(apply(database, makeMigration(corrected)));
    expect(await found()).toBe("half done");

    await rollBack(database, half());
    expect(await found()).toEqual(extraIsNew);

    await failureOf(apply(database, half()));
    await arrange(database, "DELETE FROM dagapp.jobs WHERE job_id = 'b'");
    await apply(database, half());
    expect(await found()).toEqual(extraIsNew);
    await rollBack(database, half());
    expect(await found()).toEqual(extraIsNew);
  });

  it("names what was mended by hand after a transaction had failed and left nothing", async () => {
    await apply(database, first());
    const body = "BEGIN;\nALTER TABLE dagapp.jobs ALTER COLUMN missing SET NOT NULL;\nCOMMIT;";
    const failing = makeMigration({ ...secondParts, body });
    await failureOf(apply(database, failing));
    expect(await found()).toEqual([]);
    await arrange(database, "ALTER TABLE dagapp.jobs ADD COLUMN missing TEXT");
    expect(await found()).toEqual(["table dagapp.jobs: column missing is new"]);
    await apply(database, failing);
    // The run made the column NOT NULL: it is the migration's now.
    expect(await found()).toEqual([]);
  });

  it("asks for no order of columns where a run has added some behind those of a change by hand", async () => {
    await apply(database, first());
    await arrange(database, byHand);
    const body = "BEGIN;\nALTER TABLE dagapp.jobs ADD COLUMN more TEXT;\nCOMMIT;";
    await apply(database, makeMigration({ ...secondParts, body }));
    expect(await found()).toEqual(extraIsNew);
    await arrange(database, "ALTER TABLE dagapp.jobs DROP COLUMN extra");
    expect(await found()).toEqual([]);
  });

  it("takes a rebuild for what it is", async () => {
    await apply(database, first());
    await arrange(database, byHand);
    await rebuildSchemas(database.access, () => undefined);
    expect(await found()).toEqual([]);
    await apply(database, first());
    expect(await found()).toEqual([]);
    await arrange(database, byHand);
    expect(await found()).toEqual(extraIsNew);
  });

  it("takes what psql ran as a change by hand, until the version is acknowledged", async () => {
    await apply(database, first());
    await asInfrastructure((client) => client.query(forwardText(secondParts)));
    expect(await found()).toEqual(["table dagapp.second is new"]);
    await acknowledge(database.access, vouching, second());
    expect(await found()).toEqual([]);

    await asInfrastructure((client) => client.query(rollbackText(secondParts)));
    expect(await found()).toEqual(["table dagapp.second is gone"]);
    await apply(database, second());
    expect(await found()).toEqual([]);
  });

  it("begins with the next run where events are older than this", async () => {
    await apply(database, first());
    await database.rows(
      "UPDATE public.schema_migration_events SET detail = detail - '{structure,deviations}'::text[]",
    );
    await arrange(database, byHand);
    expect(await found()).toBe("never recorded");
    await apply(database, second());
    expect(await found()).toEqual([]);
    await arrange(database, "ALTER TABLE dagapp.jobs DROP COLUMN extra");
    expect(await found()).toEqual(["table dagapp.jobs: column extra is gone"]);
  });

  it("says why it cannot compare, soon, and takes up again when it can", async () => {
    await apply(database, first());
    const holder = await database.connect("infrastructure");
    await holder.query("BEGIN; LOCK TABLE dagapp.names IN ACCESS EXCLUSIVE MODE");
    const started = Date.now();
    expect(await found()).toBe("another session keeps a table or view of theirs locked");
    expect(Date.now() - started).toBeLessThan(5_000);
    const { log } = await apply(database, second());
    expect(log.join("\n")).toContain("the structure of the schemas could not be read (55P03)");
    await holder.query("ROLLBACK");
    expect(await found()).toMatch(/^version 1\.1\.0 was applied at .+ without a record of it$/);
    await acknowledgeSchema(database.access, vouching);
    expect(await found()).toEqual([]);
  });

  it("does not compare what another major version has printed", async () => {
    await apply(database, first());
    await database.rows(
      `UPDATE public.schema_migration_events SET detail = jsonb_set(detail, '{structure,server}', '14')
        WHERE detail ? 'structure'`,
    );
    expect(await found()).toMatch(/^it was recorded on PostgreSQL 14, and /);
    await acknowledgeSchema(database.access, vouching);
    expect(await found()).toEqual([]);
  });

  it("is not misled by what a migration sets for its session", async () => {
    const body =
      "SET TimeZone = 'Asia/Tokyo';\nSET DateStyle = 'SQL, DMY';\nBEGIN;\nCREATE TABLE dagapp.second (at TIMESTAMPTZ DEFAULT '2026-01-31 12:00:00+00');\nCOMMIT;";
    await apply(database, first());
    await apply(database, makeMigration({ ...secondParts, body }));
    expect(await found()).toEqual([]);
  });
});
