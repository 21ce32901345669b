/**
 * Mending one thing never stops the mending of another: what the server cannot parse, refuses or is kept from doing is
 * left, with the reason, and everything else is done.
 */
import { Mender } from "../../../roles/database/mender";
import type { Deviation } from "../../../roles/model";
import { type PostgresServer, startServer } from "../../../sandbox/server";
import { inTransaction } from "../../../stack/connection";
import { addSampleObjects } from "../../support/privileges/sampleObjects";
import { makeProgramDatabase, type ProgramDatabase } from "../../support/servers/programDatabase";

jest.setTimeout(60_000);

let server: PostgresServer;
let database: ProgramDatabase;

beforeAll(async () => {
  server = await startServer();
  database = await makeProgramDatabase(server);
  await addSampleObjects(database);
  expect((await database.heal()).left).toEqual([]);
});
afterAll(async () => {
  await database.close();
  await server.stop();
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
