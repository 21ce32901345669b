/**
 * What a run of many migrations records of the structure, of which it reads again only what each has touched: in the end
 * that is what a look at everything finds, whatever kinds of statements there were.
 */
import { Client } from "pg";

import type { MigrationFile } from "../../../migrations/engine/files/file";
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

jest.setTimeout(90_000);

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
