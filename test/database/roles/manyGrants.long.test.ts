/**
 * Many objects: the number of questions does not grow with them, mending takes few round trips, and where the server has
 * no room for the locks of one transaction it is done in several.
 */
import { type Healing, healPrivileges } from "../../../roles/database/heal";
import { inspectPrivileges } from "../../../roles/database/inspection";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

/** More than the server of this test has room to lock at once: 10 locks for each of 20 connections, and some slack. */
const tables = 2_000;
const cramped = { max_locks_per_transaction: "10", max_connections: "20" };

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major, settings: cramped });
  let database: ProgramDatabase;

  beforeAll(async () => {
    database = await suite.database();
    const client = await database.connect("infrastructure");
    for (let made = 0; made < tables; made += 50) {
      const columns = Array.from({ length: 50 }, (_, n) => `dagapp.t${made + n} (id INTEGER)`);
      await client.query(columns.map((table) => `CREATE TABLE ${table}`).join(";"));
    }
    await client.end();
  });

  /** In transactions that this server has room for. */
  const drift = async (statement: (table: string) => string): Promise<void> => {
    const client = await database.connect("superuser");
    for (let done = 0; done < tables; done += 50) {
      const some = Array.from({ length: 50 }, (_, n) => statement(`dagapp.t${done + n}`));
      await client.query(some.join(";"));
    }
    await client.end();
  };
  const heal = (): Promise<{ healing: Healing; asked: number; log: readonly string[] }> =>
    database.asAdmin(async (client) => {
      const log: string[] = [];
      const spy = jest.spyOn(client, "query");
      const options = { log: (line: string) => log.push(line) };
      const healing = await healPrivileges(client, database.settings, options);
      return { healing, asked: spy.mock.calls.length, log };
    });

  it("asks the same questions as of an empty database", async () => {
    const questions = (one: ProgramDatabase): Promise<number> =>
      one.asAdmin(async (client) => {
        const spy = jest.spyOn(client, "query");
        expect((await inspectPrivileges(client, one.settings)).deviations).toEqual([]);
        return spy.mock.calls.length;
      });
    const empty = await suite.database();
    expect(await questions(database)).toBe(await questions(empty));
    await empty.close();
  });

  it("mends thousands of privileges in few round trips, telling of its progress", async () => {
    await drift((table) => `GRANT TRUNCATE ON ${table} TO ${database.names.service}`);
    const { healing, asked, log } = await heal();
    expect(healing.left).toEqual([]);
    expect(healing.mended).toHaveLength(tables);
    expect(asked).toBeLessThan(200);
    expect(log.join("\n")).toMatch(/privileges: 1000 of 2000 deviations worked on/);
    expect(await database.deviations()).toEqual([]);
    // Before PostgreSQL 18 GRANT takes no lock, so that all of it is one transaction.
    const events = await database.rows(
      `SELECT count(*)::integer AS events, sum((detail ->> 'count')::integer)::integer AS mended
         FROM public.schema_migration_events WHERE kind = 'healed' AND detail -> 'mended' ->> 0 LIKE '%TRUNCATE'`,
    );
    expect(events).toMatchObject([{ mended: tables }]);
    if (major < 18) expect(events).toMatchObject([{ events: 1 }]);
    else expect(log.join("\n")).toMatch(/more objects than the server lets one transaction lock/);
  });

  it("gives thousands of tables back to their owner, each in a transaction of its own", async () => {
    await drift((table) => `ALTER TABLE ${table} OWNER TO ${database.names.service}`);
    const { healing } = await heal();
    expect(healing.left).toEqual([]);
    expect(await database.deviations()).toEqual([]);
  });

  it("reports the few that cannot be mended among thousands, and mends the rest", async () => {
    await drift((table) => `GRANT TRUNCATE ON ${table} TO ${database.names.service}`);
    await database.rows("ALTER TABLE dagapp.t7 OWNER TO postgres");
    await database.rows("ALTER TABLE dagapp.t1234 OWNER TO postgres");
    const { healing, asked } = await heal();
    expect(healing.left.map(({ deviation }) => deviation.text)).toEqual(
      expect.arrayContaining(
        [7, 1234].map((n) => expect.stringContaining(`dagapp.t${n}: belongs`) as unknown),
      ),
    );
    expect(healing.mended.length).toBeGreaterThanOrEqual(tables - 2);
    expect(asked).toBeLessThan(300);
  });
});
