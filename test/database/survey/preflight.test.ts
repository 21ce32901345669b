/**
 * Pre-flight against real servers: facts are read without waiting for anybody, refusals change nothing.
 */
import { loadParser } from "../../../migrations/engine/statements/statements";
import { PreflightError } from "../../../migrations/engine/survey/preflight";
import {
  describePreview,
  type PreflightPreview,
} from "../../../migrations/engine/survey/preflightPreview";
import { type Ahead, previewServer } from "../../../migrations/engine/survey/serverLook";
import { makeMigration } from "../../support/files/makeMigration";
import { apply, arrange, failureOf, ledgerRows, rollBack } from "../../support/program/runs";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

/** PgSTAC's table of versions, as its owner's: of nobody else's is a version read. */
async function makePgstacVersions(database: ProgramDatabase): Promise<void> {
  const { admin, infrastructure } = database.settings.roles;
  for (const sql of [
    "DO $$ BEGIN IF to_regrole('pgstac_admin') IS NULL THEN CREATE ROLE pgstac_admin; END IF; END $$",
    "CREATE TABLE pgstac.migrations (version TEXT, datetime TIMESTAMPTZ DEFAULT clock_timestamp())",
    "ALTER TABLE pgstac.migrations OWNER TO pgstac_admin",
    `GRANT SELECT ON pgstac.migrations TO ${admin}, ${infrastructure}`,
  ]) {
    await database.rows(sql);
  }
}

