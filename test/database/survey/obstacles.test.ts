/** What an administrator must do on the server is said before anything fails. */
import { readObstacles } from "../../../migrations/engine/survey/obstacles";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";

jest.setTimeout(300_000);

const suite = useServer();
let database: ProgramDatabase;

beforeAll(async () => {
  database = await suite.database();
});

const obstacles = (extensions: readonly string[]): Promise<readonly string[]> =>
  database.asAdmin((client) =>
    readObstacles(client, database.accessWith({ extensions: JSON.stringify(extensions) }).settings),
  );

it("says nothing of what the admin may create, or what is there", async () => {
  expect(await obstacles([])).toEqual([]);
  expect(await obstacles(["hstore", "unaccent"])).toEqual([]);
  await database.rows("CREATE EXTENSION pageinspect");
  expect(await obstacles(["pageinspect"])).toEqual([]);
  await database.rows("DROP EXTENSION pageinspect");
});

it("says what an administrator runs for an extension that only a superuser may create", async () => {
  const [said = "", ...more] = await obstacles(["pageinspect"]);
  expect(more).toEqual([]);
  const statement = 'CREATE EXTENSION "pageinspect" SCHEMA public;';
  expect(said).toContain(`in database ${database.settings.server.database}:\n  ${statement}\n`);
  expect(said).toContain('add "trusted = true" to pageinspect.control');
  const refused = database.asAdmin((client) => client.query(statement));
  await expect(refused).rejects.toMatchObject({ code: "42501" });
  await database.rows(statement);
  expect(await obstacles(["pageinspect"])).toEqual([]);
});

it("says when the server does not have the extension at all", async () => {
  expect(await obstacles(["post gis"])).toEqual([
    expect.stringContaining("The server has no files of the extension post gis.\n"),
  ]);
});

it("says when the official plugin cannot take a name", async () => {
  const said = (names: Readonly<Record<string, string>>): Promise<readonly string[]> =>
    database.asAdmin((client) => readObstacles(client, database.accessWith(names).settings));
  expect(await said({ database: `Geo "DB", it's / $1\\`, serviceRole: "a\\b" })).toEqual([]);
  for (const name of ["100%", "geo?", "#1"]) {
    const [text, ...more] = await said({ database: name });
    expect(text).toContain(`to database ${name}: `);
    expect(more).toEqual([]);
  }
  expect(await said({ infrastructureRole: "a\\b" })).toEqual([
    expect.stringContaining("the members of role a\\b: "),
  ]);
});

it("says which setting of a role the official plugin cannot read, and how it goes", async () => {
  const { service } = database.names;
  await database.rows(`ALTER ROLE ${service} SET statement_timeout = '30s'`);
  const [said = ""] = await obstacles([]);
  const statement = `ALTER ROLE "${service}" RESET statement_timeout;`;
  expect(said).toContain(`Role ${service} keeps statement_timeout=30s, `);
  expect(said).toContain(statement);
  await database.asAdmin((client) => client.query(statement));
  expect(await obstacles([])).toEqual([]);
});
