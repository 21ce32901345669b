/**
 * The schema snapshot sees every change of the structure and names the object, and sees nothing that is no change.
 */
import type { Client } from "pg";

import { compareSnapshots, describeDifference } from "../../../migrations/engine/history/snapshot";
import { structureOf } from "../../../migrations/engine/history/structureLines";
import { readSnapshot } from "../../../migrations/engine/ledger/schemaSnapshot";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

/** One object of each kind, with one part of each kind. */
const OBJECTS = `
CREATE TYPE dagapp.state AS ENUM ('new', 'done');
CREATE DOMAIN dagapp.short AS TEXT CONSTRAINT short_length CHECK (length(VALUE) < 9);
CREATE TYPE dagapp.pair AS (a INTEGER, b TEXT);
CREATE TYPE dagapp.span AS RANGE (subtype = REAL);
CREATE SEQUENCE dagapp.counter;
CREATE FUNCTION dagapp.double(n INTEGER) RETURNS INTEGER LANGUAGE sql IMMUTABLE AS 'SELECT n * 2';
CREATE FUNCTION dagapp.touch() RETURNS TRIGGER LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE PROCEDURE dagapp.tidy() LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE dagapp.total (INTEGER) (SFUNC = int4pl, STYPE = INTEGER, INITCOND = '0');
CREATE TABLE dagapp.parent (id INTEGER PRIMARY KEY, kind TEXT);
CREATE TABLE dagapp.jobs (
  id BIGINT GENERATED ALWAYS AS IDENTITY, name TEXT NOT NULL DEFAULT 'x', size INTEGER,
  twice INTEGER GENERATED ALWAYS AS (size * 2) STORED, parent INTEGER, state dagapp.state,
  CONSTRAINT jobs_pk PRIMARY KEY (id),
  CONSTRAINT jobs_parent FOREIGN KEY (parent) REFERENCES dagapp.parent (id)
);
ALTER TABLE dagapp.jobs ADD CONSTRAINT jobs_size CHECK (size > 0) NOT VALID;
CREATE INDEX jobs_name ON dagapp.jobs (name);
CREATE TRIGGER jobs_touch BEFORE UPDATE ON dagapp.jobs FOR EACH ROW EXECUTE FUNCTION dagapp.touch();
CREATE POLICY jobs_all ON dagapp.jobs USING (true);
CREATE RULE jobs_rule AS ON DELETE TO dagapp.jobs DO ALSO SELECT 1;
CREATE STATISTICS dagapp.jobs_stats ON name, size FROM dagapp.jobs;
CREATE VIEW dagapp.names AS SELECT name FROM dagapp.jobs;
CREATE MATERIALIZED VIEW dagapp.sizes AS SELECT size FROM dagapp.jobs;
CREATE MATERIALIZED VIEW dagapp.said_names AS SELECT name FROM dagapp.jobs;
CREATE TABLE geoapi.log (at DATE NOT NULL, what TEXT) PARTITION BY RANGE (at);
CREATE TABLE geoapi.log_26 PARTITION OF geoapi.log FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE geoapi.moments (
  at TIMESTAMPTZ NOT NULL DEFAULT '2026-01-31 12:00:00+02', took INTERVAL DEFAULT '90 minutes',
  share DOUBLE PRECISION DEFAULT 0.1::DOUBLE PRECISION + 0.2::DOUBLE PRECISION, raw BYTEA DEFAULT '\\x00ff'
) PARTITION BY RANGE (at);
CREATE TABLE geoapi.moments_26 PARTITION OF geoapi.moments FOR VALUES FROM ('2026-01-01 00:00+00') TO ('2027-01-01 00:00+00');
CREATE TABLE geoapi.runs (id INTEGER NOT NULL, at DATE NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE geoapi.marks (id INTEGER, at DATE, FOREIGN KEY (id, at) REFERENCES geoapi.runs);
COMMENT ON TABLE geoapi.runs IS 'What ran. Run-time partitions, one a month.';
CREATE TABLE pgstac.items (id TEXT, collection TEXT) PARTITION BY LIST (collection);
CREATE TEXT SEARCH CONFIGURATION dagapp.words (COPY = pg_catalog.english);
CREATE TEXT SEARCH DICTIONARY dagapp.plain (TEMPLATE = pg_catalog.simple);
CREATE FUNCTION dagapp.same(INTEGER, INTEGER) RETURNS BOOLEAN LANGUAGE sql IMMUTABLE AS 'SELECT $1 = $2';
CREATE OPERATOR dagapp.=== (LEFTARG = INTEGER, RIGHTARG = INTEGER, FUNCTION = dagapp.same);
CREATE FUNCTION dagapp.said(dagapp.pair) RETURNS TEXT LANGUAGE sql IMMUTABLE AS 'SELECT $1.b';
CREATE CAST (dagapp.pair AS TEXT) WITH FUNCTION dagapp.said(dagapp.pair);
CREATE INDEX jobs_twice ON dagapp.jobs ((size * 2));
COMMENT ON TABLE dagapp.jobs IS 'Jobs.';`;

