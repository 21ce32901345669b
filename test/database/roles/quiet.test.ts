/**
 * What a database may hold beside what is governed, and nobody has to declare: extensions made, moved and updated,
 * tools of an administrator, other applications' roles, settings of time and logs, what a migration makes, and whatever
 * open sessions keep for themselves. None of it is a deviation.
 */
import { escapeIdentifier } from "pg";

import type { Login, ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

interface Quiet {
  readonly name: string;
  readonly as: Login;
  readonly sql: readonly string[];
  readonly undo?: readonly string[];
}

const cases: readonly Quiet[] = [
  {
    name: "extensions made by the admin, in public and in a governed schema",
    as: "admin",
    sql: [
      ...["pg_trgm", "citext", "pgcrypto", "btree_gist", '"uuid-ossp"'].map(
        (name) => `CREATE EXTENSION ${name}`,
      ),
    ],
    undo: ['DROP EXTENSION pg_trgm, citext, pgcrypto, btree_gist, "uuid-ossp"'],
  },
  {
    name: "extensions made by an administrator, one in a governed schema",
    as: "superuser",
    sql: [
      ...["postgres_fdw", "file_fdw", "dblink", "pg_stat_statements", "xml2", "pg_buffercache"].map(
        (name) => `CREATE EXTENSION ${name}`,
      ),
      "CREATE EXTENSION hstore SCHEMA dagapp",
    ],
    undo: [
      "DROP EXTENSION postgres_fdw, file_fdw, dblink, pg_stat_statements, xml2, pg_buffercache, hstore",
    ],
  },
  {
    name: "an extension that was updated twice and moved",
    as: "superuser",
    sql: [
      "CREATE SCHEMA extensions",
      "CREATE EXTENSION pg_trgm VERSION '1.3' SCHEMA public",
      "ALTER EXTENSION pg_trgm UPDATE TO '1.4'",
      "ALTER EXTENSION pg_trgm UPDATE",
      "ALTER EXTENSION pg_trgm SET SCHEMA extensions",
    ],
    undo: ["DROP EXTENSION pg_trgm", "DROP SCHEMA extensions"],
  },
  {
    name: "an administrator's schema, publication and narrower privileges on what is the system's",
    as: "superuser",
    sql: [
      "CREATE SCHEMA tools",
      "CREATE TABLE tools.seen (id INTEGER PRIMARY KEY, note TEXT)",
      "CREATE VIEW tools.shown AS SELECT * FROM tools.seen",
      "CREATE PUBLICATION changes FOR ALL TABLES",
      "REVOKE EXECUTE ON FUNCTION pg_catalog.lo_create(oid) FROM PUBLIC",
    ],
    undo: [
      "DROP SCHEMA tools CASCADE",
      "DROP PUBLICATION changes",
      "GRANT EXECUTE ON FUNCTION pg_catalog.lo_create(oid) TO PUBLIC",
    ],
  },
  {
    name: "other applications' roles and those that watch the server",
    as: "superuser",
    sql: [
      "CREATE ROLE other_reads NOLOGIN",
      "CREATE ROLE other LOGIN CREATEDB IN ROLE other_reads",
      "CREATE ROLE exporter LOGIN IN ROLE pg_monitor, pg_read_all_settings",
    ],
    undo: ["DROP ROLE other, other_reads, exporter"],
  },
  {
    name: "settings of time, memory and logs",
    as: "superuser",
    sql: [
      "ALTER DATABASE {database} SET TimeZone = 'Europe/Berlin'",
      "ALTER DATABASE {database} SET log_min_duration_statement = 500",
      "ALTER DATABASE {database} SET statement_timeout = '5min'",
      "ALTER DATABASE {database} SET default_text_search_config = 'pg_catalog.german'",
      "ALTER ROLE {admin} SET log_statement = 'ddl'",
    ],
    undo: ["ALTER DATABASE {database} RESET ALL", "ALTER ROLE {admin} RESET ALL"],
  },
  {
    name: "a server elsewhere, with a mapping and a foreign table",
    as: "superuser",
    sql: [
      "CREATE EXTENSION postgres_fdw",
      "CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'far', dbname 'other')",
      "CREATE USER MAPPING FOR {service} SERVER far OPTIONS (user 'u', password 'p')",
      "CREATE FOREIGN TABLE dagapp.far (id INTEGER) SERVER far",
      "ALTER FOREIGN TABLE dagapp.far OWNER TO {infra}",
      "GRANT SELECT, INSERT, UPDATE, DELETE ON dagapp.far TO {service}",
    ],
    undo: ["DROP FOREIGN TABLE dagapp.far", "DROP EXTENSION postgres_fdw CASCADE"],
  },
  {
    name: "views over the ledger that show it with their reader's rights, in every spelling",
    as: "infrastructure",
    sql: ["", "= true", "= 1", "= yes", "= t", "= on"].map(
      (value, n) =>
        `CREATE VIEW dagapp.w${n} WITH (security_invoker ${value}) AS SELECT version FROM public.schema_migrations`,
    ),
    undo: ["DROP VIEW dagapp.w0, dagapp.w1, dagapp.w2, dagapp.w3, dagapp.w4, dagapp.w5"],
  },
  {
    name: "objects of many kinds, as a migration makes them",
    as: "infrastructure",
    sql: [
      "CREATE TABLE dagapp.q (id INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n INTEGER, r INT4RANGE)",
      "CREATE TABLE dagapp.q_child () INHERITS (dagapp.q)",
      "CREATE STATISTICS dagapp.q_both ON id, n FROM dagapp.q",
      'CREATE COLLATION dagapp.q_order FROM "C"',
      "CREATE TYPE dagapp.q_range AS RANGE (subtype = integer)",
      "CREATE TYPE dagapp.q_pair AS (a INTEGER, b TEXT)",
      "CREATE DOMAIN dagapp.q_pairs AS dagapp.q_pair[]",
      "CREATE OPERATOR dagapp.=#= (FUNCTION = int4eq, LEFTARG = integer, RIGHTARG = integer)",
      "CREATE TABLE dagapp.q_parts (a INTEGER) PARTITION BY LIST (a)",
      "CREATE TABLE dagapp.q_part PARTITION OF dagapp.q_parts DEFAULT",
    ],
    undo: [
      "DROP TABLE dagapp.q_parts, dagapp.q_child, dagapp.q",
      "DROP DOMAIN dagapp.q_pairs",
      "DROP TYPE dagapp.q_pair, dagapp.q_range",
      "DROP COLLATION dagapp.q_order",
      "DROP OPERATOR dagapp.=#= (integer, integer)",
    ],
  },
];

/** What a login may keep in its session, of every kind that there is. */
const ofSessions = [
  "CREATE TEMPORARY TABLE own (id SERIAL PRIMARY KEY, mood dagapp.mood)",
  "CREATE TEMPORARY TABLE own_parts (a INTEGER) PARTITION BY LIST (a)",
  "CREATE TEMPORARY TABLE own_part PARTITION OF own_parts DEFAULT",
  "CREATE TEMPORARY VIEW own_view AS SELECT * FROM own",
  "CREATE TEMPORARY SEQUENCE own_numbers",
  "CREATE FUNCTION pg_temp.f() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN new; END'",
  "CREATE PROCEDURE pg_temp.p() LANGUAGE sql AS 'SELECT 1'",
  "CREATE AGGREGATE pg_temp.a (INTEGER) (sfunc = int4pl, stype = integer)",
  "CREATE TRIGGER own_trigger BEFORE INSERT ON own FOR EACH ROW EXECUTE FUNCTION pg_temp.f()",
  "CREATE RULE own_rule AS ON DELETE TO own DO INSTEAD NOTHING",
  "CREATE TYPE pg_temp.t AS (a INTEGER)",
  "CREATE TYPE pg_temp.e AS ENUM ('a')",
  "CREATE TYPE pg_temp.r AS RANGE (subtype = integer)",
  "CREATE DOMAIN pg_temp.d AS INTEGER",
  'CREATE COLLATION pg_temp.c FROM "C"',
  "CREATE OPERATOR pg_temp.=== (FUNCTION = int4eq, LEFTARG = integer, RIGHTARG = integer)",
  "CREATE TEXT SEARCH CONFIGURATION pg_temp.tc (COPY = pg_catalog.simple)",
  "CREATE TEXT SEARCH DICTIONARY pg_temp.td (TEMPLATE = simple)",
  "CREATE CONVERSION pg_temp.cv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8",
  "CREATE STATISTICS pg_temp.s ON id, mood FROM own",
  "CREATE CAST (pg_temp.t AS pg_temp.e) WITH INOUT",
  "GRANT SELECT ON own TO PUBLIC",
  "GRANT EXECUTE ON FUNCTION pg_temp.f() TO {outsider}",
  "ALTER TABLE own ENABLE ROW LEVEL SECURITY",
];

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major });
  let database: ProgramDatabase;

  const named = (text: string): string =>
    Object.entries({
      ...database.names,
      infra: database.settings.roles.infrastructure,
      database: database.settings.server.database,
    }).reduce((result, [key, name]) => result.replaceAll(`{${key}}`, escapeIdentifier(name)), text);
  const run = async (as: Login, sql: readonly string[]): Promise<void> => {
    const client = await database.connect(as);
    for (const statement of sql) await client.query(named(statement));
    await client.end();
  };
  const texts = async (): Promise<readonly string[]> =>
    (await database.deviations()).map(({ text }) => text);

  beforeAll(async () => {
    database = await suite.database();
    await run("infrastructure", ["CREATE TYPE dagapp.mood AS ENUM ('fine')"]);
    expect(await texts()).toEqual([]);
  });

  it.each(cases)("says nothing of $name", async ({ as, sql, undo = [] }) => {
    await run(as, sql);
    const found = await texts();
    await run(as, undo);
    expect(found).toEqual([]);
    expect(await texts()).toEqual([]);
  });

  it("says nothing of what open sessions keep for themselves, and lets them keep it", async () => {
    const service = await database.connect("service");
    for (const sql of ofSessions) await service.query(named(sql));
    expect(await texts()).toEqual([]);
    expect(await database.heal()).toEqual({ mended: [], left: [] });
    expect((await service.query("SELECT count(*)::int AS n FROM own")).rows).toEqual([{ n: 0 }]);
    await service.end();
  });
});
