/**
 * What a run of many migrations records of the structure, of which it reads again only what each has touched: in the end
 * that is what a look at everything finds, whatever kinds of statements there were.
 */
import { Client } from "pg";

import type { MigrationFile } from "../../../migrations/engine/files/file";
import { acknowledgeSchema } from "../../../migrations/engine/ledger/decisions";
import { readCurrentState } from "../../../migrations/engine/ledger/structure";
import { rollBackVersion } from "../../../migrations/engine/run/rollback";
import { applyMigration } from "../../../migrations/engine/run/run";
import { type Runner, withRunner } from "../../../migrations/engine/server/runner";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { makeMigration } from "../../support/files/makeMigration";
import { nothingKnown } from "../../support/program/runs";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

/** Each is one migration. What comes later builds on what comes before. */
const changes: readonly string[] = [
  "CREATE TABLE dagapp.a (id INTEGER PRIMARY KEY, name TEXT, at TIMESTAMPTZ DEFAULT now());",
  "CREATE TABLE dagapp.b (id SERIAL PRIMARY KEY, a INTEGER REFERENCES dagapp.a, note TEXT CHECK (note <> ''));",
  "ALTER TABLE dagapp.a ADD COLUMN kind TEXT NOT NULL DEFAULT 'x';",
  "CREATE INDEX a_kind ON dagapp.a (kind);",
  "CREATE VIEW dagapp.v AS SELECT a.id, a.name, b.note FROM dagapp.a JOIN dagapp.b USING (id);",
  "ALTER TABLE dagapp.b ADD COLUMN name TEXT;",
  "COMMENT ON COLUMN dagapp.a.kind IS 'What it is.';",
  "COMMENT ON INDEX dagapp.a_kind IS 'By kind.';",
  "ALTER INDEX dagapp.a_kind RENAME TO a_by_kind;",
  "ALTER INDEX dagapp.a_by_kind SET (fillfactor = 70);",
  "ALTER TABLE dagapp.a RENAME COLUMN name TO title;",
  "CREATE TYPE dagapp.state AS ENUM ('new', 'done');",
  "ALTER TABLE dagapp.a ADD COLUMN state dagapp.state NOT NULL DEFAULT 'new';",
  "ALTER TYPE dagapp.state RENAME VALUE 'new' TO 'fresh';",
  "CREATE DOMAIN dagapp.short AS TEXT CHECK (length(VALUE) < 9);",
  "ALTER DOMAIN dagapp.short ADD CONSTRAINT filled CHECK (VALUE <> '');",
  "CREATE TYPE dagapp.pair AS (one INTEGER, two INTEGER);",
  "ALTER TYPE dagapp.pair ADD ATTRIBUTE three TEXT;",
  "CREATE FUNCTION dagapp.f(x INTEGER) RETURNS INTEGER LANGUAGE sql IMMUTABLE AS 'SELECT x + 1';",
  "CREATE OR REPLACE FUNCTION dagapp.f(x INTEGER) RETURNS INTEGER LANGUAGE sql IMMUTABLE AS 'SELECT x + 2';",
  "CREATE INDEX a_f ON dagapp.a (dagapp.f(id));",
  "ALTER FUNCTION dagapp.f(INTEGER) RENAME TO g;",
  "COMMENT ON FUNCTION dagapp.g(INTEGER) IS 'Adds two.';",
  `CREATE FUNCTION dagapp.stamp() RETURNS TRIGGER LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER stamped BEFORE INSERT ON dagapp.a FOR EACH ROW EXECUTE FUNCTION dagapp.stamp();`,
  "ALTER TABLE dagapp.a DISABLE TRIGGER stamped;",
  "COMMENT ON TRIGGER stamped ON dagapp.a IS 'Off.';",
  "ALTER TABLE dagapp.a ENABLE ROW LEVEL SECURITY; CREATE POLICY seen ON dagapp.a USING (true);",
  "CREATE RULE quiet AS ON DELETE TO dagapp.b DO INSTEAD NOTHING;",
  "CREATE STATISTICS dagapp.of_a ON kind, state FROM dagapp.a;",
  "CREATE SEQUENCE dagapp.numbers START 7; ALTER SEQUENCE dagapp.numbers INCREMENT 2;",
  "CREATE MATERIALIZED VIEW dagapp.m AS SELECT count(*) AS n FROM dagapp.a; CREATE UNIQUE INDEX m_n ON dagapp.m (n);",
  `CREATE TABLE dagapp.p (id INTEGER, at DATE) PARTITION BY RANGE (at);
CREATE TABLE dagapp.p1 PARTITION OF dagapp.p FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');`,
  "CREATE INDEX p_id ON dagapp.p (id);",
  "ALTER TABLE dagapp.p ADD COLUMN more TEXT;",
  "CREATE TABLE dagapp.p2 (LIKE dagapp.p); ALTER TABLE dagapp.p ATTACH PARTITION dagapp.p2 FOR VALUES FROM ('2027-01-01') TO ('2028-01-01');",
  "ALTER TABLE dagapp.p DETACH PARTITION dagapp.p1;",
  "ALTER TABLE dagapp.b ADD CONSTRAINT b_name CHECK (name <> '') NOT VALID;",
  "ALTER TABLE dagapp.b VALIDATE CONSTRAINT b_name;",
  "DROP VIEW dagapp.v;",
  "ALTER TABLE dagapp.b ALTER COLUMN note TYPE VARCHAR(40);",
  "ALTER TABLE dagapp.a RENAME TO first;",
  "ALTER TABLE dagapp.b DROP COLUMN name;",
  "DROP TABLE dagapp.p2;",
  "DROP INDEX dagapp.a_by_kind;",
  "DROP TRIGGER stamped ON dagapp.first; DROP FUNCTION dagapp.stamp();",
  "ALTER TABLE dagapp.first SET (toast.autovacuum_enabled = false);",
  "ALTER TABLE dagapp.first ALTER COLUMN title SET STATISTICS 50;",
  "ALTER STATISTICS dagapp.of_a SET STATISTICS 50;",
  "COMMENT ON STATISTICS dagapp.of_a IS 'Both.';",
  "ALTER INDEX dagapp.a_f ALTER COLUMN 1 SET STATISTICS 50;",
  `CREATE FUNCTION dagapp.same(INTEGER, INTEGER) RETURNS BOOLEAN LANGUAGE sql IMMUTABLE AS 'SELECT $1 = $2';
CREATE OPERATOR dagapp.=== (LEFTARG = INTEGER, RIGHTARG = INTEGER, FUNCTION = dagapp.same);`,
  "ALTER OPERATOR dagapp.=== (INTEGER, INTEGER) SET (RESTRICT = eqsel);",
  "COMMENT ON OPERATOR dagapp.=== (INTEGER, INTEGER) IS 'Equal.';",
  "ALTER FUNCTION dagapp.same(INTEGER, INTEGER) RENAME TO equal;",
  "CREATE CAST (dagapp.pair AS TEXT) WITH INOUT AS ASSIGNMENT;",
  "COMMENT ON CAST (dagapp.pair AS TEXT) IS 'As it prints.';",
  "ALTER TYPE dagapp.pair RENAME TO three;",
  "CREATE TEXT SEARCH DICTIONARY dagapp.plain (TEMPLATE = pg_catalog.simple);",
  `CREATE TEXT SEARCH CONFIGURATION dagapp.words (COPY = pg_catalog.english);
ALTER TEXT SEARCH CONFIGURATION dagapp.words ALTER MAPPING FOR asciiword WITH dagapp.plain;`,
  "ALTER TEXT SEARCH DICTIONARY dagapp.plain (ACCEPT = false);",
  "COMMENT ON TEXT SEARCH CONFIGURATION dagapp.words IS 'Words.';",
  "ALTER TEXT SEARCH DICTIONARY dagapp.plain RENAME TO simple;",
  "DROP CAST (dagapp.three AS TEXT); DROP OPERATOR dagapp.=== (INTEGER, INTEGER);",
  "CREATE TYPE dagapp.span AS RANGE (subtype = REAL);",
  "DO $$ BEGIN EXECUTE 'CREATE TABLE dagapp.hidden (id INTEGER)'; END $$;",
  "INSERT INTO dagapp.first (id) VALUES (1);",
  "SET LOCAL search_path = dagapp; CREATE TABLE last (id INTEGER GENERATED ALWAYS AS IDENTITY);",
];