/** Adds a column, and drops it again. */
const adding = () =>
  makeMigration({
    body: "BEGIN;\nALTER TABLE dagapp.item ADD COLUMN n TEXT;\nCOMMIT;",
    rollbackBody: "ALTER TABLE dagapp.item DROP COLUMN n;",
  });

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major, settings: { max_connections: "20" } });
  let database: ProgramDatabase;

  /** A migration whose header requires something. */
  const requiring = (dependency: string) => {
    const migration = makeMigration();
    return { ...migration, header: { ...migration.header, dependencies: [dependency] } };
  };

  beforeAll(loadParser);
  beforeEach(async () => {
    database = await suite.database();
    await arrange(database, "CREATE TABLE dagapp.item (id INTEGER)");
  });
  afterEach(async () => {
    // A role of the whole server: the next test's database is to have none.
    await database.rows(
      `DO $$ BEGIN IF to_regrole('pgstac_admin') IS NOT NULL THEN
         DROP OWNED BY pgstac_admin CASCADE; DROP ROLE pgstac_admin; END IF; END $$`,
    );
  });

  it("says who locks a table that the migration touches, and runs when it is free", async () => {
    const holder = await database.connect("service");
    await holder.query("BEGIN");
    await holder.query("DELETE FROM dagapp.item");
    const { log } = await apply(
      database,
      makeMigration({ body: "BEGIN;\nALTER TABLE dagapp.item ADD COLUMN n TEXT;\nCOMMIT;" }),
      {
        onLog: (line) => {
          if (line.startsWith("pre-flight:")) void holder.query("COMMIT");
        },
      },
    );
    expect(log[0]).toMatch(
      /^pre-flight: lock-in-the-way: dagapp\.item is locked by process \d+, login service_\w+, application "test: service"/,
    );
  });

  it("does not wait behind an exclusive lock", async () => {
    const holder = await database.connect("infrastructure");
    await holder.query("BEGIN");
    await holder.query("LOCK TABLE dagapp.item IN ACCESS EXCLUSIVE MODE");
    const started = Date.now();
    let told = Infinity;
    await failureOf(
      apply(
        database,
        makeMigration({ body: "BEGIN;\nALTER TABLE dagapp.item ADD COLUMN n TEXT;\nCOMMIT;" }),
        {
          access: database.accessWith({ lockBudgetMs: "0", lockTimeoutMs: "200" }),
          onLog: (line) => {
            if (line.startsWith("pre-flight:")) told = Date.now() - started;
          },
        },
      ),
    );
    expect(told).toBeLessThan(3_000);
  });

  const ahead = (ahead: Partial<Ahead>): Promise<PreflightPreview | null> => {
    const files = [...(ahead.pending ?? []), ...(ahead.toRollBack ?? [])];
    const all = { files, pending: [], toRollBack: [], ...ahead };
    return database.asAdmin((client) => previewServer(client, database.settings.roles, all));
  };

  it("says ahead of a run what it would say, once for all files, and waits for nobody", async () => {
    expect(await ahead({})).toBeNull();
    const holder = await database.connect("infrastructure");
    await holder.query("BEGIN");
    await holder.query("LOCK TABLE dagapp.item IN ACCESS EXCLUSIVE MODE");
    const second = { ...requiring("Requires PgSTAC 0.9.x"), fileName: "002_second.sql", number: 2 };
    const started = Date.now();
    const look = await ahead({ pending: [adding(), second] });
    expect(Date.now() - started).toBeLessThan(2_000);
    expect(describePreview(look)).toEqual([
      expect.stringContaining(
        "002_second.sql: would be refused: version-required: DEPENDENCIES requires pgstac 0.9.x",
      ),
      expect.stringMatching(
        /^pre-flight, as the server is now: 001_add_jobs\.sql: warning: lock-in-the-way: dagapp\.item is locked by process \d+/,
      ),
    ]);
    const back = await ahead({ toRollBack: [adding()] });
    expect(describePreview(back)).toEqual([
      expect.stringContaining("001_add_jobs_rollback.sql: warning: lock-in-the-way: dagapp.item"),
    ]);
  });

  it("says so when it cannot look", async () => {
    await makePgstacVersions(database);
    const holder = await database.connect("superuser");
    await holder.query("BEGIN");
    await holder.query("LOCK TABLE pgstac.migrations IN ACCESS EXCLUSIVE MODE");
    const look = await ahead({ pending: [adding()] });
    await holder.query("ROLLBACK");
    expect(describePreview(look)).toEqual([
      "pre-flight: the server could not be asked: canceling statement due to lock timeout",
    ]);
  });

  it("looks before a rollback too, and lets it run all the same", async () => {
    const migration = requiring("Requires PostgreSQL 14");
    await apply(database, { ...migration, header: { ...migration.header, dependencies: [] } });
    const others = await Promise.all(Array.from({ length: 12 }, () => database.connect("service")));
    const { ranNow, log } = await rollBack(database, migration);
    expect(others).toHaveLength(12);
    expect(ranNow).toBe(true);
    expect(log[0]).toMatch(
      /^pre-flight: (no-connection-left: 17 of 17|few-connections-left: 16 of 17) connections are in use\./,
    );
  });

  it("refuses a version that is required and not there, and takes one that is", async () => {
    const error = await failureOf(apply(database, requiring("Requires PgSTAC 0.9.x")));
    expect(error).toBeInstanceOf(PreflightError);
    expect(error.message).toContain("version-required: DEPENDENCIES requires pgstac 0.9.x");
    expect(await ledgerRows(database)).toEqual([]);

    await makePgstacVersions(database);
    await database.rows("INSERT INTO pgstac.migrations VALUES ('0.8.1'), ('0.9.12')");
    expect((await apply(database, requiring("Requires PgSTAC 0.9.x"))).ranNow).toBe(true);
  });

  it("knows the version of the server", async () => {
    const error = await failureOf(apply(database, requiring("Requires PostgreSQL 14")));
    expect(error.message).toMatch(
      new RegExp(`requires postgresql 14, but the database has ${major}\\.`),
    );
    expect((await apply(database, requiring(`Requires PostgreSQL ${major}`))).ranNow).toBe(true);
  });

  it("warns when few connections are left, and refuses when there is none", async () => {
    // 20, of which 3 are the superuser's. A run has two, and one for this look.
    const others = await Promise.all(Array.from({ length: 12 }, () => database.connect("service")));
    const { log } = await apply(database, makeMigration());
    expect(log).toContainEqual(
      expect.stringMatching(
        /^pre-flight: few-connections-left: 1[67] of 17 connections are in use\./,
      ),
    );
    expect(others).toHaveLength(12);

    await database.connect("service");
    const error = await failureOf(
      apply(database, makeMigration({ name: "002_b", version: "1.1.0" })),
    );
    expect(error).toBeInstanceOf(PreflightError);
    expect(error.message).toContain("no-connection-left: 17 of 17 connections are in use.");
  });
});
