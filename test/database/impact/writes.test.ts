// Whose rows a statement is said to change is what the server counts, whatever leads there: views, inheritance, partitions,
// keys, triggers, rules, defaults, checks, domains, policies, operators and functions of a known name.
import type { Client } from "pg";

import { impactsOf } from "../../../migrations/engine/impact/classify";
import type { RowImpact } from "../../../migrations/engine/impact/impact";
import type { SchemaModel } from "../../../migrations/engine/schema/schemaModel";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { fileOf, modelOf, nameOf } from "../../support/files/impacts";
import { type GovernedServer, startGovernedServer } from "../../support/servers/governedServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

const boom = (name: string, args: string, result: string, more = ""): string =>
  `CREATE FUNCTION m.${name}(${args}) RETURNS ${result} ${more} LANGUAGE plpgsql AS $f$ BEGIN DELETE FROM m.old; RETURN ${
    result === "trigger" ? "NEW" : result === "boolean" ? "true" : "1"
  }; END $f$;`;

const BASE = `
CREATE SCHEMA m;
CREATE TABLE m.old (id integer, body text);
INSERT INTO m.old SELECT n, n FROM generate_series(1, 10) AS n;
${boom("boom", "", "integer")}
${boom("boom_one", "integer", "integer")}
${boom("boom_two", "integer, integer", "integer")}
${boom("boom_check", "integer", "boolean")}
${boom("boom_row", "", "trigger")}
${boom("upper", "integer", "integer")}
CREATE FUNCTION m.quiet(integer) RETURNS integer IMMUTABLE LANGUAGE plpgsql AS $f$ BEGIN RETURN m.boom_one($1); END $f$;
CREATE TABLE m.triggered (a integer);
CREATE TRIGGER t AFTER INSERT ON m.triggered FOR EACH ROW EXECUTE FUNCTION m.boom_row();
CREATE TABLE m.emptied (a integer);
CREATE TRIGGER t AFTER TRUNCATE ON m.emptied FOR EACH STATEMENT EXECUTE FUNCTION m.boom_row();
CREATE TABLE m.defaulted (a integer DEFAULT m.boom(), b integer);
CREATE TABLE m.checked (a integer CHECK (m.boom_check(a)));
CREATE TABLE m.generated (a integer, b integer GENERATED ALWAYS AS (m.quiet(a)) STORED);
CREATE TABLE m.indexed (a integer);
CREATE INDEX indexed_quiet ON m.indexed (m.quiet(a));
CREATE DOMAIN m.dom AS integer CHECK (m.boom_check(VALUE));
CREATE DOMAIN m.dom_over AS m.dom;
CREATE TABLE m.typed (a m.dom_over);
CREATE OPERATOR m.### (LEFTARG = integer, RIGHTARG = integer, FUNCTION = m.boom_two);
CREATE AGGREGATE m.sum_up (integer) (SFUNC = m.boom_two, STYPE = integer, INITCOND = '0');
CREATE TABLE m.secured (a integer);
INSERT INTO m.secured VALUES (1);
ALTER TABLE m.secured ENABLE ROW LEVEL SECURITY;
ALTER TABLE m.secured FORCE ROW LEVEL SECURITY;
CREATE POLICY p ON m.secured USING (m.boom_check(a));
ALTER TABLE m.secured OWNER TO platform_admin; GRANT ALL ON SCHEMA m TO platform_admin;
GRANT ALL ON ALL TABLES IN SCHEMA m TO platform_admin;
CREATE VIEW m.seen AS SELECT id, body FROM m.old;
CREATE VIEW m.seen_twice AS SELECT id, body FROM m.seen;
CREATE VIEW m.calling AS SELECT m.boom() AS a;
CREATE VIEW m.ruled AS SELECT 1 AS a;
CREATE RULE r AS ON INSERT TO m.ruled DO INSTEAD DELETE FROM m.old;
CREATE TABLE m.above (id integer, body text);
CREATE TABLE m.below () INHERITS (m.above);
INSERT INTO m.below SELECT n, n FROM generate_series(1, 10) AS n;
CREATE TABLE m.part (k integer, v text) PARTITION BY LIST (k);
CREATE TABLE m.part_1 PARTITION OF m.part FOR VALUES IN (1);
INSERT INTO m.part VALUES (1, 'x');
CREATE TABLE m.root (id integer PRIMARY KEY);
CREATE TABLE m.leaf (id integer PRIMARY KEY, root_id integer REFERENCES m.root ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE m.fruit (leaf_id integer REFERENCES m.leaf ON DELETE SET NULL);
INSERT INTO m.root VALUES (1); INSERT INTO m.leaf VALUES (1, 1); INSERT INTO m.fruit VALUES (1);
CREATE MATERIALIZED VIEW m.kept AS SELECT 1 AS a;
`;

