/**
 * A server with a real replica: a replica takes no migration, and a batch lets one that is far behind catch up.
 */
import { setTimeout as sleep } from "node:timers/promises";

import { escapeIdentifier } from "pg";

import { loadParser } from "../../../migrations/engine/statements/statements";
import { surveyStack } from "../../../migrations/engine/survey/survey";
import { healPrivileges } from "../../../roles/database/heal";
import { connect } from "../../../sandbox/ready";
import { type PostgresServer, startServer } from "../../../sandbox/server";
import { ConnectionError, withClient } from "../../../stack/connection";
import { makeMigration } from "../../support/files/makeMigration";
import { apply, arrange, failureOf } from "../../support/program/runs";
import { makeProgramDatabase, type ProgramDatabase } from "../../support/servers/programDatabase";
import { startStandby } from "../../support/servers/standby";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  let primary: PostgresServer;
  let standby: PostgresServer;
  let database: ProgramDatabase;

  beforeAll(async () => {
    await loadParser();
    primary = await startServer({ major });
    database = await makeProgramDatabase(primary);
    standby = await startStandby(primary);
  });
  afterAll(async () => {
    await database.close();
    await standby.stop();
    await primary.stop();
  });

  /** Asks the replica, again while it starts to follow. */
  async function onStandby(sql: string, attempts = 20): Promise<readonly unknown[]> {
    const client = await connect(standby);
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } catch (error) {
      if (attempts <= 1) throw error;
      await sleep(500);
      return await onStandby(sql, attempts - 1);
    } finally {
      await client.end();
    }
  }

  async function lagMs(): Promise<number> {
    const [row] = await database.rows(
      "SELECT 1000 * extract(epoch FROM max(replay_lag))::float8 AS ms FROM pg_stat_replication",
    );
    return Number(row?.["ms"] ?? 0);
  }

  it("refuses a migration on the replica in words, and says so ahead", async () => {
    const server = { ...database.settings.server, port: standby.port };
    const access = { ...database.access, settings: { ...database.settings, server } };
    const error = await failureOf(apply(database, makeMigration(), { access }));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error.message).toContain(`127.0.0.1:${standby.port} is in recovery: it is a replica`);
    expect(error.message).toContain("Connect to the primary server.");
    const heal = withClient(access, { account: "admin", activity: "privileges" }, (client) =>
      healPrivileges(client, access.settings),
    );
    expect((await failureOf(heal)).message).toContain("is in recovery");
    const ahead = await surveyStack(access, "migrations", { lower: null, isUpdate: false });
    expect(JSON.stringify(ahead.preflight)).toContain("server-in-recovery");
  });

  it("lets a replica catch up before a batch goes on", async () => {
    const { admin } = database.names;
    await database.rows(`GRANT pg_monitor TO ${escapeIdentifier(admin)}`);
    await arrange(
      database,
      "CREATE TABLE dagapp.item (id INTEGER PRIMARY KEY, kind TEXT)",
      "INSERT INTO dagapp.item SELECT n, NULL FROM generate_series(1, 5000) n",
    );
    await onStandby("SELECT pg_wal_replay_pause()");
    const deadline = Date.now() + 60_000;
    while ((await lagMs()) < 11_000) {
      if (Date.now() > deadline) throw new Error("the replica does not fall behind");
      await database.rows("ANALYZE dagapp.item");
      await sleep(500);
    }
    const body = "-- batch rows=500\nUPDATE dagapp.item SET kind = 'k' WHERE kind IS NULL;";
    let waits = 0;
    const { log } = await apply(database, makeMigration({ body }), {
      onLog: (line) => {
        if (!/waits: a replica is \d+ s behind/.test(line)) return;
        waits += 1;
        if (waits === 2) void onStandby("SELECT pg_wal_replay_resume()");
      },
    });
    expect(waits).toBeGreaterThanOrEqual(2);
    expect(log.join("\n")).toMatch(/pre-flight: replica-behind: A replica is \d+ s behind/);
    const [left] = await database.rows(
      "SELECT count(*)::int AS n FROM dagapp.item WHERE kind IS NULL",
    );
    expect(left).toEqual({ n: 0 });
    expect(await onStandby("SELECT pg_is_in_recovery() AS follows")).toEqual([{ follows: true }]);
  });
});
