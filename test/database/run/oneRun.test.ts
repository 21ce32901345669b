/**
 * Several migrations in one run: one lock and one session for all of them, each as if it were alone; and what becomes of
 * lock and session when nothing is left to do, when one fails, and when the run is cut off in between.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { Client } from "pg";

import type { MigrationFile } from "../../../migrations/engine/files/file";
import { applyMigration } from "../../../migrations/engine/run/run";
import { KeptRunner } from "../../../migrations/engine/server/keptRunner";
import { type Runner, withRunner } from "../../../migrations/engine/server/runner";
import type { Outcome } from "../../../migrations/engine/server/session";
import { loadParser } from "../../../migrations/engine/statements/statements";
import type { OneRunTask } from "../../support/crash/oneRunChild";
import { makeMigration, type MigrationParts } from "../../support/files/makeMigration";
import {
  arrange,
  eventsOf,
  exists,
  failureOf,
  ledgerRows,
  nothingKnown,
} from "../../support/program/runs";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

/** Nothing waits for so long but what has got stuck. Milliseconds. */
const patienceMs = 30_000;

/** Calls of the driver for a migration of one statement that is not the first of its run, its own among them. */
const mostCalls = 25;

const partsOf = (number: number, more: MigrationParts = {}): MigrationParts => ({
  name: `00${number}_step_${number}`,
  version: `${number}.0.0`,
  body: `BEGIN;\nCREATE TABLE dagapp.t${number} (id INTEGER PRIMARY KEY);\nCOMMIT;`,
  rollbackBody: `DROP TABLE IF EXISTS dagapp.t${number};`,
  ...more,
});
const three = (second: MigrationParts = {}): readonly MigrationFile[] => [
  makeMigration(partsOf(1)),
  makeMigration(partsOf(2, second)),
  makeMigration(partsOf(3)),
];

const applyOne = (
  runner: Runner,
  files: readonly MigrationFile[],
  index: number,
  onLog: (line: string) => void = () => undefined,
): Promise<Outcome> => {
  const migration = files[index];
  if (migration === undefined) throw new Error("no such file");
  const lower = files.slice(0, index).map(({ header }) => header.version);
  return applyMigration(runner, { migration, lower, expected: nothingKnown }, onLog);
};

