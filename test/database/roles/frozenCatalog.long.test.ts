/**
 * What PostgreSQL cannot refuse, and what ends it: two sessions of any login freeze a catalog, because CREATE RULE waits
 * for its lock before it is told that it may not. Nobody new comes in then; a session that was kept frees the server.
 */
import { setTimeout as sleep } from "node:timers/promises";

import type { Client } from "pg";

import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

const onUpdate = (catalog: string): string =>
  `CREATE RULE sly AS ON UPDATE TO pg_catalog.${catalog} DO INSTEAD NOTHING`;

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major });
  let database: ProgramDatabase;
  /** Kept open, and asked before: what it needs to know of the catalogs it knows. */
  let watch: Client;
  let keeper: Client;
  /** Kept open by a member of pg_signal_backend, who is a member of nobody else. */
  let signaller: Client;

  const waiting = `SELECT count(*)::int AS waiting FROM pg_locks WHERE NOT granted AND locktype = 'relation'`;
  const ending = (login: string): string =>
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${login}'`;
  async function until(count: number): Promise<void> {
    for (;;) {
      const { rows } = await watch.query<{ waiting: number }>(waiting);
      if ((rows[0]?.waiting ?? 0) >= count) return;
      await sleep(20);
    }
  }

  beforeAll(async () => {
    database = await suite.database();
    const { admin, service } = database.names;
    watch = await database.connect("superuser");
    await watch.query(waiting);
    keeper = await database.connect("admin");
    const inherits = major < 16 ? "" : " WITH INHERIT TRUE";
    await keeper.query(`GRANT ${service} TO ${admin}${inherits}`);
    await keeper.query(ending("nobody"));
    const { delegate } = database.names;
    await database.rows(`GRANT pg_signal_backend TO ${delegate}`);
    await database.rows(
      `GRANT CONNECT ON DATABASE ${database.settings.server.database} TO ${delegate}`,
    );
    signaller = await database.connect("delegate");
    await signaller.query(ending("nobody"));
  });

  it.each<readonly [string, string, string, () => Client]>([
    [
      "a catalog of the database",
      "SELECT 1 FROM pg_catalog.pg_class LIMIT 1",
      "pg_class",
      () => keeper,
    ],
    [
      "a catalog of the server",
      "PREPARE held AS SELECT 1 FROM pg_catalog.pg_authid",
      "pg_authid",
      () => signaller,
    ],
  ])(
    "two sessions of the service role freeze %s, and a kept session ends them",
    async (_, hold, catalog, kept) => {
      const [holder, asker] = [
        await database.connect("service"),
        await database.connect("service"),
      ];
      await holder.query("SET idle_in_transaction_session_timeout = 0");
      await holder.query("BEGIN");
      await holder.query(hold);
      await asker.query("SET lock_timeout = 0");
      const refusal = asker.query(onUpdate(catalog)).catch((error: unknown) => error);
      await until(1);
      const coming = database.connect("superuser");
      await until(2);
      await kept().query(ending(database.names.service));
      expect(await refusal).toBeInstanceOf(Error);
      await (await coming).query("SELECT 1");
    },
  );

  it("the service role's own lock_timeout ends it, as long as it does not change that", async () => {
    const [holder, asker] = [await database.connect("service"), await database.connect("service")];
    await holder.query("BEGIN");
    await holder.query("SELECT 1 FROM pg_catalog.pg_class LIMIT 1");
    await expect(asker.query(onUpdate("pg_class"))).rejects.toMatchObject({ code: "55P03" });
    await holder.query("COMMIT");
    await expect(asker.query(onUpdate("pg_class"))).rejects.toMatchObject({ code: "42501" });
  });

  it("an administrator's temp_file_limit holds, and is no deviation", async () => {
    await keeper.query(`REVOKE ${database.names.service} FROM ${database.names.admin}`);
    await database.rows(`ALTER ROLE ${database.names.service} SET temp_file_limit = '1MB'`);
    const client = await database.connect("service");
    await client.query("SET work_mem = '64kB'");
    await expect(client.query("SET temp_file_limit = -1")).rejects.toMatchObject({ code: "42501" });
    const spilling =
      "SELECT count(*) FROM (SELECT n FROM generate_series(1, 500000) n ORDER BY n % 7) x";
    await expect(client.query(spilling)).rejects.toMatchObject({ code: "53400" });
    expect((await database.heal()).left).toEqual([]);
    expect(await database.deviations()).toEqual([]);
    const kept = await database.rows(
      "SELECT setconfig::text AS kept FROM pg_db_role_setting WHERE setrole = $1::regrole",
      [database.names.service],
    );
    expect(kept).toEqual([{ kept: expect.stringContaining("temp_file_limit=1MB") as unknown }]);
  });
});