/** A change, and the words that name it. */
const CHANGES: readonly (readonly [string, readonly string[]])[] = [
  ["ALTER TYPE dagapp.state ADD VALUE 'late'", ["type dagapp.state was"]],
  ["ALTER DOMAIN dagapp.short SET NOT NULL", ["type dagapp.short was"]],
  [
    "ALTER DOMAIN dagapp.short DROP CONSTRAINT short_length",
    ["type dagapp.short: constraint short_length is gone"],
  ],
  ["ALTER TYPE dagapp.pair ADD ATTRIBUTE c DATE", ["type dagapp.pair: column c is new"]],
  ["DROP TYPE dagapp.span", ["type dagapp.span is gone"]],
  ["ALTER SEQUENCE dagapp.counter INCREMENT BY 2", ["sequence dagapp.counter was"]],
  ["ALTER FUNCTION dagapp.double(integer) VOLATILE", ["function dagapp.double(integer) was"]],
  [
    "ALTER FUNCTION dagapp.double(integer) SECURITY DEFINER",
    ["function dagapp.double(integer) was"],
  ],
  [
    "CREATE OR REPLACE FUNCTION dagapp.double(n INTEGER) RETURNS INTEGER LANGUAGE sql IMMUTABLE AS 'SELECT n + n'",
    ["function dagapp.double(integer) was"],
  ],
  [
    "CREATE FUNCTION dagapp.double(n TEXT) RETURNS TEXT LANGUAGE sql AS 'SELECT n'",
    ["function dagapp.double(text) is new"],
  ],
  ["ALTER PROCEDURE dagapp.tidy() SET search_path = dagapp", ["procedure dagapp.tidy() was"]],
  [
    "DROP AGGREGATE dagapp.total (INTEGER); CREATE AGGREGATE dagapp.total (INTEGER) (SFUNC = int4pl, STYPE = INTEGER)",
    ["aggregate dagapp.total(integer) was"],
  ],
  ["ALTER TABLE dagapp.jobs ADD extra TEXT", ["table dagapp.jobs: column extra is new"]],
  [
    "ALTER TABLE dagapp.jobs DROP parent",
    [
      "table dagapp.jobs: column parent is gone",
      "table dagapp.jobs: constraint jobs_parent is gone",
    ],
  ],
  [
    "ALTER TABLE dagapp.parent ALTER kind TYPE VARCHAR(9)",
    ["table dagapp.parent: column kind was text"],
  ],
  ["ALTER TABLE dagapp.jobs ALTER name DROP NOT NULL", ["table dagapp.jobs: column name was"]],
  ["ALTER TABLE dagapp.jobs ALTER name SET DEFAULT 'y'", ["table dagapp.jobs: column name was"]],
  [
    "ALTER TABLE dagapp.jobs ALTER id SET GENERATED BY DEFAULT",
    ["table dagapp.jobs: column id was"],
  ],
  ["ALTER TABLE dagapp.jobs ALTER name SET STATISTICS 7", ["table dagapp.jobs: column name was"]],
  [
    `ALTER TABLE dagapp.parent ALTER kind TYPE TEXT COLLATE "C"`,
    ["table dagapp.parent: column kind was"],
  ],
  [
    "ALTER TABLE dagapp.jobs VALIDATE CONSTRAINT jobs_size",
    ["table dagapp.jobs: constraint jobs_size was"],
  ],
  [
    "ALTER TABLE dagapp.jobs DROP CONSTRAINT jobs_parent",
    ["table dagapp.jobs: constraint jobs_parent is gone"],
  ],
  [
    "ALTER TABLE dagapp.jobs SET UNLOGGED",
    ["sequence dagapp.jobs_id_seq was", "table dagapp.jobs was"],
  ],
  ["ALTER TABLE dagapp.jobs SET (fillfactor = 70)", ["table dagapp.jobs was"]],
  ["ALTER TABLE dagapp.jobs ENABLE ROW LEVEL SECURITY", ["table dagapp.jobs was"]],
  [
    "CREATE UNIQUE INDEX jobs_two ON dagapp.jobs (size, name)",
    ["table dagapp.jobs: index jobs_two is new"],
  ],
  ["DROP INDEX dagapp.jobs_name", ["table dagapp.jobs: index jobs_name is gone"]],
  [
    "ALTER TABLE dagapp.jobs DISABLE TRIGGER jobs_touch",
    ["table dagapp.jobs: trigger jobs_touch was"],
  ],
  [
    "ALTER POLICY jobs_all ON dagapp.jobs USING (false)",
    ["table dagapp.jobs: policy jobs_all was"],
  ],
  ["ALTER TABLE dagapp.jobs DISABLE RULE jobs_rule", ["table dagapp.jobs: rule jobs_rule was"]],
  ["DROP STATISTICS dagapp.jobs_stats", ["statistics object dagapp.jobs_stats is gone"]],
  [
    "CREATE OR REPLACE VIEW dagapp.names AS SELECT name FROM dagapp.jobs WHERE size > 1",
    ["view dagapp.names: definition was"],
  ],
  [
    "CREATE INDEX sizes_size ON dagapp.sizes (size)",
    ["materialized view dagapp.sizes: index sizes_size is new"],
  ],
  ["ALTER TABLE geoapi.log DETACH PARTITION geoapi.log_26", ["table geoapi.log_26 was"]],
  [
    "COMMENT ON TABLE dagapp.jobs IS 'Work.'",
    ["table dagapp.jobs was comment Jobs., is comment Work."],
  ],
  [
    "COMMENT ON COLUMN dagapp.jobs.name IS 'Name.'",
    ["table dagapp.jobs: column name was without, is comment Name."],
  ],
  [
    "COMMENT ON CONSTRAINT jobs_pk ON dagapp.jobs IS 'Key.'",
    ["table dagapp.jobs: constraint jobs_pk was"],
  ],
  ["COMMENT ON INDEX dagapp.jobs_name IS 'By name.'", ["table dagapp.jobs: index jobs_name was"]],
  [
    "COMMENT ON TRIGGER jobs_touch ON dagapp.jobs IS 'Touch.'",
    ["table dagapp.jobs: trigger jobs_touch was"],
  ],
  ["COMMENT ON FUNCTION dagapp.touch() IS 'Touch.'", ["function dagapp.touch() was"]],
  ["COMMENT ON TYPE dagapp.state IS 'State.'", ["type dagapp.state was"]],
  ["COMMENT ON SCHEMA dagapp IS 'DAG.'", ["schema dagapp was"]],
  ["CREATE COLLATION dagapp.own (locale = 'C')", ["collation dagapp.own is new"]],
  ["ALTER SEQUENCE dagapp.counter OWNED BY dagapp.jobs.size", ["sequence dagapp.counter was"]],
  [
    "ALTER TABLE dagapp.jobs SET (toast.autovacuum_enabled = false)",
    ["table dagapp.jobs: options of toast is new ({autovacuum_enabled=false})"],
  ],
  [
    "ALTER MATERIALIZED VIEW dagapp.said_names SET (toast.vacuum_truncate = false)",
    ["materialized view dagapp.said_names: options of toast is new"],
  ],
  [
    "ALTER STATISTICS dagapp.jobs_stats SET STATISTICS 7",
    ["statistics object dagapp.jobs_stats: target is new (7)"],
  ],
  [
    "ALTER INDEX dagapp.jobs_twice ALTER COLUMN 1 SET STATISTICS 7",
    ["table dagapp.jobs: statistics of index jobs_twice is new (column 1: 7)"],
  ],
  [
    "ALTER TEXT SEARCH CONFIGURATION dagapp.words ALTER MAPPING FOR asciiword WITH simple",
    ["text search configuration dagapp.words: definition was"],
  ],
  [
    "ALTER TEXT SEARCH CONFIGURATION dagapp.words DROP MAPPING FOR asciiword",
    ["text search configuration dagapp.words: definition was"],
  ],
  [
    "ALTER TEXT SEARCH DICTIONARY dagapp.plain (ACCEPT = false)",
    ["text search dictionary dagapp.plain: definition was"],
  ],
  [
    "ALTER OPERATOR dagapp.=== (INTEGER, INTEGER) SET (RESTRICT = eqsel)",
    ["operator dagapp.===(integer,integer): definition was"],
  ],
  ["DROP OPERATOR dagapp.=== (INTEGER, INTEGER)", ["operator dagapp.===(integer,integer) is gone"]],
  [
    "COMMENT ON CAST (dagapp.pair AS TEXT) IS 'Pair.'",
    ["cast (dagapp.pair AS text) was without, is comment Pair."],
  ],
  [
    "DROP CAST (dagapp.pair AS TEXT); CREATE CAST (dagapp.pair AS TEXT) WITH INOUT AS ASSIGNMENT",
    [
      "cast (dagapp.pair AS text) was by dagapp.said(dagapp.pair), is by input and output in assignments",
    ],
  ],
  ["CREATE CAST (INTEGER AS dagapp.state) WITH INOUT", ["cast (integer AS dagapp.state) is new"]],
];

