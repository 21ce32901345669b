/**
 * Runs that meet other sessions: a table lock in the way, another runner, a runner lock that is lost.
 */
import { StatementError } from "../../../migrations/engine/run/statementError";
import { RunnerBusyError, RunnerLockLostError } from "../../../migrations/engine/server/runnerLock";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { makeMigration } from "../../support/files/makeMigration";
import {
  apply,
  arrange,
  eventsOf,
  exists,
  failureOf,
  ledgerRows,
} from "../../support/program/runs";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major });
  let database: ProgramDatabase;

  beforeAll(loadParser);
  beforeEach(async () => {
    database = await suite.database();
    await arrange(database, "CREATE TABLE dagapp.item (id INTEGER)");
  });

  const addsColumn = () =>
    makeMigration({
      body: "BEGIN;\nCREATE TABLE dagapp.before (id INTEGER);\nALTER TABLE dagapp.item ADD COLUMN note TEXT;\nCOMMIT;",
    });

  it("tries a segment again while a lock is in its way, and goes on when it is gone", async () => {
    const reader = await database.connect("service");
    await reader.query("BEGIN");
    await reader.query("SELECT * FROM dagapp.item");
    let tries = 0;
    const { ranNow } = await apply(database, addsColumn(), {
      access: database.accessWith({ lockTimeoutMs: "50" }),
      onLog: (line) => {
        if (!line.includes("another session is in the way (55P03)")) return;
        tries += 1;
        if (tries === 2) void reader.query("COMMIT");
      },
    });
    expect(ranNow).toBe(true);
    expect(tries).toBeGreaterThanOrEqual(2);
    // The tries that failed left nothing behind: the table before was made once.
    expect(await eventsOf(database, "1.0.0")).toEqual(["started", "segment-done 1", "applied"]);
  });

  it("lets readers through between two tries", async () => {
    const reader = await database.connect("service");
    await reader.query("BEGIN");
    await reader.query("SELECT * FROM dagapp.item");
    const other = await database.connect("service");
    let waited = Infinity;
    let asked = false;
    const run = apply(database, addsColumn(), {
      access: database.accessWith({ lockTimeoutMs: "200" }),
      onLog: (line) => {
        if (asked || !line.startsWith("another session is in the way")) return;
        asked = true;
        const started = Date.now();
        void other
          .query("SELECT * FROM dagapp.item")
          .then(() => (waited = Date.now() - started))
          .then(() => reader.query("COMMIT"));
      },
    });
    await run;
    expect(waited).toBeLessThan(2_000);
  });

  it("gives up after its budget and keeps nothing", async () => {
    const reader = await database.connect("service");
    await reader.query("BEGIN");
    await reader.query("SELECT * FROM dagapp.item");
    const access = database.accessWith({ lockTimeoutMs: "50", lockBudgetMs: "300" });
    const error = await failureOf(apply(database, addsColumn(), { access }));
    expect(error).toBeInstanceOf(StatementError);
    expect(error.message).toContain("ALTER TABLE dagapp.item failed");
    expect(error.message).toContain("SQLSTATE 55P03");
    expect(await exists(database, "dagapp.before")).toBe(false);
    expect(await eventsOf(database, "1.0.0")).toEqual(["started", "failed 1"]);
  });

  it("applies once when ten runners start at once, without a deadlock with CONCURRENTLY", async () => {
    const migration = makeMigration({
      body: "BEGIN;\nCREATE TABLE dagapp.jobs (job_id TEXT);\nCOMMIT;\nCREATE INDEX CONCURRENTLY jobs_id ON dagapp.jobs (job_id);",
    });
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () =>
        apply(database, migration, { access: database.accessWith({}) }),
      ),
    );
    expect(outcomes.filter(({ ranNow }) => ranNow)).toHaveLength(1);
    const waited = outcomes.filter(({ log }) =>
      log.some((line) => line.startsWith("waiting for another runner: process ")),
    );
    expect(waited).toHaveLength(9);
    expect(new Set(outcomes.map(({ state }) => state.checksum)).size).toBe(1);
    expect(await eventsOf(database, "1.0.0")).toEqual([
      "started",
      "segment-done 1",
      "segment-started 2",
      "segment-done 2",
      "applied",
    ]);
    expect(await ledgerRows(database)).toHaveLength(1);
  });

  it("waits for the session of a runner that was killed, and gives up when it does not end", async () => {
    const zombie = await database.connect("infrastructure");
    await zombie.query("SET application_name = 'rmhgeoapi-database: migration 1.0.0'");
    const { rows } = await zombie.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    const error = await failureOf(
      apply(database, makeMigration(), { access: database.accessWith({ runnerWaitMs: "300" }) }),
    );
    expect(error).toBeInstanceOf(RunnerBusyError);
    expect(error.message).toContain(
      `still there after 300 ms: process ${rows[0]?.pid ?? 0}, login`,
    );
    expect(await ledgerRows(database)).toEqual([]);

    let asked = false;
    const { ranNow } = await apply(database, makeMigration(), {
      onLog: (line) => {
        if (asked || !line.startsWith("waiting for the session of an earlier run")) return;
        asked = true;
        void zombie.end();
      },
    });
    expect([asked, ranNow]).toEqual([true, true]);
  });

  it("names the session that holds the runner lock, and gives up in time", async () => {
    const holder = await database.connect("infrastructure");
    await holder.query("BEGIN");
    await holder.query("LOCK TABLE public.schema_migration_lock IN SHARE UPDATE EXCLUSIVE MODE");
    const { rows } = await holder.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    const lines: string[] = [];
    const error = await failureOf(
      apply(database, makeMigration(), {
        access: database.accessWith({ runnerWaitMs: "300" }),
        onLog: (line) => lines.push(line),
      }),
    );
    expect(error).toBeInstanceOf(RunnerBusyError);
    const who = `process ${rows[0]?.pid ?? 0}, login ${database.names.migrator}, test: infrastructure`;
    expect(error.message).toContain(`longer than 300 ms: ${who}`);
    expect(lines).toEqual([expect.stringContaining(`waiting for another runner: ${who}`)]);
    expect(await ledgerRows(database)).toEqual([]);

    await holder.query("COMMIT");
    expect((await apply(database, makeMigration())).ranNow).toBe(true);
  });

  it("runs nothing more when the connection that holds the lock is lost, and resumes later", async () => {
    const migration = makeMigration({
      body: "BEGIN;\nCREATE TABLE dagapp.one (id INTEGER);\nCOMMIT;\nBEGIN;\nSELECT pg_sleep(0.3);\nCOMMIT;\nCREATE TABLE dagapp.two (id INTEGER);",
    });
    let cut = false;
    const run = apply(database, migration, {
      onLog: (line) => {
        if (cut || !line.includes("transaction of 1 statements done")) return;
        cut = true;
        void database.rows(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE usename = $1 AND application_name LIKE '%runner lock'`,
          [database.names.migrator],
        );
      },
    });
    expect(await failureOf(run)).toBeInstanceOf(RunnerLockLostError);
    expect(await exists(database, "dagapp.two")).toBe(false);

    const { log } = await apply(database, migration);
    expect(log).toContainEqual(expect.stringMatching(/^resuming: [12] segment/));
    expect(await exists(database, "dagapp.two")).toBe(true);
  });
});
