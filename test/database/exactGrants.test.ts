/**
 * Healing: each kind of drift is found by name, with object and role, and mended to exactly what was there before.
 * What this login may not mend is reported with its statement, and keeps nothing else from being mended.
 */
import { setTimeout as sleep } from "node:timers/promises";

import { type Client, escapeIdentifier } from "pg";

import { readCatalog } from "../../roles/catalog";
import { MAJORS } from "../../sandbox/binaries";
import { type PostgresServer, startServer } from "../../sandbox/server";
import { type Drift, drifts } from "../support/drifts";
import { makeProgramDatabase, type ProgramDatabase } from "../support/programDatabase";
import { addForeignTable, addSampleObjects } from "../support/sampleObjects";

jest.setTimeout(60_000);

/** The live catalog in an order of its own, so that two can be compared. */
async function snapshot(database: ProgramDatabase): Promise<readonly string[]> {
  const { objects, defaults, memberships, settings } = await database.asAdmin((client) =>
    readCatalog(client, database.settings),
  );
  const line = (entry: object): string =>
    JSON.stringify(entry, (key, value: unknown) =>
      key === "acl" && Array.isArray(value)
        ? value.map((item: unknown) => JSON.stringify(item)).sort()
        : value,
    );
  return [...objects, ...defaults, ...memberships, ...settings].map(line).sort();
}

/** Drift that the admin cannot mend, and how the superuser takes it back. */
interface Unmendable {
  readonly name: string;
  readonly sql: readonly string[];
  readonly undo: readonly string[];
  readonly text: string;
  readonly statement: string;
  readonly reason?: RegExp;
  readonly since?: number;
}

const noPower = /permission denied|must be|able to SET ROLE/;

describe.each(MAJORS)("on PostgreSQL %d", (major) => {
  let server: PostgresServer;
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
    const client = await database.connect(as ?? "superuser");
    for (const statement of sql) await client.query(named(statement));
    await client.end();
  };
  const texts = async (): Promise<readonly string[]> =>
    (await database.deviations()).map(({ text }) => text);

  beforeAll(async () => {
    server = await startServer({ major });
    database = await makeProgramDatabase(server);
    await addSampleObjects(database);
    await addForeignTable(database);
    await database.rows("CREATE ROLE team");
    expect((await database.heal()).left).toEqual([]);
    healed = await snapshot(database);
  });
  afterAll(async () => {
    await database.close();
    await server.stop();
  });

  it("a second healing finds nothing to mend", async () => {
    expect(await database.heal()).toEqual({ mended: [], left: [] });
    expect(await texts()).toEqual([]);
    expect(await snapshot(database)).toEqual(healed);
  });

  it.each(drifts.filter(({ since = 0 }) => since <= major))(
    "finds and heals: $name",
    async ({ as, sql, found }) => {
      await drift({ ...(as === undefined ? {} : { as }), sql });
      expect(await texts()).toEqual(expect.arrayContaining(found.map(bare)));

      const { mended, left } = await database.heal();
      expect(left).toEqual([]);
      expect(mended.map(({ text }) => text)).toEqual(expect.arrayContaining(found.map(bare)));
      expect(await texts()).toEqual([]);
      expect(await snapshot(database)).toEqual(healed);
    },
  );

  it.each<Unmendable>(
    [
      {
        name: "default privileges of a role the admin has no power over",
        sql: [
          "ALTER DEFAULT PRIVILEGES FOR ROLE {delegate} IN SCHEMA dagapp GRANT SELECT ON TABLES TO {outsider}",
        ],
        undo: [
          "ALTER DEFAULT PRIVILEGES FOR ROLE {delegate} IN SCHEMA dagapp REVOKE SELECT ON TABLES FROM {outsider}",
        ],
        text: 'new tables of {delegate} in "dagapp": {outsider} should not have SELECT',
        statement:
          'ALTER DEFAULT PRIVILEGES FOR ROLE "{delegate}" IN SCHEMA "dagapp" REVOKE SELECT ON TABLES FROM "{outsider}"',
      },
      {
        name: "a table that belongs to a role the admin has no power over",
        sql: ["ALTER TABLE dagapp.visit OWNER TO {delegate}"],
        undo: ["ALTER TABLE dagapp.visit OWNER TO {infra}"],
        text: "table dagapp.visit: belongs to {delegate}, not to {infra}",
        statement: 'ALTER TABLE dagapp.visit OWNER TO "{infra}"',
      },
      {
        name: "a membership that another role granted",
        since: 16,
        sql: ["GRANT team TO {admin} WITH ADMIN OPTION", "GRANT team TO {service}"],
        undo: ["REVOKE team FROM {service}", "REVOKE team FROM {admin}"],
        text: "role {service}: should not be a member of team",
        statement: 'REVOKE "team" FROM "{service}"',
        reason: /changed nothing/,
      },
    ].filter(({ since = 0 }) => since <= major),
  )(
    "reports, and heals everything else beside: $name",
    async ({ sql, undo, text, statement, reason = noPower }) => {
      await drift({ sql: [...sql, "GRANT TRUNCATE ON geoapi.item TO {service}"] });
      const { mended, left } = await database.heal();
      expect(left.map(({ deviation }) => deviation.text)).toEqual([bare(text)]);
      expect(left[0]?.deviation.statements).toEqual([bare(statement)]);
      expect(left[0]?.reason).toMatch(reason);
      expect(mended.map((one) => one.text)).toEqual([
        bare("table geoapi.item: {service} should not have TRUNCATE"),
      ]);
      await drift({ sql: undo });
      await database.heal();
      expect(await snapshot(database)).toEqual(healed);
    },
  );

  it("asks the same number of questions however many objects there are", async () => {
    const small = await makeProgramDatabase(server);
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
    const fresh = await makeProgramDatabase(server);
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
    const strange = await makeProgramDatabase(server, { configuration: odd });
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
    const healing = expect(database.heal()).rejects.toMatchObject({ code: "57P01" });
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
    expect(await snapshot(database)).toEqual(healed);
  });
});
