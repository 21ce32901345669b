/**
 * Privileges while others work: healings of databases that share a server and its roles, role changes, migrations and
 * the application at once. Nobody is told "tuple concurrently updated", and nobody misses a right for a moment.
 */
import { setTimeout as sleep } from "node:timers/promises";

import { type Client, escapeIdentifier } from "pg";

import { createTables } from "../../../migrations/engine/ledger/ledger";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { type Healing, healPrivileges } from "../../../roles/database/heal";
import { inspectPrivileges } from "../../../roles/database/inspection";
import { inTransaction, withClient } from "../../../stack/connection";
import { makeMigration } from "../../support/files/makeMigration";
import { addSampleObjects, sampleObjects } from "../../support/privileges/sampleObjects";
import { apply } from "../../support/program/runs";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

/** Databases beside the first, with the same roles. */
const others = 7;

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major });
  let database: ProgramDatabase;

  const inside = <T>(name: string, work: (client: Client) => Promise<T>): Promise<T> =>
    withClient(
      database.accessWith({ database: name }),
      { account: "admin", activity: "test" },
      work,
    );
  const settingsOf = (name: string) => database.accessWith({ database: name }).settings;
  const heal = (name: string): Promise<Healing> =>
    inside(name, (client) => healPrivileges(client, settingsOf(name)));

  /** Another database of the same stack's roles, with objects in it. */
  const makeSibling = async (name: string): Promise<void> => {
    const { roles, schemas, tier } = settingsOf(name);
    await database.asAdmin((client) => client.query(`CREATE DATABASE ${escapeIdentifier(name)}`));
    await inside(name, async (client) => {
      const owner = escapeIdentifier(roles.infrastructure);
      for (const schema of schemas) {
        await client.query(`CREATE SCHEMA ${escapeIdentifier(schema)} AUTHORIZATION ${owner}`);
      }
      await inTransaction(client, () => createTables(client, roles, tier));
      await client.query(`SET ROLE ${owner}`);
      for (const statement of sampleObjects("dagapp")) await client.query(statement);
    });
  };

  beforeAll(async () => {
    await loadParser();
    database = await suite.database();
    await addSampleObjects(database);
    expect((await database.heal()).left).toEqual([]);
  });

  it("heals eight databases that share a server and its roles at once, while roles are changed", async () => {
    const names = Array.from({ length: others }, (_, n) => `${settingsOf("x").roles.service}_${n}`);
    for (const name of names) await makeSibling(name);
    const all = [database.settings.server.database, ...names];
    const { service, infrastructure } = database.settings.roles;
    const [user, owner] = [service, infrastructure].map(escapeIdentifier);

    let stop = false;
    const changing = [
      `ALTER ROLE ${user} SET lock_timeout = 1`,
      `ALTER ROLE ${user} CONNECTION LIMIT 7`,
      `GRANT ${owner} TO ${user}`,
      `ALTER DATABASE ${escapeIdentifier(all[0] ?? "")} SET search_path = x`,
    ].map(async (sql) => {
      const client = await database.connect("admin");
      while (!stop) {
        // Whoever does this by hand may well be told; it is healing that must not be.
        await client.query(sql).catch(() => undefined);
        await sleep(5);
      }
      await client.end();
    });
    const healing = all.flatMap((name) => [heal(name), heal(name)]);
    const results = await Promise.allSettled(healing);
    stop = true;
    await Promise.all(changing);
    expect(results.filter(({ status }) => status === "rejected")).toEqual([]);

    for (const name of all) expect((await heal(name)).left).toEqual([]);
    for (const name of all) {
      const { deviations } = await inside(name, (client) =>
        inspectPrivileges(client, settingsOf(name)),
      );
      expect(deviations).toEqual([]);
    }
  });

  it("a migration that changes what is being granted is tried again, and its user is not told", async () => {
    // GRANT holds the function's row of the catalog, without a lock that CREATE OR REPLACE would wait for.
    const granting = await database.connect("infrastructure");
    await granting.query("BEGIN");
    await granting.query("GRANT EXECUTE ON FUNCTION dagapp.twice(INTEGER) TO PUBLIC");
    const migration = makeMigration({
      body: "BEGIN;\nCREATE OR REPLACE FUNCTION dagapp.twice(n INTEGER) RETURNS INTEGER LANGUAGE sql AS 'SELECT n + n';\nCOMMIT;",
    });
    const log: string[] = [];
    const running = apply(database, migration, { onLog: (line) => log.push(line) });
    const waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'transactionid'";
    while ((await database.rows(waits)).length === 0) await sleep(10);
    await granting.query("COMMIT");
    await running;
    await granting.end();
    expect(log.join("\n")).toContain("another session is in the way (XX000)");
    expect((await database.heal()).left).toEqual([]);
  });

  it("the application never misses a right while privileges are mended", async () => {
    const service = await database.connect("service");
    const { service: role, infrastructure } = database.settings.roles;
    const [user, owner] = [role, infrastructure].map(escapeIdentifier);
    const delegate = escapeIdentifier(database.names.delegate);
    const ended = new AbortController();
    let served = 0;
    const serving = (async () => {
      while (!ended.signal.aborted) {
        await service.query("INSERT INTO dagapp.item (note) VALUES ('served')");
        await service.query("UPDATE dagapp.item_view SET note = 'served' WHERE id = 1");
        await service.query("SELECT dagapp.twice(2), count(*) FROM dagapp.measure");
        await service.query("DELETE FROM dagapp.item WHERE note = 'served'");
        served += 1;
      }
    })();
    for (let round = 1; round <= 10; round += 1) {
      for (const sql of [
        `GRANT ALL ON dagapp.item, dagapp.measure TO ${user} WITH GRANT OPTION`,
        `GRANT SELECT ON dagapp.item TO PUBLIC`,
        `GRANT SELECT, INSERT ON dagapp.item TO ${delegate} WITH GRANT OPTION`,
        `GRANT USAGE ON SCHEMA dagapp TO ${delegate}`,
        `ALTER FUNCTION dagapp.twice(INTEGER) OWNER TO ${escapeIdentifier(database.names.admin)}`,
        `ALTER ROLE ${user} CREATEDB`,
        `GRANT ${owner} TO ${user}`,
      ]) {
        await database.rows(sql);
      }
      // A right that only a delegate's grant gives must be given anew before the delegate loses it.
      const acting = await database.connect("superuser");
      await acting.query(`SET SESSION AUTHORIZATION ${delegate}`);
      await acting.query(`GRANT SELECT, INSERT ON dagapp.item TO ${user}`);
      await acting.end();
      const { mended } = await database.heal();
      expect(mended.length).toBeGreaterThan(4);
      // Since 16 what a superuser granted, only a superuser takes back.
      await database.rows(`REVOKE ${owner} FROM ${user}`);
    }
    ended.abort();
    await serving;
    expect(served).toBeGreaterThan(5);
    expect((await database.heal()).left).toEqual([]);
    expect(await database.deviations()).toEqual([]);
  });
});
