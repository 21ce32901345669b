/**
 * Drift that hides: among the members of an extension, in the system's own schemas, behind a foreign server, in the
 * properties of a function, a language or the database. Pure data, as drifts.ts, which takes these in. Does NOT run
 * anything.
 */
import type { Drift } from "./drifts";
import { noPower } from "./roleDrifts";

const dropped = /a person decides/;

const definer = (name: string): string =>
  `CREATE FUNCTION ${name}() RETURNS INTEGER LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'`;
const definerFound = (name: string, owner = "postgres"): string =>
  `function ${name}(): should not run with the rights of ${owner} (SECURITY DEFINER)`;
const notOfPlpgsql = (what: string): string =>
  `${what}: should not belong to the extension plpgsql, whose script did not make it`;

export const hiddenDrifts: readonly Drift[] = [
  {
    name: "functions that run with a superuser's rights, in the system's own schemas",
    sql: [
      "SET allow_system_table_mods = on",
      definer("pg_catalog.sly"),
      definer("information_schema.sly"),
    ],
    found: [definerFound("information_schema.sly"), definerFound("sly")],
    left: {
      statements: [
        "ALTER ROUTINE information_schema.sly() SECURITY INVOKER",
        "ALTER ROUTINE sly() SECURITY INVOKER",
      ],
      reason: noPower,
    },
    undo: [
      "SET allow_system_table_mods = on",
      "DROP FUNCTION IF EXISTS pg_catalog.sly()",
      "DROP FUNCTION IF EXISTS information_schema.sly()",
    ],
  },
  {
    name: "a function of an extension that was made to run with its owner's rights",
    sql: [
      "CREATE EXTENSION pg_trgm SCHEMA public",
      "ALTER FUNCTION public.show_trgm(TEXT) SECURITY DEFINER",
    ],
    found: [
      "function public.show_trgm(text): should not run with the rights of postgres (SECURITY DEFINER)",
    ],
    left: {
      statements: ["ALTER ROUTINE public.show_trgm(text) SECURITY INVOKER"],
      reason: noPower,
    },
    undo: ["DROP EXTENSION IF EXISTS pg_trgm"],
  },
  {
    name: "a table and a function hidden among the members of an extension",
    sql: [
      "CREATE TABLE public.hidden (id INTEGER)",
      definer("public.hidden"),
      "ALTER EXTENSION plpgsql ADD TABLE public.hidden",
      "ALTER EXTENSION plpgsql ADD FUNCTION public.hidden()",
    ],
    found: [
      notOfPlpgsql("function public.hidden()"),
      notOfPlpgsql("table public.hidden"),
      definerFound("public.hidden"),
    ],
    left: {
      statements: [
        'ALTER EXTENSION "plpgsql" DROP FUNCTION public.hidden()',
        'ALTER EXTENSION "plpgsql" DROP TABLE public.hidden',
        "ALTER ROUTINE public.hidden() SECURITY INVOKER",
      ],
      reason: noPower,
    },
    undo: [
      "DO $$ BEGIN ALTER EXTENSION plpgsql DROP TABLE public.hidden; EXCEPTION WHEN OTHERS THEN END $$",
      "DO $$ BEGIN ALTER EXTENSION plpgsql DROP FUNCTION public.hidden(); EXCEPTION WHEN OTHERS THEN END $$",
      "DROP TABLE IF EXISTS public.hidden",
      "DROP FUNCTION IF EXISTS public.hidden()",
    ],
  },
  {
    name: "a member of an extension that belongs to the service role",
    sql: [
      "CREATE EXTENSION pg_trgm SCHEMA public",
      "ALTER FUNCTION public.show_trgm(TEXT) OWNER TO {service}",
    ],
    found: ["function public.show_trgm(pg_catalog.text): belongs to {service}, not to {admin}"],
    undo: ["DROP EXTENSION IF EXISTS pg_trgm"],
  },
  {
    name: "a function that row security trusts",
    sql: [
      "CREATE FUNCTION dagapp.leaky(TEXT) RETURNS BOOLEAN LANGUAGE sql LEAKPROOF AS 'SELECT true'",
      "ALTER FUNCTION dagapp.leaky(TEXT) OWNER TO {infra}",
    ],
    found: ["function dagapp.leaky(text): should not be LEAKPROOF, which row security trusts"],
    undo: ["DROP FUNCTION IF EXISTS dagapp.leaky(TEXT)"],
  },
  {
    name: "a function of the server under another name",
    // The service role lacks EXECUTE, and is not given it.
    sql: [
      "CREATE FUNCTION dagapp.look(TEXT) RETURNS TEXT LANGUAGE internal AS 'pg_read_file_all'",
      "ALTER FUNCTION dagapp.look(TEXT) OWNER TO {infra}",
      "REVOKE ALL ON FUNCTION dagapp.look(TEXT) FROM PUBLIC",
    ],
    found: [
      "function dagapp.look(text): should not be in the language internal, which acts as the server itself",
    ],
    left: { statements: ["DROP ROUTINE dagapp.look(text)"], reason: dropped },
  },
  {
    name: "a language made trusted",
    sql: ["UPDATE pg_language SET lanpltrusted = true WHERE lanname = 'c'"],
    found: ["language c: should not be trusted: who writes in it acts as the server itself"],
    left: {
      statements: ["UPDATE pg_catalog.pg_language SET lanpltrusted = false WHERE lanname = 'c'"],
      reason: noPower,
    },
  },
  {
    name: "a way back into this database as somebody else",
    sql: [
      "CREATE EXTENSION postgres_fdw",
      `DO $$ BEGIN EXECUTE format(
         'CREATE SERVER "loop back" FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host ''::1'', dbname %L)',
         current_database()); END $$`,
      `CREATE USER MAPPING FOR {infra} SERVER "loop back" OPTIONS (user 'postgres', password 'x')`,
      'CREATE USER MAPPING FOR PUBLIC SERVER "loop back"',
      'CREATE USER MAPPING FOR {admin} SERVER "loop back"',
      `CREATE FOREIGN TABLE dagapp.history (id INTEGER) SERVER "loop back" OPTIONS (table_name 'schema_migrations')`,
      "ALTER FOREIGN TABLE dagapp.history OWNER TO {infra}",
      "REVOKE ALL ON dagapp.history FROM {service}",
      // Another database is not this program's affair.
      "CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (dbname 'elsewhere')",
      "CREATE USER MAPPING FOR {infra} SERVER elsewhere",
    ],
    found: [
      "foreign table dagapp.history: should not reach the program's tables as somebody else, through the server loop back",
      'server "loop back": {infra} should not reach this database through it as somebody else (user mapping)',
      'server "loop back": PUBLIC should not reach this database through it as somebody else (user mapping)',
    ],
    left: {
      statements: [
        "DROP FOREIGN TABLE dagapp.history",
        'DROP USER MAPPING FOR {infra} SERVER "loop back"',
        'DROP USER MAPPING FOR PUBLIC SERVER "loop back"',
      ],
      reason: dropped,
    },
    undo: [
      "DROP FOREIGN TABLE IF EXISTS dagapp.history",
      "DROP EXTENSION IF EXISTS postgres_fdw CASCADE",
    ],
  },
  {
    name: "a foreign table of a file of the server",
    // Nobody gets what the rules give on other tables.
    sql: [
      "CREATE EXTENSION file_fdw",
      "CREATE SERVER files FOREIGN DATA WRAPPER file_fdw",
      "CREATE FOREIGN TABLE geoapi.passwords (line TEXT) SERVER files OPTIONS (filename '/etc/passwd')",
      "ALTER FOREIGN TABLE geoapi.passwords OWNER TO {infra}",
    ],
    found: ["foreign table geoapi.passwords: should not read files of the server"],
    left: { statements: ["DROP FOREIGN TABLE geoapi.passwords"], reason: dropped },
    undo: [
      "DROP FOREIGN TABLE IF EXISTS geoapi.passwords",
      "DROP EXTENSION IF EXISTS file_fdw CASCADE",
    ],
  },
  {
    name: "tables whose rows are read as rows of the ledger and of the events",
    sql: [
      "CREATE TABLE public.forged () INHERITS (public.schema_migrations)",
      "CREATE TABLE public.forged_events () INHERITS (public.schema_migration_events)",
      "ALTER TABLE public.forged OWNER TO {service}",
      "ALTER TABLE public.forged_events OWNER TO {admin}",
    ],
    found: [
      "table public.forged: should not inherit from public.schema_migrations: its rows are read with those",
      "table public.forged_events: should not inherit from public.schema_migration_events: its rows are read with those",
      "table public.forged: belongs to {service}, not to {admin}",
    ],
    undo: ["DROP TABLE IF EXISTS public.forged", "DROP TABLE IF EXISTS public.forged_events"],
  },
  {
    name: "triggers and rules on the program's own tables",
    as: "admin",
    sql: [
      "CREATE FUNCTION public.forge() RETURNS TRIGGER LANGUAGE plpgsql AS 'BEGIN RETURN new; END'",
      "CREATE TRIGGER forge BEFORE INSERT ON public.schema_migration_events FOR EACH ROW EXECUTE FUNCTION public.forge()",
      "CREATE TRIGGER forge BEFORE INSERT ON public.schema_migrations FOR EACH ROW EXECUTE FUNCTION public.forge()",
      "ALTER TABLE public.schema_migrations DISABLE TRIGGER forge",
      "CREATE RULE forge AS ON DELETE TO public.schema_migration_events DO INSTEAD NOTHING",
    ],
    found: [
      "rule forge on public.schema_migration_events: should not act with the rights of {admin}",
      "trigger forge on public.schema_migration_events: should not be on a table of the program",
      "trigger forge on public.schema_migrations: should not be on a table of the program",
    ],
    undo: ["DROP FUNCTION IF EXISTS public.forge() CASCADE"],
  },
  {
    name: "policies of the events changed, added and dropped",
    as: "admin",
    sql: [
      "ALTER POLICY run_events ON public.schema_migration_events WITH CHECK (true)",
      "CREATE POLICY sly ON public.schema_migration_events FOR ALL TO {service} USING (true)",
      "DROP POLICY read ON public.schema_migration_events",
    ],
    found: [
      "table public.schema_migration_events: its policy run_events is not as it should be",
      "table public.schema_migration_events: its policy sly should not be there",
      "table public.schema_migration_events: its policy read is missing",
    ],
  },
  {
    name: "a database that whoever may make one may copy",
    sql: ["ALTER DATABASE {database} IS_TEMPLATE true"],
    found: [
      "database {database}: should not be a template, which whoever may make a database may copy",
    ],
  },
  {
    name: "privileges on system columns",
    sql: [
      "GRANT SELECT (ctid, xmin) ON public.schema_migration_events TO {service}",
      "GRANT UPDATE (tableoid) ON dagapp.item TO {outsider}",
    ],
    found: [
      "column public.schema_migration_events.ctid: {service} should not have SELECT",
      "column public.schema_migration_events.xmin: {service} should not have SELECT",
      "column dagapp.item.tableoid: {outsider} should not have UPDATE",
    ],
  },
  {
    name: "what has an owner and no privileges, of a superuser's, in a governed schema",
    sql: [
      'CREATE COLLATION dagapp.mine FROM "C"',
      "CREATE TEXT SEARCH CONFIGURATION dagapp.mine (COPY = pg_catalog.simple)",
      "CREATE TEXT SEARCH DICTIONARY dagapp.mine (TEMPLATE = simple)",
      "CREATE STATISTICS geoapi.mine ON id, note FROM dagapp.item",
      "CREATE CONVERSION dagapp.mine FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8",
      "CREATE OPERATOR dagapp.=== (FUNCTION = int4eq, LEFTARG = integer, RIGHTARG = integer)",
      "CREATE OPERATOR FAMILY dagapp.mine USING btree",
      "CREATE OPERATOR CLASS dagapp.mine FOR TYPE integer USING btree FAMILY dagapp.mine AS OPERATOR 1 <, FUNCTION 1 btint4cmp(integer, integer)",
    ],
    found: [
      "collation dagapp.mine: belongs to postgres, not to {infra}",
      "conversion dagapp.mine: belongs to postgres, not to {infra}",
      "operator dagapp.===(integer,integer): belongs to postgres, not to {infra}",
      "operator class dagapp.mine USING btree: belongs to postgres, not to {infra}",
      "operator family dagapp.mine USING btree: belongs to postgres, not to {infra}",
      "statistics object geoapi.mine: belongs to postgres, not to {infra}",
      "text search configuration dagapp.mine: belongs to postgres, not to {infra}",
      "text search dictionary dagapp.mine: belongs to postgres, not to {infra}",
    ],
    left: {
      statements: [
        "ALTER COLLATION dagapp.mine OWNER TO {infra}",
        "ALTER CONVERSION dagapp.mine OWNER TO {infra}",
        "ALTER OPERATOR dagapp.===(integer,integer) OWNER TO {infra}",
        "ALTER OPERATOR CLASS dagapp.mine USING btree OWNER TO {infra}",
        "ALTER OPERATOR FAMILY dagapp.mine USING btree OWNER TO {infra}",
        "ALTER STATISTICS geoapi.mine OWNER TO {infra}",
        "ALTER TEXT SEARCH CONFIGURATION dagapp.mine OWNER TO {infra}",
        "ALTER TEXT SEARCH DICTIONARY dagapp.mine OWNER TO {infra}",
      ],
      reason: noPower,
    },
    undo: [
      "DROP COLLATION IF EXISTS dagapp.mine",
      "DROP TEXT SEARCH CONFIGURATION IF EXISTS dagapp.mine",
      "DROP TEXT SEARCH DICTIONARY IF EXISTS dagapp.mine",
      "DROP STATISTICS IF EXISTS geoapi.mine",
      "DROP CONVERSION IF EXISTS dagapp.mine",
      "DROP OPERATOR IF EXISTS dagapp.=== (integer, integer)",
      "DROP OPERATOR FAMILY IF EXISTS dagapp.mine USING btree CASCADE",
    ],
  },
  {
    name: "a view over the ledger that cannot be made safe gets nothing that the rules give on views",
    sql: [
      "CREATE VIEW dagapp.trap AS SELECT * FROM public.schema_migrations",
      "REVOKE ALL ON dagapp.trap FROM PUBLIC, {service}",
    ],
    found: [
      "view dagapp.trap: belongs to postgres, not to {infra}",
      "view dagapp.trap: should not show the program's tables with the rights of postgres",
    ],
    left: {
      statements: [
        "ALTER VIEW dagapp.trap OWNER TO {infra}",
        "ALTER VIEW dagapp.trap SET (security_invoker = true)",
      ],
      reason: noPower,
    },
    undo: ["DROP VIEW IF EXISTS dagapp.trap"],
  },
  {
    name: "functions and types that are hard to name",
    as: "admin",
    sql: [
      "CREATE PROCEDURE dagapp.twins(a INTEGER, b TEXT) LANGUAGE sql AS 'SELECT 1'",
      "CREATE PROCEDURE dagapp.twins(a INTEGER, OUT b TEXT) LANGUAGE sql AS $$ SELECT 'x' $$",
      `CREATE AGGREGATE dagapp."All"(*) (sfunc = int8inc, stype = bigint, initcond = '0')`,
      `CREATE TYPE dagapp."odd ""type""" AS ENUM ('a')`,
      "GRANT EXECUTE ON PROCEDURE dagapp.twins(IN a INTEGER, OUT b TEXT) TO {outsider}",
    ],
    found: [
      "procedure dagapp.twins(IN a integer, IN b text): belongs to {admin}, not to {infra}",
      "procedure dagapp.twins(IN a integer, OUT b text): belongs to {admin}, not to {infra}",
      'function dagapp."All"(): belongs to {admin}, not to {infra}',
      'type dagapp."odd ""type""": belongs to {admin}, not to {infra}',
    ],
    undo: [
      "DROP PROCEDURE IF EXISTS dagapp.twins(IN a INTEGER, OUT b TEXT)",
      "DROP PROCEDURE IF EXISTS dagapp.twins(IN a INTEGER, IN b TEXT)",
      'DROP AGGREGATE IF EXISTS dagapp."All"(*)',
      'DROP TYPE IF EXISTS dagapp."odd ""type"""',
    ],
  },
];