/** SQL; the relations that it changes beside what it names are what the test is about. */
const rows: readonly string[] = [
  "DELETE FROM m.old",
  "UPDATE m.seen SET body = NULL",
  "DELETE FROM m.seen_twice",
  "WITH gone AS (DELETE FROM m.seen RETURNING id) SELECT count(*) FROM gone",
  "INSERT INTO m.ruled VALUES (1)",
  "INSERT INTO m.triggered VALUES (1)",
  "TRUNCATE m.emptied",
  "INSERT INTO m.defaulted DEFAULT VALUES",
  "INSERT INTO m.checked VALUES (1)",
  "INSERT INTO m.generated (a) VALUES (1)",
  "INSERT INTO m.indexed VALUES (1)",
  "INSERT INTO m.typed VALUES (1)",
  "SELECT 1::m.dom",
  "SELECT CAST(1 AS m.dom_over)",
  "SELECT 1 OPERATOR(m.###) 2",
  "SELECT m.sum_up(n) FROM generate_series(1, 2) AS n",
  "SELECT * FROM m.calling",
  "CREATE MATERIALIZED VIEW m.fresh AS SELECT m.boom() AS a",
  "CREATE TABLE m.fresh AS SELECT m.boom() AS a",
  "SELECT m.boom() INTO m.fresh",
  "ALTER TABLE m.old ADD COLUMN x integer DEFAULT m.boom()",
  "ALTER TABLE m.secured ADD CHECK (m.boom_check(a))",
  "ALTER TABLE m.fruit ALTER COLUMN leaf_id TYPE integer USING m.boom()",
  "CREATE INDEX ON m.secured (m.quiet(a))",
  "SET search_path = m; SELECT upper(1)",
  "DELETE FROM m.above",
  "TRUNCATE m.above",
  "UPDATE m.part SET v = 'y'",
  "DELETE FROM m.root",
  "UPDATE m.root SET id = 5",
  "TRUNCATE m.root CASCADE",
  "MERGE INTO m.old AS o USING m.root AS r ON o.id = r.id WHEN MATCHED THEN DELETE",
  "INSERT INTO m.root VALUES (1) ON CONFLICT (id) DO UPDATE SET id = 7",
  "DO $$ BEGIN PERFORM m.boom(); END $$",
  "DO $$ BEGIN DELETE FROM m.seen; END $$",
  "EXPLAIN ANALYZE DELETE FROM m.old",
  "REFRESH MATERIALIZED VIEW m.kept",
  "SET ROLE platform_admin; SELECT * FROM m.secured",
];

const COUNTS = `
SELECT schemaname || '.' || relname AS name, n_tup_ins > 0 AS "insert", n_tup_upd > 0 AS "update", n_tup_del > 0 AS "delete"
FROM pg_stat_xact_user_tables WHERE schemaname = 'm' AND n_tup_ins + n_tup_upd + n_tup_del > 0`;
const FILES = `SELECT c.oid::text AS oid, 'm.' || relname AS name, pg_relation_filenode(c.oid)::text AS file
FROM pg_class AS c WHERE relnamespace = 'm'::regnamespace AND relkind = 'r' ORDER BY 1`;

const word = ({ object, verb }: Pick<RowImpact, "object" | "verb">): string =>
  `${verb} ${nameOf(object)}`;

/** What the server counted, of tables that were there before; new files of TRUNCATE as such. */
async function counted(client: Client, sql: string): Promise<readonly string[]> {
  // Counts of earlier transactions would be among those of this one.
  await client.query("SELECT pg_stat_force_next_flush()");
  await client.query("BEGIN");
  try {
    const before = (await client.query<{ oid: string; name: string; file: string }>(FILES)).rows;
    for (const one of sql.startsWith("SET") ? sql.split("; ") : [sql]) await client.query(one);
    await client.query("RESET ROLE");
    const counts = (await client.query<Record<string, string | boolean>>(COUNTS)).rows;
    const after = (await client.query<{ oid: string; file: string }>(FILES)).rows;
    const fileOfOid = new Map(after.map(({ oid, file }) => [oid, file]));
    const known = new Set(before.map(({ name }) => name));
    const written = counts
      .filter(({ name }) => known.has(String(name)))
      .flatMap((row) =>
        ["insert", "update", "delete"]
          .filter((verb) => row[verb] === true)
          .map((verb) => `${verb} ${String(row["name"])}`),
      );
    const emptied = /TRUNCATE/.test(sql)
      ? before
          .filter(({ oid, file }) => fileOfOid.get(oid) !== file)
          .map(({ name }) => `truncate ${name}`)
      : [];
    return [...written, ...emptied].sort();
  } finally {
    await client.query("ROLLBACK");
    await client.query("RESET ALL");
  }
}

describe.each(serverVersions)("PostgreSQL %d", (major) => {
  let server: GovernedServer;
  let model: SchemaModel;
  beforeAll(async () => {
    await loadParser();
    server = await startGovernedServer(major);
    await server.superuser.query(BASE);
    model = modelOf(BASE);
  });
  afterAll(() => server.stop());

  it.each(rows)("%s changes the rows it is said to change", async (sql) => {
    const claimed = new Set(
      impactsOf(fileOf(2, sql), model).flatMap(({ writes }) => writes.map(word)),
    );
    const measured = await counted(server.superuser, sql);
    expect(measured.filter((one) => !claimed.has(one))).toEqual([]);
    // Something happens, so that the claim is asked at all.
    if (!sql.includes("m.kept")) expect(measured).not.toEqual([]);
  });

  it("claims nothing for what changes no row", () => {
    const quiet = [
      "SELECT lower('a'), 1 + 1, now()::date FROM m.old",
      "SELECT * FROM m.seen_twice",
      "INSERT INTO m.fruit VALUES (NULL)",
      "CREATE VIEW m.fresh AS SELECT m.boom() AS a",
      "EXPLAIN SELECT 1",
      "ANALYZE m.old",
    ];
    const claims = quiet.map((sql) =>
      impactsOf(fileOf(2, sql), model).flatMap(({ writes }) => writes.map(word)),
    );
    expect(claims).toEqual([[], [], ["insert m.fruit"], [], [], []]);
  });
});
