/**
 * A rebuild while the application is connected: whoever is in the way is listed, and ended only on request; nothing is
 * left half done by a kill, and nobody keeps a right that was borrowed to end a session.
 * Policy: "DEV / QA: Rebuild Schema".
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { Client } from "pg";

import {
  RebuildHeldUpError,
  type RebuildOptions,
  RebuildRefusedError,
  rebuildSchemas,
} from "../../../migrations/engine/run/rebuild";
import type { RebuildTask } from "../../support/crash/rebuildChild";
import { SCHEMAS } from "../../support/files/migrationFiles";
import type { Configuration } from "../../support/program/makeSettings";
import { arrange, failureOf } from "../../support/program/runs";
import { readCatalog } from "../../support/servers/catalog";
import type { Login, ProgramDatabase } from "../../support/servers/programDatabase";
import { serverCatalog } from "../../support/servers/tierDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

const quick: Configuration = { lockTimeoutMs: "300", lockBudgetMs: "1000" };

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major });
  let database: ProgramDatabase;
  let log: string[];

  const make = async (configuration: Configuration = {}): Promise<void> => {
    database = await suite.database({ configuration: { ...quick, ...configuration } });
    await arrange(
      database,
      "CREATE TABLE dagapp.jobs (id INTEGER PRIMARY KEY, note TEXT)",
      "CREATE TABLE dagapp.tasks (id INTEGER PRIMARY KEY, job INTEGER REFERENCES dagapp.jobs)",
      "CREATE TABLE geoapi.layers (id INTEGER PRIMARY KEY, note TEXT)",
      "INSERT INTO dagapp.jobs SELECT generate_series(1, 100)",
      "INSERT INTO geoapi.layers SELECT generate_series(1, 100)",
    );
    await database.heal();
    await database.rows(
      "INSERT INTO public.schema_migrations (version, applied) VALUES ('1.0.0', true)",
    );
  };
  const rebuild = (options: RebuildOptions = {}, access = database.access): Promise<number> =>
    rebuildSchemas(access, (line) => log.push(line), options);
  /** Everything a rebuild may change, and what it must not. */
  const everything = async (): Promise<readonly unknown[]> => [
    await readCatalog(await database.connect("superuser"), SCHEMAS),
    await database.rows(serverCatalog),
    await database.rows("SELECT * FROM public.schema_migrations"),
    await database.rows("SELECT id FROM public.schema_migration_events ORDER BY id"),
  ];
  const tables = async (): Promise<readonly unknown[]> =>
    database.rows("SELECT FROM pg_class WHERE relnamespace = ANY ($1::regnamespace[])", [SCHEMAS]);
  const memberships = (): Promise<readonly unknown[]> =>
    database.rows("SELECT m::text AS line FROM pg_auth_members AS m ORDER BY 1");
  const pidOf = async (client: Client): Promise<number> => {
    const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    return rows[0]?.pid ?? 0;
  };
  const isAlive = async (pid: number): Promise<boolean> =>
    (await database.rows("SELECT FROM pg_stat_activity WHERE pid = $1", [pid])).length === 1;
  /** A session in the middle of a transaction that holds a lock. */
  const idling = async (login: Login, statement: string): Promise<readonly [Client, number]> => {
    const client = await database.connect(login);
    const pid = await pidOf(client);
    await client.query("BEGIN");
    await client.query(statement);
    return [client, pid];
  };
  const lastEvent = async (): Promise<Record<string, unknown>> => {
    const [row = {}] = await database.rows(
      "SELECT kind, login::text, detail FROM public.schema_migration_events ORDER BY id DESC LIMIT 1",
    );
    return row;
  };

  beforeEach(async () => {
    log = [];
    await make();
  });

  it("is refused while a transaction holds a lock; who does is listed, without what it ran, and nothing is changed", async () => {
    const [service, pid] = await idling(
      "service",
      "UPDATE dagapp.jobs SET note = 'a secret' WHERE id = 1",
    );
    const before = await everything();
    const error = await failureOf(rebuild());
    expect(error).toBeInstanceOf(RebuildHeldUpError);
    const { service: login } = database.names;
    expect(error.message).toContain("waiting for dagapp.jobs). Nothing was changed.");
    expect(error.message).toMatch(
      new RegExp(
        `\\n  process ${pid}, login ${login}, application "test: service", connected for \\d+\\.\\d s, in a transaction for \\d+\\.\\d s, idle in transaction \\(last: UPDATE\\)\\n`,
      ),
    );
    expect(error.message).toContain("make rebuild END_SESSIONS=1");
    // Named while it waits, too.
    expect(log.join("\n")).toMatch(
      /waiting for dagapp\.jobs, .* left: process .*; it is DROP SCHEMA "dagapp"/,
    );
    expect(log.join("\n") + error.message).not.toContain("secret");
    expect(await everything()).toEqual(before);
    await service.query("COMMIT");
    expect(await rebuild()).toBe(1);
    expect(await tables()).toEqual([]);
  });

  it("ends on request what is in the way and the application's sessions, no others, and keeps no borrowed right", async () => {
    const [, holder] = await idling("service", "SELECT FROM geoapi.layers");
    const [, migrator] = await idling("infrastructure", "LOCK TABLE dagapp.tasks");
    const [pool, idle] = [await database.connect("service"), await database.connect("migrator")];
    const [pooled, idleMigrator] = [await pidOf(pool), await pidOf(idle)];
    const [root, approver] = [
      await database.connect("superuser"),
      await database.connect("approver"),
    ];
    const untouched = [idleMigrator, await pidOf(root), await pidOf(approver)];
    const before = await memberships();
    expect(await rebuild({ endSessions: true })).toBe(1);
    await sleep(200);
    for (const pid of [holder, migrator, pooled])
      expect([pid, await isAlive(pid)]).toEqual([pid, false]);
    for (const pid of untouched) expect([pid, await isAlive(pid)]).toEqual([pid, true]);
    expect(await memberships()).toEqual(before);
    expect(await tables()).toEqual([]);
    const { service, infrastructure, admin } = database.names;
    const event = await lastEvent();
    expect(event).toMatchObject({ kind: "rebuilt", login: admin });
    expect((event["detail"] as { endedSessions: unknown[] }).endedSessions).toEqual(
      expect.arrayContaining([
        { pid: holder, login: service, application: "test: service" },
        { pid: migrator, login: infrastructure, application: "test: infrastructure" },
        { pid: pooled, login: service, application: "test: service" },
      ]),
    );
    expect(log.filter((line) => line.startsWith("ended the session of process"))).toHaveLength(3);
    await database.heal();
    expect(await database.deviations()).toEqual([]);
  });

  it("leaves sessions of other databases alone, also of the same login", async () => {
    const { host, port } = suite.server;
    const user = database.names.service;
    const password = (await database.access.passwordOf("service", user)) ?? "";
    const away = new Client({ host, port, user, password, database: "postgres" });
    await away.connect();
    const pid = await pidOf(away);
    await rebuild({ endSessions: true });
    await sleep(200);
    expect(await isAlive(pid)).toBe(true);
    await away.end();
  });

  it("does not need to end an idle pool: it is told that it stays, and that what it has prepared may fail", async () => {
    const objects = [
      "CREATE TYPE dagapp.mood AS ENUM ('fine')",
      "CREATE TABLE dagapp.moods (mood dagapp.mood, note TEXT)",
    ];
    await arrange(database, ...objects);
    await database.heal();
    const pool = await database.connect("service");
    const insert = { name: "insert", text: "INSERT INTO dagapp.moods (mood) VALUES ($1)" };
    const select = { name: "select", text: "SELECT note FROM dagapp.moods WHERE note = $1" };
    await pool.query(insert, ["fine"]);
    await pool.query(select, ["x"]);

    expect(await rebuild()).toBe(1);
    expect(log.at(-1)).toMatch(
      /^1 session\(s\) of the application stay connected: process \d+, login service_\w+, application "test: service", connected for /,
    );
    await arrange(database, ...objects);
    await database.heal();
    await pool.query(select, ["x"]);
    // The type of the parameter is one that is gone.
    expect((await failureOf(pool.query(insert, ["fine"]))).message).toContain(
      "cache lookup failed",
    );
    const anew = await database.connect("service");
    await anew.query(insert, ["fine"]);
  });

  it("never ends a superuser's session, nor one it may not end, and says who is to", async () => {
    const [root, pid] = await idling("superuser", "LOCK TABLE geoapi.layers IN SHARE MODE");
    const before = await everything();
    const error = await failureOf(rebuild({ endSessions: true }));
    expect(error).toBeInstanceOf(RebuildHeldUpError);
    expect(error.message).toContain(`process ${pid}, login ${suite.server.superuser.name}`);
    expect(error.message).toContain("have an administrator do so");
    expect(await isAlive(pid)).toBe(true);
    expect(await everything()).toEqual(before);
    await root.query("ROLLBACK");

    const { outsider } = database.names;
    await database.rows(
      `GRANT CONNECT ON DATABASE ${database.settings.server.database} TO ${outsider}`,
    );
    await database.rows(`GRANT USAGE ON SCHEMA dagapp TO ${outsider}`);
    await database.rows(`GRANT SELECT ON dagapp.jobs TO ${outsider}`);
    const [, stranger] = await idling("outsider", "SELECT FROM dagapp.jobs");
    // Since 16 CREATEROLE reaches only the roles that it made.
    if (major >= 16) {
      expect((await failureOf(rebuild({ endSessions: true }))).message).toContain(outsider);
      expect(await isAlive(stranger)).toBe(true);
    } else {
      expect(await rebuild({ endSessions: true })).toBe(1);
    }
  });

  it.each([false, true])(
    "comes through while the application reads and writes throughout (sessions ended: %s)",
    async (endSessions) => {
      await database.close();
      await make({ lockTimeoutMs: "2000", lockBudgetMs: "20000" });
      let stop = false;
      const rounds: number[] = [];
      const ends = new Set<string>();
      /** One of a pool: connects again when its session was ended. */
      const work = async (offset: number): Promise<void> => {
        let client = await database.connect("service");
        for (let round = 0; !stop; round += 1) {
          const id = 1 + ((round * 7 + offset) % 100);
          try {
            await client.query("BEGIN");
            // Not in the order in which the rebuild locks them.
            await client.query("UPDATE geoapi.layers SET note = 'x' WHERE id = $1", [id]);
            await client.query(
              "SELECT count(*) FROM dagapp.jobs JOIN dagapp.tasks ON job = jobs.id",
            );
            await client.query("UPDATE dagapp.jobs SET note = 'x' WHERE id = $1", [id]);
            await client.query("COMMIT");
            rounds.push(round);
          } catch (error) {
            ends.add((error as { code?: string }).code ?? "closed");
            await client.query("ROLLBACK").catch(() => undefined);
            if (ends.has("57P01")) client = await database.connect("service").catch(() => client);
            await sleep(5);
          }
        }
      };
      const pool = [0, 13, 29, 31].map(work);
      while (rounds.length < 40) await sleep(10);
      const started = Date.now();
      expect(await rebuild({ endSessions })).toBe(1);
      const tookMs = Date.now() - started;
      stop = true;
      await Promise.all(pool);
      expect(tookMs).toBeLessThan(10_000);
      expect(await tables()).toEqual([]);
      // 42P01 and 42501: what it worked on is gone. 40P01: it met the rebuild. 57P01: its session was ended.
      const expected = [
        "42P01",
        "42501",
        "40P01",
        "3F000",
        ...(endSessions ? ["57P01", "closed"] : []),
      ];
      expect([...ends].filter((code) => !expected.includes(code))).toEqual([]);
      await database.heal();
      expect(await database.deviations()).toEqual([]);
    },
  );

  it.each(["at once", "later"])(
    "killed in the middle it has changed nothing, and does all of it when it is called again %s",
    async (when) => {
      await database.close();
      await make({ lockTimeoutMs: "20000", lockBudgetMs: "20000" });
      await idling("service", "SELECT FROM geoapi.layers");
      const before = await everything();
      const password = (await database.access.passwordOf("admin", database.names.admin)) ?? "";
      const task: RebuildTask = { settings: database.access.settings, password };
      const file = join(__dirname, "../../support/crash/rebuildChild.ts");
      const child = spawn(process.execPath, ["--import", "tsx", file, JSON.stringify(task)], {
        stdio: "ignore",
      });
      const left = `SELECT FROM pg_stat_activity
        WHERE application_name LIKE '%: rebuild schemas' AND datname = current_database()`;
      // dagapp is dropped by then, in a transaction that is open.
      const waiting = `${left} AND wait_event_type = 'Lock' AND query LIKE '%"geoapi"%'`;
      while ((await database.rows(waiting)).length === 0) await sleep(20);
      child.kill("SIGKILL");
      await once(child, "exit");
      if (when === "later") {
        while ((await database.rows(left)).length > 0) await sleep(20);
        expect(await everything()).toEqual(before);
      }
      expect(await rebuild({ endSessions: true })).toBe(1);
      expect(await tables()).toEqual([]);
      await database.heal();
      expect(await database.deviations()).toEqual([]);
    },
  );

  it.each(["uat", "prod"])(
    "is refused by the stamp of %s, whatever is configured, and ends no session",
    async (tier) => {
      await database.close();
      await make({ tier });
      const [, pid] = await idling("service", "SELECT FROM dagapp.jobs");
      const before = await everything();
      for (const access of [database.access, database.accessWith({ tier: "dev" })]) {
        const error = await failureOf(rebuild({ endSessions: true }, access));
        expect(error).toBeInstanceOf(RebuildRefusedError);
      }
      expect(await isAlive(pid)).toBe(true);
      expect(await everything()).toEqual(before);
    },
  );
});
