/**
 * What the rules' pages tell people to write runs on a real server, whole files with checks and rollback, and what they
 * say was measured is so. Policy, High-Risk Operations.
 */
import { exampleTexts } from "../../support/files/ruleExample";
import { fileRulePages } from "../../support/files/rulePages";
import { policyLedger } from "../../support/servers/createLedger";
import { type GovernedServer, startGovernedServer } from "../../support/servers/governedServer";
import { runStatements } from "../../support/servers/sqlFile";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

const clean = `DROP SCHEMA IF EXISTS dagapp CASCADE;
DROP SCHEMA IF EXISTS geoapi CASCADE;
CREATE SCHEMA dagapp;
CREATE SCHEMA geoapi;
DROP TABLE IF EXISTS public.schema_migrations;
SET search_path = public;
${policyLedger}
RESET search_path;`;

/** Relations, columns, routines and types of the governed schemas. */
const contents = `
SELECT c.oid::regclass::text AS name, a.attname::text AS part, a.attnotnull::text AS more
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace IN ('dagapp'::regnamespace, 'geoapi'::regnamespace)
UNION ALL
SELECT p.oid::regprocedure::text, p.prosrc, p.prosecdef::text FROM pg_proc AS p
WHERE p.pronamespace IN ('dagapp'::regnamespace, 'geoapi'::regnamespace)
UNION ALL
SELECT t.oid::regtype::text, '', '' FROM pg_type AS t
WHERE t.typnamespace IN ('dagapp'::regnamespace, 'geoapi'::regnamespace)
ORDER BY 1, 2, 3`;

const pages = fileRulePages.map(({ id, page }) => ({ id, good: page.good }));

describe.each(serverVersions)("PostgreSQL %i", (major) => {
  let governed: GovernedServer;
  beforeAll(async () => {
    governed = await startGovernedServer(major, { fsync: "off" });
  });
  afterAll(() => governed.stop());

  it.each(pages)("runs the better example of $id, and takes it back", async ({ id, good }) => {
    const client = governed.superuser;
    await runStatements(client, clean);
    const texts = exampleTexts(good);
    for (const { forward } of texts.slice(0, -1)) await runStatements(client, forward);
    const before = (await client.query(contents)).rows;
    const last = texts.at(-1);
    await runStatements(client, last?.forward ?? "");
    await runStatements(client, last?.rollback ?? "");
    // A label of an enum stays, and a dropped column comes back behind the others: not by their names.
    expect({ id, contents: (await client.query(contents)).rows }).toEqual({ id, contents: before });
  });

  it("keeps a constant default of a NOT NULL column in the catalog, and writes a volatile one to each row", async () => {
    const client = governed.superuser;
    await runStatements(client, clean);
    await client.query("CREATE TABLE dagapp.t (id INTEGER)");
    await client.query("INSERT INTO dagapp.t SELECT generate_series(1, 1000)");
    const file = async (): Promise<unknown> =>
      (await client.query("SELECT pg_relation_filenode('dagapp.t') AS file")).rows;
    const first = await file();
    await client.query("ALTER TABLE dagapp.t ADD COLUMN a TEXT NOT NULL DEFAULT 'x'");
    expect(await file()).toEqual(first);
    await client.query("ALTER TABLE dagapp.t ADD COLUMN b UUID DEFAULT gen_random_uuid()");
    expect(await file()).not.toEqual(first);
  });
});