/** Only a superuser may. */
const LARGER_CHANGES: readonly (readonly [string, readonly string[]])[] = [
  ["CREATE PUBLICATION other FOR TABLE public.schema_migrations", []],
  ["CREATE PUBLICATION whole FOR ALL TABLES", ["publication whole is new (all tables: insert,"]],
  ["CREATE PUBLICATION whole FOR TABLES IN SCHEMA dagapp", ["publication whole is new"]],
  [
    "ALTER PUBLICATION own SET TABLE dagapp.jobs WHERE (id > 5)",
    ["publication own: table dagapp.jobs was columns id, name, is all columns where (id > 5)"],
  ],
  ["ALTER PUBLICATION own ADD TABLE geoapi.log", ["publication own: table geoapi.log is new"]],
  [
    "ALTER PUBLICATION own SET (publish = 'insert')",
    ["publication own was insert, update, delete, truncate, is insert"],
  ],
  [
    "CREATE PUBLICATION all_of FOR TABLES IN SCHEMA geoapi",
    ["publication all_of is new (exists; insert,"],
  ],
  ["DROP PUBLICATION own", ["publication own is gone"]],
  [
    `CREATE OPERATOR CLASS dagapp.by_size FOR TYPE INTEGER USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =,
       OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(INTEGER, INTEGER)`,
    [
      "operator class dagapp.by_size USING btree is new",
      "operator family dagapp.by_size USING btree is new",
    ],
  ],
  [
    "ALTER OPERATOR FAMILY dagapp.own USING btree ADD OPERATOR 1 < (INTEGER, INTEGER)",
    ["operator family dagapp.own USING btree: definition is new (operator 1 <(integer,integer)"],
  ],
];

