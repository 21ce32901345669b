/**
 * What others prepare does not reach the program's own work: nothing planted in the governed schemas runs with the
 * admin's rights, nobody without the right to run migrations keeps the runner from its lock, and who is in the way can
 * be ended by the admin.
 */
import { setTimeout as sleep } from "node:timers/promises";

import { impactsAmong } from "../../../migrations/engine/impact/classify";
import { applyMigration } from "../../../migrations/engine/run/run";
import { withRunner } from "../../../migrations/engine/server/runner";
import { surveyStack } from "../../../migrations/engine/survey/survey";
import { type PostgresServer, startServer } from "../../../sandbox/server";
import { makeAttackedDatabase } from "../../support/attacks/attackedDatabase";
import { plantCode, whoRan } from "../../support/attacks/plantedCode";
import { makeMigration } from "../../support/files/makeMigration";
import { migrationsFolder } from "../../support/files/migrationFiles";
import { refused } from "../../support/privileges/attempt";
import { apply, exists, failureOf } from "../../support/program/runs";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  let server: PostgresServer;
  let database: ProgramDatabase;

  const isWaiting = async (): Promise<boolean> => {
    const waiting = await database.rows(
      "SELECT FROM pg_locks WHERE NOT granted AND relation = 'public.schema_migration_lock'::regclass",
    );
    return waiting.length > 0;
  };

  beforeAll(async () => {
    server = await startServer({ major, settings: { autovacuum: "off" } });
    database = await makeAttackedDatabase(server);
  });
  afterAll(async () => {
    await database.close();
    await server.stop();
  });

  it("a service session that has prepared a statement on the runner lock does not keep a run waiting", async () => {
    const service = await database.connect("service");
    await service.query("BEGIN");
    await service.query("PREPARE mine AS UPDATE public.schema_migration_lock SET one = true");
    const { ranNow } = await apply(
      database,
      makeMigration({ name: "010_runs", version: "9.0.0", body: "SELECT 1;" }),
      {
        access: database.accessWith({ runnerWaitMs: "0" }),
      },
    );
    expect(ranNow).toBe(true);
    await service.end();
  });

  it("two service sessions that queue up before the lock keep a run waiting, and are named", async () => {
    const [first, second] = [await database.connect("service"), await database.connect("service")];
    await first.query("BEGIN");
    await first.query("PREPARE mine AS UPDATE public.schema_migration_lock SET one = true");
    // A rule needs ownership, which is asked for once the table is locked: until the first session ends it waits.
    await second.query("SET lock_timeout = 0");
    const queued = expect(
      second.query("CREATE RULE r AS ON INSERT TO public.schema_migration_lock DO INSTEAD NOTHING"),
    ).rejects.toMatchObject({ code: refused });
    while (!(await isWaiting())) await sleep(20);
    const run = (): Promise<unknown> =>
      apply(database, makeMigration({ name: "011_waits", version: "9.0.1", body: "SELECT 1;" }), {
        access: database.accessWith({ runnerWaitMs: "0" }),
      });
    const error = await failureOf(run());
    expect(error).toMatchObject({ code: "RUNNER_BUSY" });
    expect(error.message).toContain(`login ${database.names.service}`);
    await first.end();
    await queued;
    await second.end();
    await run();
  });

  it("two runs do not get the lock at once", async () => {
    const other = await database.connect("infrastructure");
    await other.query("BEGIN");
    await other.query("LOCK TABLE public.schema_migration_lock IN SHARE UPDATE EXCLUSIVE MODE");
    const error = await failureOf(
      apply(database, makeMigration({ name: "012_waits", version: "9.0.2", body: "SELECT 1;" }), {
        access: database.accessWith({ runnerWaitMs: "0" }),
      }),
    );
    expect(error).toMatchObject({ code: "RUNNER_BUSY" });
    expect(error.message).toContain(database.names.migrator);
    await other.end();
  });

  it("a migration that ends the session of the runner lock is not gone on with", async () => {
    const infra = database.settings.roles.infrastructure;
    const migration = makeMigration({
      name: "013_ends_lock",
      version: "9.0.3",
      body: `DO $$ BEGIN
  EXECUTE 'SET ROLE NONE';
  PERFORM pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE usename = session_user AND application_name LIKE '%runner lock';
  EXECUTE 'SET ROLE ${infra}';
END $$;
DO $$ BEGIN PERFORM pg_sleep(0.5); END $$;
BEGIN;
CREATE TABLE dagapp.after_lock (id INTEGER);
COMMIT;`,
    });
    const error = await failureOf(
      withRunner(database.access, (runner) =>
        applyMigration(
          runner,
          { migration, lower: [], expected: impactsAmong([migration], migration) },
          () => undefined,
        ),
      ),
    );
    expect(error).toMatchObject({ code: "RUNNER_LOCK_LOST" });
    expect(await exists(database, "dagapp.after_lock")).toBe(false);
  });

  it("the admin can end the sessions of the service role and of a migrator that are in the way", async () => {
    const admin = await database.connect("admin");
    for (const login of ["service", "migrator"] as const) {
      const session = await database.connect(login);
      const ended = new Promise((done) => session.once("end", done));
      const end = (): Promise<unknown> =>
        admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1", [
          database.names[login],
        ]);
      await expect(end()).rejects.toMatchObject({ code: refused });
      await admin.query(`GRANT ${database.names[login]} TO ${database.names.admin}`);
      await end();
      await ended;
      await admin.query(`REVOKE ${database.names[login]} FROM ${database.names.admin}`);
    }
    await admin.end();
    expect(await database.deviations()).toEqual([]);
  });

  describe("with code planted in the governed schemas", () => {
    beforeAll(async () => {
      await plantCode(database);
    });

    it("nothing of it runs while the program surveys, finds drift, heals and takes its tables over", async () => {
      await database.rows(`GRANT ALL ON ALL TABLES IN SCHEMA dagapp TO ${database.names.outsider}`);
      await database.rows(`GRANT ALL ON ALL FUNCTIONS IN SCHEMA dagapp TO PUBLIC`);
      await database.rows(`ALTER TABLE dagapp.trap OWNER TO ${database.names.admin}`);
      await database.rows(`ALTER VIEW dagapp.bait OWNER TO ${database.names.admin}`);
      await surveyStack(database.access, migrationsFolder, { lower: null, isUpdate: true });
      expect((await database.deviations()).length).toBeGreaterThan(10);
      const { left } = await database.heal();
      expect(left).toEqual([]);
      expect(await database.deviations()).toEqual([]);
      expect(await whoRan(database)).toEqual([]);
    });

    it("it runs as the admin where the admin itself reads a view or writes a table, unless it has become the infrastructure role", async () => {
      const admin = await database.connect("admin");
      await admin.query("SELECT * FROM dagapp.bait");
      await admin.query("INSERT INTO dagapp.trap (checked) VALUES (1)");
      const { admin: name } = database.names;
      expect(await whoRan(database)).toEqual(
        ["check", "default", "index", "trigger", "view"].map((what) => `${name} by ${what}`),
      );
      await database.rows("TRUNCATE dagapp.ran");
      const infra = database.settings.roles.infrastructure;
      await admin.query(`SET ROLE ${infra}`);
      await admin.query("SELECT * FROM dagapp.bait");
      expect(await whoRan(database)).toEqual([`${infra} by view`]);
      await admin.end();
    });
  });
});