const files = (): readonly MigrationFile[] =>
  changes.map((sql, index) =>
    makeMigration({
      name: `${String(index + 1).padStart(3, "0")}_step`,
      version: `${index + 1}.0.0`,
      body: `BEGIN;\n${sql}\nCOMMIT;`,
      rollbackBody: "DROP TABLE IF EXISTS dagapp.last;",
    }),
  );

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major });
  let database: ProgramDatabase;

  beforeAll(async () => {
    await loadParser();
    database = await suite.database();
  });

  const apply = (runner: Runner, migrations: readonly MigrationFile[]): Promise<void> =>
    migrations.reduce(
      (before, migration) =>
        before.then(async () => {
          const request = { migration, lower: [], expected: nothingKnown };
          await applyMigration(runner, request, () => undefined);
        }),
      Promise.resolve(),
    );
  const compared = async (): Promise<unknown> =>
    (await database.asAdmin((client) => readCurrentState(client, database.settings.schemas)))
      .structure;

  it("adds up to what is there, after each of many kinds of changes", async () => {
    const query = jest.spyOn(Client.prototype, "query");
    const named = (name: string): number =>
      query.mock.calls.filter(([first]) => (first as { name?: string } | null)?.name === name)
        .length;
    const all = files();
    let whole = 0;
    const sums: unknown[] = [];
    try {
      await withRunner(database.access, async (runner) => {
        for (const migration of all) {
          await apply(runner, [migration]);
          const found = (await compared()) as { kind: string; differences?: readonly unknown[] };
          sums.push([migration.header.version, found.kind, found.differences]);
        }
      });
      whole = named("structure");
    } finally {
      query.mockRestore();
    }
    expect(sums).toEqual(all.map(({ header }) => [header.version, "compared", []]));
    // The first look, and changes after which everything is printed otherwise.
    expect(whole).toBeLessThan(all.length / 2);
  });

  it("keeps what is published of tables that come, go and are renamed", async () => {
    const step = (number: number, sql: string): MigrationFile =>
      makeMigration({
        ...{ name: `${800 + number}_published`, version: `${800 + number}.0.0` },
        ...{ body: `BEGIN;\n${sql}\nCOMMIT;`, rollbackBody: "SELECT 1;" },
      });
    const [made, ...rest] = [
      "CREATE TABLE dagapp.sent (id INTEGER PRIMARY KEY, more TEXT);",
      "ALTER TABLE dagapp.sent RENAME COLUMN id TO key;",
      "ALTER TABLE dagapp.sent RENAME TO told; CREATE TABLE dagapp.sent (id INTEGER);",
      "DROP TABLE dagapp.told;",
    ].map((sql, index) => step(index + 1, sql));
    if (made === undefined) throw new Error("no files");
    const superuser = await database.connect("superuser");
    const sums: unknown[] = [];
    await withRunner(database.access, async (runner) => {
      await apply(runner, [made]);
      await superuser.query("CREATE PUBLICATION feed FOR TABLE dagapp.sent (id)");
      await superuser.query("COMMENT ON PUBLICATION feed IS 'For reports.'");
      await acknowledgeSchema(database.access, { by: "Eve Holt", reason: "reports read it" });
      for (const migration of rest) {
        await apply(runner, [migration]);
        sums.push(await compared());
      }
    });
    await superuser.query("DROP PUBLICATION feed");
    const nothing = expect.objectContaining({ kind: "compared", differences: [] }) as unknown;
    expect(sums).toEqual(rest.map(() => nothing));
  });

  it("does not take for its own what was changed by hand beside the run", async () => {
    const [one, two] = [1, 2].map((number) =>
      makeMigration({
        ...{ name: `${900 + number}_more`, version: `${900 + number}.0.0` },
        body: `BEGIN;\nCREATE TABLE dagapp.more_${number} (id INTEGER);\nCOMMIT;`,
        rollbackBody: `DROP TABLE IF EXISTS dagapp.more_${number};`,
      }),
    );
    if (one === undefined || two === undefined) throw new Error("no files");
    await withRunner(database.access, async (runner) => {
      await apply(runner, [one]);
      await database.rows("CREATE TABLE dagapp.by_hand (id INTEGER)");
      await apply(runner, [two]);
      const request = { migration: two, higher: [], expected: nothingKnown };
      await rollBackVersion(runner, request, () => undefined);
    });
    const difference = { object: "table dagapp.by_hand", part: "itself", change: "new" };
    expect(await compared()).toMatchObject({ kind: "compared", differences: [difference] });
  });
});
