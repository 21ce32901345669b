/**
 * Healing: each kind of drift is found by name, with object and role, and mended to exactly what was there before.
 * What this login may not mend is reported with its statement, and keeps nothing else from being mended.
 */
import { setTimeout as sleep } from "node:timers/promises";

import { type Client, escapeIdentifier } from "pg";

import { readCatalog } from "../../../roles/database/catalog";
import { type Drift, drifts } from "../../support/drifts/drifts";
import { privilegeSnapshot, snapshotDifference } from "../../support/privileges/privilegeSnapshot";
import { addForeignTable, addSampleObjects } from "../../support/privileges/sampleObjects";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

/** A text that ends in … stands for any that begins like it. */
const startOf = (text: string): unknown =>
  text.endsWith("…") ? expect.stringContaining(text.slice(0, -1)) : text;

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major });
  let database: ProgramDatabase;
  let healed: readonly string[];

  /** Puts the real names in place of {service}, {infra} and so on, quoted or bare. */
  const named = (text: string, quote: (name: string) => string = escapeIdentifier): string =>
    Object.entries({
      ...database.names,
      infra: database.settings.roles.infrastructure,
      database: database.settings.server.database,
    }).reduce((result, [key, name]) => result.replaceAll(`{${key}}`, quote(name)), text);
  const bare = (text: string): string => named(text, (name) => name);
  const drift = async ({ as, sql }: Pick<Drift, "as" | "sql">): Promise<void> => {
    if (sql.length === 0) return;
    const client = await database.connect(as ?? "superuser");
    for (const statement of sql) await client.query(named(statement));
    await client.end();
  };
  /** What differs from the state after the first healing. */
  const changes = async (): Promise<readonly string[]> =>
    snapshotDifference(healed, await privilegeSnapshot(database));
  const texts = async (): Promise<readonly string[]> =>
    (await database.deviations()).map(({ text }) => text);

  beforeAll(async () => {
    database = await suite.database();
    await addSampleObjects(database);
    await addForeignTable(database);
    expect((await database.heal()).left).toEqual([]);
    healed = await privilegeSnapshot(database);
  });

  it("a second healing finds nothing to mend", async () => {
    expect(await database.heal()).toEqual({ mended: [], left: [] });
    expect(await texts()).toEqual([]);
    expect(await changes()).toEqual([]);
  });

  const known = drifts.filter(({ since = 0, until = 99 }) => since <= major && major <= until);

  /** Makes a drift, and takes back whatever served it, so that a failure does not show in the next test too. */
  const during = async (one: Drift, work: () => Promise<void>): Promise<void> => {
    try {
      await drift(one);
      await work();
    } catch (error) {
      for (const sql of [...(one.left?.statements ?? []), ...(one.undo ?? [])]) {
        await drift({ sql: [sql] }).catch(() => undefined);
      }
      await database.heal();
      throw error;
    }
  };

  it.each(known.filter(({ left }) => left === undefined))("finds and heals: $name", (one) =>
    during(one, async () => {
      const { mended, left } = await database.heal();
      expect(left).toEqual([]);
      expect(mended.map(({ text }) => text)).toEqual(
        expect.arrayContaining(one.found.map((text) => startOf(bare(text)))),
      );
      await drift({ sql: one.undo ?? [] });
      expect(await changes()).toEqual([]);
    }),
  );

  it.each(known.flatMap((one) => (one.left === undefined ? [] : [{ ...one, said: one.left }])))(
    "says what an administrator must run, and heals everything else: $name",
    ({ said, ...one }) =>
      during(one, async () => {
        await drift({ sql: ["GRANT TRUNCATE ON geoapi.item TO {service}"] });
        const { mended, left } = await database.heal();
        expect(left.map(({ deviation }) => deviation.text).sort()).toEqual(
          one.found.map(bare).sort(),
        );
        expect(left.flatMap(({ deviation }) => deviation.statements).sort()).toEqual(
          said.statements.map((statement) => named(statement)).sort(),
        );
        for (const { reason } of left) expect(reason).toMatch(said.reason);
        expect(mended.map(({ text }) => text)).toContain(
          bare("table geoapi.item: {service} should not have TRUNCATE"),
        );
        // What is said to an administrator is what mends it.
        await drift({ sql: said.statements });
        expect((await database.heal()).left).toEqual([]);
        await drift({ sql: one.undo ?? [] });
        expect(await changes()).toEqual([]);
      }),
  );

  it("finds a privilege on the table that keeps the events' long values, which a superuser takes back", async () => {
    const [row] = await database.rows(
      `SELECT reltoastrelid::regclass::text AS name FROM pg_class
        WHERE oid = 'public.schema_migration_events'::regclass`,
    );
    const table = String(row?.name);
    await drift({ sql: [`GRANT SELECT ON ${table} TO {service}`] });
    const { left } = await database.heal();
    const statement = named(`REVOKE SELECT ON TABLE ${table} FROM {service} CASCADE`);
    await drift({ sql: [statement] });
    expect(left.map(({ deviation }) => deviation)).toMatchObject([
      { text: bare(`table ${table}: {service} should not have SELECT`), statements: [statement] },
    ]);
    expect(await changes()).toEqual([]);
  });

  it("says who must give the database back when it belongs to somebody else", async () => {
    const mine = await suite.database();
    const [name, admin] = [mine.settings.server.database, mine.names.admin].map(escapeIdentifier);
    await mine.rows(`ALTER DATABASE ${name ?? ""} OWNER TO postgres`);
    await expect(mine.heal()).rejects.toMatchObject({
      message: expect.stringContaining("belongs to somebody else") as unknown,
      hint: expect.stringContaining(
        `ALTER DATABASE ${name ?? ""} OWNER TO ${admin ?? ""};`,
      ) as unknown,
    });
    await mine.rows(`GRANT CONNECT ON DATABASE ${name ?? ""} TO ${admin ?? ""}`);
    const { left } = await mine.heal();
    await mine.rows(`ALTER DATABASE ${name ?? ""} OWNER TO ${admin ?? ""}`);
    expect(left.flatMap(({ deviation }) => deviation.statements)).toContain(
      `ALTER DATABASE ${mine.settings.server.database} OWNER TO ${admin ?? ""}`,
    );
    expect((await mine.heal()).left).toEqual([]);
    await mine.close();
  });

  it("asks the same number of questions however many objects there are", async () => {
    const small = await suite.database();
    const count = async (): Promise<number> => {
      const asked = await small.asAdmin(async (client: Client) => {
        const spy = jest.spyOn(client, "query");
        await readCatalog(client, small.settings);
        return spy.mock.calls.length;
      });
      return asked;
    };
    const before = await count();
    await addSampleObjects(small);
    await small.rows(
      "DO $$ BEGIN FOR i IN 1..100 LOOP EXECUTE format('CREATE TABLE dagapp.t%s (id SERIAL)', i); END LOOP; END $$",
    );
    expect(await count()).toBe(before);
    await small.close();
  });

  it("lets two healings run at once, from nothing and from drift", async () => {
    const fresh = await suite.database();
    await addSampleObjects(fresh);
    const { infrastructure, service } = fresh.settings.roles;
    for (const sql of [
      `ALTER DEFAULT PRIVILEGES FOR ROLE ${infrastructure} IN SCHEMA dagapp REVOKE ALL ON TABLES FROM ${service}`,
      `ALTER DEFAULT PRIVILEGES FOR ROLE ${infrastructure} IN SCHEMA geoapi REVOKE ALL ON SEQUENCES FROM ${service}`,
      `ALTER ROLE ${service} RESET lock_timeout`,
      `GRANT TRUNCATE ON ALL TABLES IN SCHEMA dagapp TO ${service}`,
    ]) {
      await fresh.rows(sql);
    }
    const results = await Promise.all([fresh.heal(), fresh.heal(), fresh.heal(), fresh.heal()]);
    expect(results.flatMap(({ left }) => left)).toEqual([]);
    expect(await fresh.deviations()).toEqual([]);
    await fresh.close();
  });

  it("governs roles and schemas with odd names", async () => {
    const odd = {
      database: `Karte "Nr. ${major}" über's Land`,
      admin: `Verwalter ${major}`,
      serviceRole: `dienst "a" ${major}; --`,
      infrastructureRole: `Bau\\Rolle 'ö' ${major}`,
      migrator: `Läufer ${major}`,
      migrators: JSON.stringify([`Läufer ${major}`]),
      schemas: JSON.stringify(["Da Gapp", 'quo"te', "größe", "select"]),
    };
    const strange = await suite.database({ configuration: odd });
    await addSampleObjects(strange);
    expect((await strange.heal()).left).toEqual([]);
    expect(await strange.deviations()).toEqual([]);
    const service = await strange.connect("service");
    await service.query(`INSERT INTO "quo""te".item (note) VALUES ('x')`);
    await expect(service.query(`TRUNCATE "größe".item`)).rejects.toMatchObject({ code: "42501" });
    await strange.rows(`GRANT TRUNCATE ON "größe".item TO ${escapeIdentifier(odd.serviceRole)}`);
    const { mended, left } = await strange.heal();
    expect(left).toEqual([]);
    expect(mended.map(({ text }) => text)).toEqual([
      `table "größe".item: ${odd.serviceRole} should not have TRUNCATE`,
    ]);
    await strange.close();
  });

  it("undoes the whole healing when its connection breaks in the middle", async () => {
    await drift({ sql: ["GRANT TRUNCATE ON dagapp.item, geoapi.item TO {service}"] });
    // A change that is not committed keeps the second table's catalog row, so the healing waits there.
    const blocker = await database.connect("superuser");
    await blocker.query("BEGIN");
    await blocker.query(named("GRANT TRIGGER ON geoapi.item TO {delegate}"));
    const healing = expect(database.heal()).rejects.toMatchObject({ code: "CONNECTION" });
    const end = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                  WHERE usename = $1 AND wait_event_type = 'Lock'`;
    while ((await database.rows(end, [database.names.admin])).length === 0) await sleep(20);
    await healing;
    await blocker.query("ROLLBACK");

    expect(await texts()).toEqual([
      bare("table dagapp.item: {service} should not have TRUNCATE"),
      bare("table geoapi.item: {service} should not have TRUNCATE"),
    ]);
    expect((await database.heal()).left).toEqual([]);
    expect(await changes()).toEqual([]);
  });
});