async function applyAll(
  runner: Runner,
  files: readonly MigrationFile[],
  onLog?: (line: string) => void,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const index of files.keys()) outcomes.push(await applyOne(runner, files, index, onLog));
  return outcomes;
}

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major });
  let database: ProgramDatabase;

  /** Sessions of this program: what each is called. */
  const sessions = async (): Promise<readonly string[]> =>
    (
      await database.rows(
        `SELECT application_name AS name FROM pg_stat_activity
          WHERE datname = current_database() AND application_name LIKE 'rmhgeoapi-database: %' ORDER BY 1`,
      )
    ).map(({ name }) => String(name).replace("rmhgeoapi-database: ", ""));
  const lockPid = async (): Promise<unknown> =>
    (
      await database.rows(
        "SELECT pid FROM pg_locks WHERE relation = 'public.schema_migration_lock'::regclass",
      )
    )[0]?.["pid"] ?? null;
  const until = async (holds: () => Promise<boolean>): Promise<void> => {
    for (const deadline = Date.now() + patienceMs; !(await holds());) {
      if (Date.now() > deadline) throw new Error(`still: ${(await sessions()).join(", ")}`);
      await sleep(20);
    }
  };
  const allGone = (): Promise<void> =>
    until(async () => (await sessions()).length === 0 && (await lockPid()) === null);
  const end = (name: string): Promise<unknown> =>
    database.rows(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'rmhgeoapi-database: ' || $1`,
      [name],
    );
  const statuses = async (): Promise<readonly unknown[]> =>
    (await ledgerRows(database)).map(({ version, applied }) => [version, applied]);
  const allApplied = [
    ["1.0.0", true],
    ["2.0.0", true],
    ["3.0.0", true],
  ];

  beforeAll(loadParser);
  beforeEach(async () => {
    database = await suite.database();
  });

  it("takes the lock once and opens three connections for three migrations", async () => {
    const connect = jest.spyOn(Client.prototype, "connect");
    const query = jest.spyOn(Client.prototype, "query");
    const pids = new Set<unknown>();
    const calls: number[] = [];
    try {
      await withRunner(database.access, async (runner) => {
        const files = three();
        for (const index of files.keys()) {
          query.mockClear();
          await applyOne(runner, files, index);
          calls.push(query.mock.calls.length);
          pids.add(await lockPid());
        }
      });
      expect(connect).toHaveBeenCalledTimes(3);
      // bench/README.md says what each is for. The first migration reads more.
      expect(Math.max(...calls.slice(1))).toBeLessThanOrEqual(mostCalls);
    } finally {
      connect.mockRestore();
      query.mockRestore();
    }
    expect([...pids]).toEqual([expect.any(Number)]);
    expect(await statuses()).toEqual(allApplied);
    expect(await eventsOf(database, "3.0.0")).toEqual(["started", "segment-done 1", "applied"]);
    await allGone();
  });

  it("leaves nothing of one file in the session of the next", async () => {
    const first = makeMigration(
      partsOf(1, {
        body: `SET work_mem = '7MB';
SET search_path = dagapp;
BEGIN;
CREATE TABLE t1 (id INTEGER PRIMARY KEY);
SELECT pg_advisory_lock(4711);
PREPARE left_behind AS SELECT 1;
DECLARE open CURSOR WITH HOLD FOR SELECT 1;
LISTEN somebody;
COMMIT;`,
      }),
    );
    const second = makeMigration(
      partsOf(2, {
        body: `BEGIN;
CREATE TABLE dagapp.t2 AS SELECT current_user::text AS who, session_user::text AS login,
  current_setting('work_mem') AS mem, current_setting('search_path') AS path, current_setting('lock_timeout') AS waits,
  (SELECT count(*)::int FROM pg_prepared_statements) AS prepared, (SELECT count(*)::int FROM pg_cursors) AS cursors,
  (SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory') AS advisory,
  (SELECT count(*)::int FROM pg_listening_channels()) AS listening;
COMMIT;`,
      }),
    );
    const alone = await suite.database();
    await withRunner(alone.access, (runner) => applyOne(runner, [second], 0));
    const [expected] = await alone.rows("SELECT * FROM dagapp.t2");
    await alone.close();
    await withRunner(database.access, (runner) => applyAll(runner, [first, second]));
    const { infrastructure } = database.settings.roles;
    expect(await database.rows("SELECT * FROM dagapp.t2")).toEqual([
      { ...expected, who: infrastructure, login: database.names.migrator },
    ]);
  });

  it("stops at the one that fails, and lets go of lock and session", async () => {
    const kept = new KeptRunner(600_000);
    const files = three({ body: "BEGIN;\nSELECT 1/0;\nCOMMIT;" });
    const error = await failureOf(kept.use(database.access, (runner) => applyAll(runner, files)));
    expect(error.message).toContain("division by zero");
    await allGone();
    expect(await statuses()).toEqual([
      ["1.0.0", true],
      ["2.0.0", false],
    ]);
    expect(await exists(database, "dagapp.t3")).toBe(false);
    // The very same keeper goes on, with a lock and a session of its own.
    await kept.use(database.access, (runner) => applyAll(runner, three()));
    expect(await statuses()).toEqual(allApplied);
    await kept.letGo();
  });

  it("keeps lock and session for what comes next, and lets go of both when nothing comes", async () => {
    const kept = new KeptRunner();
    const files = three();
    await kept.use(database.access, (runner) => applyOne(runner, files, 0));
    const first = await lockPid();
    await kept.use(database.access, (runner) => applyOne(runner, files, 1));
    expect(await lockPid()).toBe(first);
    expect(first).not.toBeNull();
    await allGone();
    await kept.use(database.access, (runner) => applyOne(runner, files, 2));
    expect(await statuses()).toEqual(allApplied);
    await allGone();
  });

  it("serves another stack in a session of that stack's", async () => {
    const other = await suite.database();
    const kept = new KeptRunner(600_000);
    await kept.use(database.access, (runner) => applyOne(runner, three(), 0));
    await kept.use(other.access, (runner) => applyOne(runner, three(), 0));
    await allGone();
    expect(await ledgerRows(other)).toHaveLength(1);
    // And ends, long before it would be idle, where that is asked for.
    const last = kept.use(database.access, (runner) => applyOne(runner, three(), 1));
    await kept.end();
    expect((await last).ranNow).toBe(true);
    await allGone();
    await other.close();
  });

  it.each(["runner lock", "migration 1.0.0", "pre-flight"])(
    "goes on when the session %s was ended between two migrations",
    async (name) => {
      const files = three();
      await withRunner(database.access, async (runner) => {
        await applyOne(runner, files, 0);
        await end(name);
        await until(async () => !(await sessions()).includes(name));
        await sleep(50);
        await applyOne(runner, files, 1);
        await applyOne(runner, files, 2);
      });
      expect(await statuses()).toEqual(allApplied);
    },
  );

  it("runs nothing more when the lock is lost in the middle of the second, and resumes", async () => {
    const second = {
      body: "BEGIN;\nCREATE TABLE dagapp.t2 (id INTEGER);\nCOMMIT;\nBEGIN;\nSELECT pg_sleep(0.5);\nCOMMIT;\nCREATE TABLE dagapp.later (id INTEGER);",
    };
    const files = three(second);
    let isCut = false;
    const cut = (line: string): void => {
      if (isCut || !line.includes("transaction of 1 statements done")) return;
      // The first file has one such segment, and the second's first.
      isCut = true;
    };
    const error = await failureOf(
      withRunner(database.access, async (runner) => {
        await applyOne(runner, files, 0);
        await applyOne(runner, files, 1, (line) => {
          const was = isCut;
          cut(line);
          if (!was && isCut) void end("runner lock");
        });
        await applyOne(runner, files, 2);
      }),
    );
    expect(error.message).toContain("The connection that holds the runner lock was lost");
    expect(await exists(database, "dagapp.t3")).toBe(false);
    await allGone();
    const log: string[] = [];
    await withRunner(database.access, (runner) =>
      applyAll(runner, files, (line) => void log.push(line)),
    );
    expect(log.some((line) => line.startsWith("resuming: "))).toBe(true);
    expect(await statuses()).toEqual(allApplied);
  });

  it("applies each once when two runs rival", async () => {
    const run = (): Promise<readonly Outcome[]> =>
      withRunner(database.access, (runner) => applyAll(runner, three()));
    const [one, other] = await Promise.all([run(), run()]);
    for (const index of [0, 1, 2]) {
      const ran = [one[index], other[index]].filter((outcome) => outcome?.ranNow === true);
      expect(ran).toHaveLength(1);
    }
    expect(await eventsOf(database, "2.0.0")).toEqual(["started", "segment-done 1", "applied"]);
    await allGone();
  });

  it("tells what a person has decided since the migration before", async () => {
    const files = three();
    await arrange(database, "CREATE TABLE dagapp.item (id INTEGER)");
    await withRunner(database.access, async (runner) => {
      await applyOne(runner, files, 0);
      // By psql, beside the run: the next one must not build on it.
      await database.rows("UPDATE public.schema_migrations SET applied = false");
      const error = await failureOf(applyOne(runner, files, 1));
      expect(error.message).toContain("version 1.0.0 comes first and is not applied");
    });
    expect(await exists(database, "dagapp.t2")).toBe(false);
  });

  describe("killed with -9 between two migrations", () => {
    const child = (task: OneRunTask): ChildProcess =>
      spawn(
        process.execPath,
        [
          ...["--import", "tsx"],
          join(__dirname, "../../support/crash/oneRunChild.ts"),
          JSON.stringify(task),
        ],
        { stdio: ["pipe", "pipe", "inherit"] },
      );

    it("leaves a lock that is free at once, and a next run that goes on", async () => {
      const passwordOf = database.access.passwordOf;
      const password = (await passwordOf("admin", database.names.admin)) ?? "";
      const runner = child({
        ...{ settings: database.settings, password },
        migrations: [1, 2, 3].map((number) => partsOf(number)),
      });
      const said = async (): Promise<string> => {
        if (runner.stdout === null) throw new Error("no output");
        const [data] = (await once(runner.stdout, "data")) as [Buffer];
        return data.toString().trim();
      };
      expect(await said()).toBe("1.0.0");
      runner.stdin?.write("on\n");
      expect(await said()).toBe("2.0.0");
      expect(await lockPid()).not.toBeNull();
      runner.kill("SIGKILL");
      await once(runner, "exit");
      const files = three();
      const outcomes = await withRunner(database.access, (next) => applyAll(next, files));
      expect(outcomes.map(({ ranNow }) => ranNow)).toEqual([false, false, true]);
      expect(await statuses()).toEqual(allApplied);
    });
  });
});