/** What leaves the structure as it is. */
const NO_CHANGE: readonly string[] = [
  "ALTER TABLE dagapp.jobs ADD extra TEXT; ALTER TABLE dagapp.jobs DROP extra",
  "SELECT nextval('dagapp.counter')",
  "INSERT INTO dagapp.jobs (size) VALUES (1); ANALYZE dagapp.jobs",
  "DROP INDEX dagapp.jobs_name; CREATE INDEX jobs_name ON dagapp.jobs (name)",
  "ALTER TABLE dagapp.jobs DROP state; ALTER TABLE dagapp.jobs ADD state dagapp.state",
  "CREATE TABLE pgstac._items_1 PARTITION OF pgstac.items FOR VALUES IN ('c1'); CREATE INDEX ON pgstac._items_1 (id)",
  "CREATE TABLE geoapi.runs_07 PARTITION OF geoapi.runs FOR VALUES FROM ('2026-07-01') TO ('2026-08-01')",
  "SET search_path = dagapp",
  "SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'SQL, DMY'; SET IntervalStyle = 'iso_8601'",
  "SET extra_float_digits = 0; SET bytea_output = 'escape'; SET quote_all_identifiers = on",
];

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major });
  let database: ProgramDatabase;
  let client: Client;
  const schemas = ["dagapp", "geoapi", "pgstac"];

  beforeAll(async () => {
    database = await suite.database();
    client = await database.connect("infrastructure");
    await client.query(OBJECTS);
  });

  /** What a change does to the snapshot; the database is left as it was. */
  const impactOf = async (sql: string, as: Client = client) => {
    const before = await readSnapshot(as, schemas);
    await as.query("BEGIN");
    try {
      await as.query(sql);
      const after = await readSnapshot(as, schemas);
      return {
        all: compareSnapshots(before, after),
        structure: compareSnapshots(structureOf(before, 18), structureOf(after, 18)),
      };
    } finally {
      await as.query("ROLLBACK");
    }
  };

  it.each(CHANGES)("sees %s", async (sql, expected) => {
    const lines = (await impactOf(sql)).all.map(describeDifference);
    expect(lines).toEqual(expected.map((text) => expect.stringContaining(text) as string));
  });

  describe("of what a superuser makes", () => {
    let superuser: Client;
    beforeAll(async () => {
      superuser = await database.connect("superuser");
      await superuser.query(
        "CREATE PUBLICATION own FOR TABLE dagapp.jobs (id, name); CREATE OPERATOR FAMILY dagapp.own USING btree",
      );
    });
    afterAll(() =>
      superuser.query("DROP PUBLICATION own; DROP OPERATOR FAMILY dagapp.own USING btree"),
    );
    it.each(LARGER_CHANGES)("sees %s", async (sql, expected) => {
      const lines = (await impactOf(sql, superuser)).structure.map(describeDifference);
      expect(lines).toEqual(expected.map((text) => expect.stringContaining(text) as string));
    });
  });

  it("names no cast that came with a range", async () => {
    const found = (await impactOf("CREATE TYPE dagapp.other_span AS RANGE (subtype = REAL)")).all;
    expect(new Set(found.map(({ object }) => object))).toEqual(new Set(["type dagapp.other_span"]));
  });

  it.each(NO_CHANGE)("sees no change in %s", async (sql) => {
    expect((await impactOf(sql)).all).toEqual([]);
  });

  it.each([
    "GRANT SELECT ON dagapp.jobs TO PUBLIC",
    "GRANT SELECT (name) ON dagapp.jobs TO PUBLIC",
    "GRANT EXECUTE ON FUNCTION dagapp.double(integer) TO PUBLIC",
    "GRANT CREATE ON SCHEMA dagapp TO PUBLIC",
    "GRANT USAGE ON SEQUENCE dagapp.counter TO PUBLIC",
    "REVOKE USAGE ON TYPE dagapp.state FROM PUBLIC",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA dagapp GRANT SELECT ON TABLES TO PUBLIC",
  ])("sees %s, and calls it no change of the structure", async (sql) => {
    const { all, structure } = await impactOf(sql);
    expect(all.length).toBeGreaterThan(0);
    expect(structure).toEqual([]);
  });

  it("leaves the session's parameters as they were", async () => {
    await client.query("SET TimeZone = 'Asia/Tokyo'; SET lock_timeout = '7s'");
    await readSnapshot(client, schemas, { lock_timeout: "1s" });
    const { rows } = await client.query(
      "SELECT current_setting('TimeZone') AS zone, current_setting('lock_timeout') AS patience",
    );
    expect(rows).toEqual([{ zone: "Asia/Tokyo", patience: "7s" }]);
    await client.query("RESET TimeZone; RESET lock_timeout");
  });

  it("sees no change outside of the schemas", async () => {
    const superuser = await database.connect("superuser");
    const { all } = await impactOf("CREATE TABLE public.elsewhere (id INTEGER)", superuser);
    expect(all).toEqual([]);
  });

  it("sees no change in what a server notes for itself among a column's options", async () => {
    const superuser = await database.connect("superuser");
    const noting = (options: string): string =>
      `UPDATE pg_attribute SET attoptions = ${options} WHERE attrelid = 'dagapp.jobs'::regclass AND attname = 'name'`;
    expect((await impactOf(noting("'{pg_attver=2}'"), superuser)).all).toEqual([]);
    const { all } = await impactOf(noting("'{pg_attver=2,n_distinct=5}'"), superuser);
    expect(all.map(describeDifference)).toEqual([
      expect.stringMatching(/column name was .* is .*options \{n_distinct=5\}/),
    ]);
  });

  it("sees another owner, and calls it no change of the structure", async () => {
    const superuser = await database.connect("superuser");
    const { all, structure } = await impactOf(
      "ALTER TABLE dagapp.jobs OWNER TO CURRENT_USER",
      superuser,
    );
    expect(all.length).toBeGreaterThan(0);
    expect(structure).toEqual([]);
  });

  it("sees a run-time partition that holds code, and a table that ceases to have such partitions", async () => {
    const partition =
      "CREATE TABLE geoapi.runs_08 PARTITION OF geoapi.runs FOR VALUES FROM ('2026-08-01') TO ('2026-09-01')";
    const armed = await impactOf(
      `${partition}; CREATE TRIGGER t BEFORE INSERT ON geoapi.runs_08 FOR EACH ROW EXECUTE FUNCTION dagapp.touch()`,
    );
    expect(armed.all.map(describeDifference)).toContainEqual(
      expect.stringContaining("table geoapi.runs_08 is new"),
    );
    const { all } = await impactOf(`COMMENT ON TABLE geoapi.runs IS 'What ran.'; ${partition}`);
    const lines = all.map(describeDifference);
    expect(lines).toContainEqual(expect.stringContaining("table geoapi.runs_08 is new"));
    expect(lines).toContainEqual(expect.stringContaining("table geoapi.runs was comment"));
  });

  it("sees an index that CONCURRENTLY left invalid", async () => {
    await client.query("INSERT INTO dagapp.parent VALUES (1, 'x'), (2, 'x')");
    const before = await readSnapshot(client, schemas);
    const building = "CREATE UNIQUE INDEX CONCURRENTLY parent_kind ON dagapp.parent (kind)";
    await expect(client.query(building)).rejects.toMatchObject({ code: "23505" });
    const lines = compareSnapshots(before, await readSnapshot(client, schemas)).map(
      describeDifference,
    );
    await client.query("DROP INDEX dagapp.parent_kind");
    expect(lines).toEqual([expect.stringMatching(/index parent_kind is new .*valid f/)]);
  });

  it("is the same in another database, whatever the object ids", async () => {
    const other = await suite.database();
    const theirs = await other.connect("infrastructure");
    await theirs.query("CREATE TABLE geoapi.shift AS SELECT 1 AS n");
    await theirs.query("DROP TABLE geoapi.shift");
    await theirs.query(OBJECTS);
    const rename = (lines: readonly { text: string }[], { names, settings }: ProgramDatabase) =>
      JSON.parse(
        JSON.stringify(lines)
          .replaceAll(settings.roles.infrastructure, "infra")
          .replaceAll(names.service, "service"),
      ) as Awaited<ReturnType<typeof readSnapshot>>;
    const [a, b] = [await readSnapshot(client, schemas), await readSnapshot(theirs, schemas)];
    expect(a.length).toBeGreaterThan(100);
    expect(compareSnapshots(rename(a, database), rename(b, other))).toEqual([]);
    await other.close();
  });
});
