/**
 * Rolling back: an applied version, one that failed half way, one whose rollback was cut off; recorded, in order, and
 * followed by a clean up.
 */
import { setTimeout as sleep } from "node:timers/promises";

import { readHistory } from "../../../migrations/engine/ledger/ledger";
import { RollbackRefusedError, RolledBackError } from "../../../migrations/engine/run/rollback";
import { StatementError } from "../../../migrations/engine/run/statementError";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { loadMigrations } from "../../../migrations/engine/survey/load";
import { makeMigration } from "../../support/files/makeMigration";
import { migrationsFolder } from "../../support/files/migrationFiles";
import {
  apply,
  arrange,
  eventsOf,
  exists,
  failureOf,
  ledgerRows,
  rollBack,
} from "../../support/program/runs";
import { readCatalog } from "../../support/servers/catalog";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

/** Two segments, and a rollback in two, the second of which waits for as long as dagapp.pause says. */
const twoSteps = {
  body: `BEGIN;
CREATE TABLE dagapp.one (id INTEGER PRIMARY KEY);
COMMIT;
BEGIN;
CREATE TABLE dagapp.two (id INTEGER PRIMARY KEY);
COMMIT;`,
  rollbackBody: `DROP TABLE IF EXISTS dagapp.two;
COMMIT;
BEGIN;
SELECT pg_sleep(seconds) FROM dagapp.pause;
DROP TABLE IF EXISTS dagapp.one;`,
};

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major });
  let database: ProgramDatabase;

  beforeAll(loadParser);
  beforeEach(async () => {
    database = await suite.database();
  });

  const statusOf = async (version = "1.0.0") =>
    (await database.asAdmin(readHistory)).versions.find((one) => one.version === version);
  const catalogOf = async (): Promise<readonly string[]> => {
    const client = await database.connect("superuser");
    const lines = await readCatalog(client, database.settings.schemas);
    await client.end();
    return lines;
  };
  const rollbackEvents = () =>
    database.rows(
      `SELECT kind, segment, login::text, checksum, rollback_checksum, ticket
         FROM public.schema_migration_events WHERE detail->>'direction' = 'rollback' ORDER BY id`,
    );

  it("takes the project's own migrations back, newest first, to what was before each, and applies them again", async () => {
    const { migrations: all } = await loadMigrations(migrationsFolder);
    // What cannot be undone (an enum value) stays in the catalog: see prove.test.ts.
    const end = all.findIndex(({ header }) => header.rollback.dataRecovery === "Not possible");
    const migrations = all.slice(0, end);
    const versions = migrations.map(({ header }) => header.version);
    const before: (readonly string[])[] = [];
    for (const [index, migration] of migrations.entries()) {
      before.push(await catalogOf());
      await apply(database, migration, { lower: versions.slice(0, index) });
    }
    const applied = await catalogOf();
    for (const [index, migration] of [...migrations.entries()].reverse()) {
      const { ranNow, state } = await rollBack(database, migration, {
        higher: versions.slice(index + 1),
      });
      expect([ranNow, state.status]).toEqual([true, "rolled back"]);
      expect(await catalogOf()).toEqual(before[index]);
    }
    for (const [index, migration] of migrations.entries()) {
      await apply(database, migration, { lower: versions.slice(0, index) });
    }
    expect(await catalogOf()).toEqual(applied);
  });

  it("records both checksums, the login and the ticket of the rollback", async () => {
    const migration = makeMigration();
    await apply(database, migration);
    await rollBack(database, migration, { ticket: "CHG-2026-0999" });
    expect(await exists(database, "dagapp.jobs")).toBe(false);
    expect(await ledgerRows(database)).toMatchObject([
      {
        applied: false,
        rolled_back_at: expect.any(Date) as Date,
        executed_by: database.names.migrator,
        ticket_number: "CHG-2026-0999",
      },
    ]);
    const common = {
      login: database.names.migrator,
      checksum: migration.checksum,
      rollback_checksum: migration.rollback?.checksum,
      ticket: "CHG-2026-0999",
    };
    expect(await rollbackEvents()).toEqual([
      { kind: "started", segment: null, ...common },
      { kind: "segment-done", segment: 0, ...common },
      { kind: "rolled-back", segment: null, ...common },
    ]);
  });

  it("does nothing the second time, and says what was never started", async () => {
    const migration = makeMigration();
    const error = await failureOf(rollBack(database, migration));
    expect(error).toBeInstanceOf(RollbackRefusedError);
    expect(error.message).toContain("Version 1.0.0 was never started");
    await apply(database, migration);
    await rollBack(database, migration);
    const before = [await ledgerRows(database), await eventsOf(database, "1.0.0")];
    expect((await rollBack(database, migration)).ranNow).toBe(false);
    expect([await ledgerRows(database), await eventsOf(database, "1.0.0")]).toEqual(before);
  });

  it("refuses while a later version is applied or begun, and without a rollback file", async () => {
    const first = makeMigration();
    const second = makeMigration({
      name: "002_more",
      version: "1.1.0",
      body: "BEGIN;\nCREATE TABLE dagapp.more (id INTEGER);\nCOMMIT;\nSELECT 1 / 0;",
      rollbackBody: "DROP TABLE IF EXISTS dagapp.more;",
    });
    await apply(database, first);
    await failureOf(apply(database, second));
    const before = await rollbackEvents();
    const error = await failureOf(rollBack(database, first, { higher: ["1.1.0", "1.2.0"] }));
    expect(error).toBeInstanceOf(RollbackRefusedError);
    expect(error.message).toContain("while a later one is there: 1.1.0 (incomplete)");
    expect((await failureOf(rollBack(database, makeMigration({}, false)))).message).toContain(
      "001_add_jobs.sql has no rollback file.",
    );
    expect(await rollbackEvents()).toEqual(before);
    expect(await exists(database, "dagapp.jobs")).toBe(true);

    await rollBack(database, second);
    await rollBack(database, first, { higher: ["1.1.0", "1.2.0"] });
    expect(await exists(database, "dagapp.jobs")).toBe(false);
  });

  it("takes back a version that failed half way, and up then runs it whole", async () => {
    const parts = {
      body: "BEGIN;\nCREATE TABLE dagapp.one (id INTEGER);\nCOMMIT;\nINSERT INTO dagapp.later VALUES (1);",
      rollbackBody: "DROP TABLE IF EXISTS dagapp.two;\nDROP TABLE IF EXISTS dagapp.one;",
    };
    await failureOf(apply(database, makeMigration(parts)));
    expect(await exists(database, "dagapp.one")).toBe(true);
    // A corrected text starts from its beginning, and meets what the earlier one left, however often it is tried.
    const corrected = { ...parts, body: "BEGIN;\nCREATE TABLE dagapp.one (id BIGINT);\nCOMMIT;" };
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      const { message } = await failureOf(apply(database, makeMigration(corrected)));
      expect(message).toContain("An earlier text of version 1.0.0 was run in part");
      expect(message).not.toContain("Nothing of version");
      expect(message).toMatch(/Hint: Take back what the earlier text did.*psql .*_rollback\.sql/);
    }
    await rollBack(database, makeMigration(parts));
    expect(await exists(database, "dagapp.one")).toBe(false);

    await arrange(database, "CREATE TABLE dagapp.later (id INTEGER)");
    const { log } = await apply(database, makeMigration(parts));
    expect(log.join("\n")).not.toContain("resuming");
    expect(await exists(database, "dagapp.one")).toBe(true);
    expect(await statusOf()).toMatchObject({ status: "applied", begunRollback: null });
  });

  describe("where a stack's onFailure says rollback", () => {
    const parts = {
      body: "BEGIN;\nCREATE TABLE dagapp.one (id INTEGER);\nCOMMIT;\nINSERT INTO dagapp.later VALUES (1);",
      rollbackBody: "DROP TABLE IF EXISTS dagapp.one;",
    };
    const failing = (migration: ReturnType<typeof makeMigration>): Promise<Error> =>
      failureOf(
        apply(database, migration, { access: database.accessWith({ onFailure: "rollback" }) }),
      );

    it("is rolled back at once when something was kept, and says both", async () => {
      const error = await failing(makeMigration(parts));
      expect(error).toBeInstanceOf(RolledBackError);
      expect(error.message).toContain("INSERT dagapp.later failed");
      expect(error.message).toContain(
        "Version 1.0.0 was then rolled back with 001_add_jobs_rollback.sql: nothing of it is left.",
      );
      expect(error.message.match(/Hint:/g)).toHaveLength(1);
      expect(await exists(database, "dagapp.one")).toBe(false);
      expect((await statusOf())?.status).toBe("rolled back");
      expect((await rollbackEvents()).at(-1)).toMatchObject({
        kind: "rolled-back",
        ticket: "CHG-2026-0142",
      });
    });

    it("is left alone when nothing was kept or no rollback file is there", async () => {
      const nothing = await failing(makeMigration({ ...parts, body: "SELECT 1 / 0;" }));
      expect(nothing).toBeInstanceOf(StatementError);
      expect((await statusOf())?.status).toBe("incomplete");
      const without = await failing(makeMigration(parts, false));
      expect(without).toBeInstanceOf(StatementError);
      expect(without.message).toContain("There is no rollback file.");
      expect(await exists(database, "dagapp.one")).toBe(true);
      expect(await rollbackEvents()).toEqual([]);
    });

    it("says so when the rollback fails as well", async () => {
      const error = await failing(
        makeMigration({ ...parts, rollbackBody: "DROP TABLE dagapp.two;" }),
      );
      expect(error.message).toContain("INSERT dagapp.later failed");
      expect(error.message).toContain("Rolling version 1.0.0 back failed as well:");
      expect(error.message).toContain("DROP TABLE dagapp.two failed");
      expect((await statusOf())?.status).toBe("incomplete");
    });
  });

  it("leaves the version applied when the rollback fails at once, and says so", async () => {
    const migration = makeMigration({
      rollbackBody:
        "SELECT 1;\nCOMMIT;\nBEGIN;\nDROP TABLE dagapp.jobs;\nDROP TABLE dagapp.nowhere;",
    });
    await apply(database, migration);
    const error = await failureOf(rollBack(database, migration));
    expect(error).toBeInstanceOf(StatementError);
    expect(error.message).toContain("001_add_jobs_rollback.sql:");
    expect(error.message).toContain("DROP TABLE dagapp.nowhere failed");
    expect(error.message).toContain(
      "The rollback changed nothing: version 1.0.0 is as it was before.",
    );
    expect(await statusOf()).toMatchObject({ status: "applied", checksum: migration.checksum });
    expect(await eventsOf(database, "1.0.0")).toEqual([
      ...["started", "segment-done 1", "applied", "started", "failed 1"],
    ]);
  });

  describe("that is cut off between two of its segments", () => {
    const migration = () => makeMigration(twoSteps);
    const reached = async (): Promise<void> => {
      const observer = await database.connect("superuser");
      for (const deadline = Date.now() + 120_000; Date.now() < deadline;) {
        const { rowCount } = await observer.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE application_name LIKE '%rollback 1.0.0' AND wait_event = 'PgSleep'`,
        );
        if (rowCount === 1) return;
        await sleep(20);
      }
      throw new Error("the rollback never came to its pause");
    };
    beforeEach(async () => {
      await arrange(
        database,
        "CREATE TABLE dagapp.pause (seconds INTEGER)",
        "INSERT INTO dagapp.pause VALUES (30)",
      );
      await apply(database, migration());
      const cut = failureOf(rollBack(database, migration()));
      await reached();
      const error = await cut;
      expect(error.message).toMatch(
        /Version 1\.0\.0 is half rolled back: the segments at lines \d+ are done\./,
      );
      expect(await statusOf()).toMatchObject({
        status: "incomplete",
        begunRollback: { segmentsDone: [0] },
      });
      await arrange(database, "UPDATE dagapp.pause SET seconds = 0");
    });

    it("goes on at the first segment that is not done", async () => {
      const { log } = await rollBack(database, migration());
      expect(log).toContain("resuming: 1 segment(s) were done before");
      expect(await exists(database, "dagapp.one")).toBe(false);
      expect((await statusOf())?.status).toBe("rolled back");
    });

    it("is finished by up, which then applies the version whole", async () => {
      const { log } = await apply(database, migration());
      expect(log).toContain("the rollback of 1.0.0 was cut off: it is finished first");
      expect((await eventsOf(database, "1.0.0")).slice(-5)).toEqual([
        ...["rolled-back", "started", "segment-done 1", "segment-done 2", "applied"],
      ]);
      expect(await exists(database, "dagapp.two")).toBe(true);
    });

    it("is refused when its file is gone, with what to do", async () => {
      const error = await failureOf(apply(database, makeMigration(twoSteps, false)));
      expect(error.message).toContain("It is half rolled back.");
      expect(error.message).toContain("Restore the rollback file from git");
    });
  });
});
