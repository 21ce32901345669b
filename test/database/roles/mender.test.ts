/**
 * Mending one thing never stops the mending of another: what the server cannot parse, refuses or is kept from doing is
 * left, with the reason, and everything else is done.
 */
import { setTimeout as sleep } from "node:timers/promises";

import type { Healing } from "../../../roles/database/heal";
import { Mender } from "../../../roles/database/mender";
import type { Deviation } from "../../../roles/model";
import { inTransaction } from "../../../stack/connection";
import { addSampleObjects } from "../../support/privileges/sampleObjects";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";

jest.setTimeout(300_000);

const suite = useServer();
let database: ProgramDatabase;

beforeAll(async () => {
  database = await suite.database();
  await addSampleObjects(database);
  expect((await database.heal()).left).toEqual([]);
});

const deviation = (text: string, ...statements: readonly string[]): Deviation => ({
  text,
  statements,
});

it.each([
  ["cannot be parsed", "ALTER TABLE dagapp.item OWNER TO user", /syntax error|reserved/],
  ["fails when it is run", "ALTER TABLE dagapp.nothing OWNER TO CURRENT_USER", /does not exist/],
  ["fails half way", "COMMENT ON TABLE dagapp.item IS 'half'; SELECT 1/0", /division by zero/],
])("a statement that %s keeps no other from being run", async (_, bad, reason) => {
  const comment = (table: string): Deviation =>
    deviation(table, `COMMENT ON TABLE ${table} IS 'mended'`);
  const all = [comment("dagapp.visit"), deviation("bad", bad), comment("geoapi.visit")];
  const reasons = await database.asAdmin((client) =>
    inTransaction(client, async () => {
      const mender = new Mender(client);
      await mender.mend(all, new Set());
      return all.map((one) => mender.reasonOf(one));
    }),
  );
  expect(reasons).toEqual([null, expect.stringMatching(reason), null]);
  expect(
    await database.rows(
      `SELECT obj_description(oid) AS said FROM pg_class
        WHERE oid IN ('dagapp.visit'::regclass, 'geoapi.visit'::regclass, 'dagapp.item'::regclass) ORDER BY oid`,
    ),
  ).toEqual(
    expect.arrayContaining([{ said: "mended" }, { said: "mended" }, { said: null }]) as unknown,
  );
  await database.rows(
    "COMMENT ON TABLE dagapp.visit IS NULL; COMMENT ON TABLE geoapi.visit IS NULL",
  );
});

/** Texts of what was left, and why. */
const leftOf = (healing: Healing): readonly (readonly [string, string])[] =>
  healing.left.map(({ deviation, reason }) => [deviation.text, reason]);
/** What was left and is said to be mended all the same. */
const inBoth = ({ left, mended }: Healing): readonly string[] => {
  const texts = mended.map(({ text }) => text);
  return left.map(({ deviation }) => deviation.text).filter((text) => texts.includes(text));
};

it("what the service role keeps locked is left with its name, and everything else is mended", async () => {
  const { service, admin } = database.names;
  const holder = await database.connect("service");
  await holder.query("BEGIN");
  await holder.query("LOCK TABLE dagapp.item IN ACCESS EXCLUSIVE MODE");
  for (const sql of [
    `ALTER TABLE geoapi.item OWNER TO ${admin}`,
    `GRANT TRUNCATE ON geoapi.visit TO ${service}`,
    `ALTER ROLE ${service} CREATEDB`,
  ]) {
    await database.rows(sql);
  }
  // A superuser's statement would wait for the lock as well: the owner is changed where nothing is locked.
  await database.rows(
    "UPDATE pg_class SET relrowsecurity = true WHERE oid = 'dagapp.item'::regclass",
  );
  const healing = await database.heal();
  expect(leftOf(healing)).toEqual([
    [
      "table dagapp.item: row security should be off",
      expect.stringMatching(
        new RegExp(`^${service} \\(process \\d+\\) keeps dagapp\\.item locked`),
      ) as unknown,
    ],
  ]);
  expect(healing.mended).toHaveLength(3);
  expect(inBoth(healing)).toEqual([]);
  await holder.query("ROLLBACK");
  expect(leftOf(await database.heal())).toEqual([]);
  expect(await database.deviations()).toEqual([]);
});

it("a privilege on what is kept locked is left too, and the others are given back in the same go", async () => {
  const { service } = database.names;
  await database.rows(`GRANT TRUNCATE ON ALL TABLES IN SCHEMA dagapp, geoapi TO ${service}`);
  const holder = await database.connect("service");
  await holder.query("BEGIN");
  await holder.query("LOCK TABLE dagapp.item IN ACCESS EXCLUSIVE MODE");
  const healing = await database.heal();
  expect(healing.mended.length).toBeGreaterThan(5);
  expect(inBoth(healing)).toEqual([]);
  // Before PostgreSQL 18 GRANT waits for nobody's lock.
  for (const [text, reason] of leftOf(healing)) {
    expect(text).toBe(`table dagapp.item: ${service} should not have TRUNCATE`);
    expect(reason).toMatch(/lock/);
  }
  await holder.query("ROLLBACK");
  expect(leftOf(await database.heal())).toEqual([]);
});

it("what the server refuses is left with the server's words, and is not recorded as mended", async () => {
  const { service, admin } = database.names;
  await database.rows(`REVOKE ${service} FROM ${admin}`);
  await database.rows(`ALTER ROLE ${service} CREATEROLE`);
  const healing = await database.heal();
  expect(leftOf(healing)).toContainEqual([
    expect.stringContaining("CREATEROLE") as unknown,
    expect.stringContaining("permission denied") as unknown,
  ]);
  expect(inBoth(healing)).toEqual([]);
  const recorded = await database.rows(
    "SELECT 1 FROM public.schema_migration_events WHERE kind = 'healed' AND detail::text LIKE '%CREATEROLE%'",
  );
  expect(recorded).toEqual([]);
  await database.rows(`GRANT ${service} TO ${admin} WITH ADMIN OPTION`);
  await database.heal();
  expect(await database.deviations()).toEqual([]);
});

it("no session that writes two tables fails while both are given back to their owner", async () => {
  const clients = await Promise.all(Array.from({ length: 8 }, () => database.connect("service")));
  const { admin } = database.names;
  const failures: unknown[] = [];
  let written = 0;
  let isOver = false;
  const writing = clients.map(async (client, n) => {
    // Half of them write the tables in the other order.
    const [one, other] = n % 2 === 0 ? ["dagapp", "geoapi"] : ["geoapi", "dagapp"];
    while (!isOver) {
      try {
        await client.query("BEGIN");
        await client.query(`INSERT INTO ${one}.item (note) VALUES ('x')`);
        await sleep(5);
        await client.query(`INSERT INTO ${other}.item (note) VALUES ('x')`);
        await client.query("COMMIT");
        written += 1;
      } catch (error) {
        failures.push(error);
        await client.query("ROLLBACK");
      }
    }
  });
  for (let round = 1; round <= 15; round += 1) {
    const before = written;
    // In a transaction each: the drift itself must not meet the writers half way.
    for (const schema of ["dagapp", "geoapi"]) {
      await database.rows(`ALTER TABLE ${schema}.item OWNER TO ${admin}`);
    }
    const { left, mended } = await database.heal();
    expect(left).toEqual([]);
    expect(mended.length).toBeGreaterThanOrEqual(2);
    while (written < before + 20) await sleep(5);
  }
  isOver = true;
  await Promise.all(writing);
  expect(failures).toEqual([]);
  expect(await database.deviations()).toEqual([]);
});
