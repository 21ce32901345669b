// A file run piece by piece does on a server what it does as a whole.
import fc from "fast-check";

import { loadParser, splitSql } from "../../../migrations/engine/statements/statements";
import { gap, literal } from "../../support/files/sqlPieces";
import { type GovernedServer, startGovernedServer } from "../../support/servers/governedServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

/** Statements that each leave a row behind; `said` is where the text ends up. */
const run = fc.oneof(
  literal.map((text) => `INSERT INTO said (text) VALUES (${text})`),
  literal.map((text) => `INSERT INTO said (text) SELECT ${text} || CASE WHEN true THEN ';' END`),
  literal.map(
    (text) =>
      `CREATE OR REPLACE FUNCTION pg_temp.f() RETURNS void BEGIN ATOMIC INSERT INTO said (text) VALUES (${text}); SELECT 1; END`,
  ),
  fc.constantFrom(
    "SELECT pg_temp.f()",
    "DO $do$ BEGIN INSERT INTO said (text) VALUES ($$;$$); END; $do$",
    "DO $do$ BEGIN EXECUTE $x$ INSERT INTO said (text) VALUES (';') $x$; END $do$",
    "CREATE OR REPLACE RULE r AS ON UPDATE TO said DO ALSO (SELECT 1; SELECT 2)",
  ),
);
const file = fc.array(fc.tuple(fc.array(gap), run, fc.array(gap)), { minLength: 1, maxLength: 8 });

describe.each(serverVersions)("PostgreSQL %d", (major) => {
  let server: GovernedServer;
  beforeAll(async () => {
    await loadParser();
    server = await startGovernedServer(major);
    await server.rows("CREATE TABLE said (n serial, text text)");
  });
  afterAll(() => server.stop());

  const after = async (texts: readonly string[]): Promise<readonly unknown[]> => {
    await server.rows("BEGIN");
    try {
      await server.rows(
        "CREATE FUNCTION pg_temp.f() RETURNS void LANGUAGE sql AS 'INSERT INTO said DEFAULT VALUES'",
      );
      // Without parameters: the simple protocol, which takes several statements at once.
      for (const text of texts) await server.superuser.query(text);
      return await server.rows("SELECT text FROM said ORDER BY n");
    } finally {
      await server.rows("ROLLBACK");
    }
  };

  it("ends with the same rows either way", async () => {
    await fc.assert(
      fc.asyncProperty(file, async (parts) => {
        const sql = parts.map(([a, text, b]) => `${a.join("")}${text}${b.join("")};`).join("");
        const pieces = splitSql(sql).map(({ text }) => text);
        expect(await after(pieces)).toEqual(await after([sql]));
      }),
      { numRuns: 60 },
    );
  });
});
