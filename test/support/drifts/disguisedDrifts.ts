/**
 * Drift that is disguised: what reaches the program's tables from above, what an extension seems to have made, schemas
 * that look like a session's, lists that are empty. Pure data, as drifts.ts, which takes these in. Does NOT run anything.
 */
import type { Drift } from "./drifts";
import { noPower } from "./roleDrifts";

const systemTables = "SET allow_system_table_mods = on";

/** A kind of object, how it is made and how ALTER EXTENSION calls it; first what others are made of. */
const members: readonly (readonly [create: string, name: string, told?: string])[] = [
  ["CREATE VIEW public.hv AS SELECT 1 AS x", "VIEW public.hv"],
  ["CREATE SEQUENCE public.hs", "SEQUENCE public.hs"],
  ["CREATE TYPE public.ht AS (a integer)", "TYPE public.ht"],
  [
    "CREATE AGGREGATE public.ha(*) (sfunc = int8inc, stype = bigint, initcond = '0')",
    "AGGREGATE public.ha(*)",
    "ROUTINE public.ha()",
  ],
  ["CREATE FOREIGN DATA WRAPPER hw", "FOREIGN DATA WRAPPER hw"],
  ["CREATE SCHEMA hidden", "SCHEMA hidden"],
  [
    "CREATE OPERATOR public.=== (FUNCTION = int4eq, LEFTARG = integer, RIGHTARG = integer)",
    "OPERATOR public.===(integer,integer)",
  ],
  [
    "CREATE TEXT SEARCH PARSER public.hp (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype)",
    "TEXT SEARCH PARSER public.hp",
  ],
  ["CREATE CAST (public.ht AS text) WITH INOUT", "CAST (public.ht AS pg_catalog.text)"],
];

const notOfPlpgsql = (what: string): string =>
  `${what}: should not belong to the extension plpgsql, whose script did not make it`;

export const disguisedDrifts: readonly Drift[] = [
  {
    name: "the ledger and the events read and written through tables above them",
    sql: [
      "CREATE TABLE dagapp.above (LIKE public.schema_migrations)",
      "CREATE TABLE geoapi.above (id BIGINT)",
      "CREATE TABLE dagapp.lists (one BOOLEAN) PARTITION BY LIST (one)",
      ...["dagapp.above", "geoapi.above", "dagapp.lists"].map(
        (table) => `ALTER TABLE ${table} OWNER TO {infra}`,
      ),
      "ALTER TABLE public.schema_migrations INHERIT dagapp.above",
      "ALTER TABLE public.schema_migration_events INHERIT geoapi.above",
      "ALTER TABLE dagapp.lists ATTACH PARTITION public.schema_migration_lock DEFAULT",
    ],
    found: [
      "table dagapp.above: should not have public.schema_migrations as its child, whose rows are read and written through it",
      "table geoapi.above: should not have public.schema_migration_events as its child, whose rows are read and written through it",
      "table dagapp.lists: should not have public.schema_migration_lock as its child, whose rows are read and written through it",
    ],
    undo: ["DROP TABLE IF EXISTS dagapp.above, geoapi.above, dagapp.lists"],
  },
  {
    name: "members of every kind that an extension was given",
    sql: [
      ...members.map(([create]) => create),
      ...members.map(([, name]) => `ALTER EXTENSION plpgsql ADD ${name}`),
    ],
    found: [
      "aggregate public.ha()",
      "cast (public.ht AS pg_catalog.text)",
      "foreign-data wrapper hw",
      "operator public.===(integer,integer)",
      "schema hidden",
      "sequence public.hs",
      "text search parser public.hp",
      "type public.ht",
      "view public.hv",
    ].map(notOfPlpgsql),
    left: {
      statements: members.map(([, name, told = name]) => `ALTER EXTENSION "plpgsql" DROP ${told}`),
      reason: noPower,
    },
    undo: [
      "DROP CAST IF EXISTS (public.ht AS text)",
      "DROP TEXT SEARCH PARSER IF EXISTS public.hp",
      "DROP OPERATOR IF EXISTS public.=== (integer, integer)",
      "DROP SCHEMA IF EXISTS hidden",
      "DROP FOREIGN DATA WRAPPER IF EXISTS hw",
      "DROP AGGREGATE IF EXISTS public.ha(*)",
      "DROP TYPE IF EXISTS public.ht",
      "DROP SEQUENCE IF EXISTS public.hs",
      "DROP VIEW IF EXISTS public.hv",
    ],
  },
  {
    name: "what an extension was given before it was moved, which writes it all anew",
    sql: [
      "CREATE EXTENSION pg_trgm SCHEMA public",
      "CREATE FUNCTION public.sly() RETURNS INTEGER LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
      "CREATE TABLE public.kept (id INTEGER)",
      "GRANT SELECT ON public.kept TO {service}",
      "ALTER EXTENSION pg_trgm ADD FUNCTION public.sly()",
      "ALTER EXTENSION pg_trgm ADD TABLE public.kept",
      "CREATE SCHEMA other",
      "ALTER EXTENSION pg_trgm SET SCHEMA other",
    ],
    found: [
      "function other.sly(): should not run with the rights of postgres (SECURITY DEFINER)",
      "table other.kept: {service} should not have SELECT",
    ],
    left: {
      statements: [
        "ALTER ROUTINE other.sly() SECURITY INVOKER",
        "REVOKE SELECT ON TABLE other.kept FROM {service} CASCADE",
      ],
      reason: noPower,
    },
    undo: [
      "DROP EXTENSION IF EXISTS pg_trgm",
      "DROP SCHEMA IF EXISTS other CASCADE",
      "DROP FUNCTION IF EXISTS public.sly()",
      "DROP TABLE IF EXISTS public.kept",
    ],
  },
  {
    name: "a schema that is called like one of a session's",
    sql: [
      systemTables,
      "CREATE SCHEMA pg_temp_sly",
      "GRANT USAGE ON SCHEMA pg_temp_sly TO PUBLIC",
      "CREATE FUNCTION pg_temp_sly.f() RETURNS INTEGER LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
    ],
    found: [
      "schema pg_temp_sly: PUBLIC should not have USAGE",
      "function pg_temp_sly.f(): should not run with the rights of postgres (SECURITY DEFINER)",
    ],
    left: {
      statements: [
        "REVOKE USAGE ON SCHEMA pg_temp_sly FROM PUBLIC CASCADE",
        "ALTER ROUTINE pg_temp_sly.f() SECURITY INVOKER",
      ],
      reason: noPower,
    },
    undo: [systemTables, "DROP SCHEMA IF EXISTS pg_temp_sly CASCADE"],
  },
  {
    name: "a list of privileges that was emptied, which gives everybody what the server keeps back",
    sql: [
      systemTables,
      "UPDATE pg_catalog.pg_proc SET proacl = NULL WHERE oid = 'pg_read_file(text)'::regprocedure",
    ],
    found: ["function pg_read_file(text): PUBLIC should not have EXECUTE"],
    left: {
      statements: ["REVOKE EXECUTE ON FUNCTION pg_read_file(text) FROM PUBLIC CASCADE"],
      reason: noPower,
    },
  },
  {
    name: "a rule of a view, which cannot be switched off",
    as: "infrastructure",
    sql: ["CREATE RULE sly AS ON INSERT TO dagapp.item_view DO INSTEAD NOTHING"],
    found: ["rule sly on dagapp.item_view: should not act with the rights of {infra}"],
    left: {
      statements: ['DROP RULE "sly" ON dagapp.item_view'],
      reason: /a person decides/,
    },
  },
  {
    name: "settings that change which zones, errors and results there are",
    sql: [
      "ALTER DATABASE {database} SET timezone_abbreviations = 'Australia'",
      "ALTER DATABASE {database} SET gin_fuzzy_search_limit = 1",
      "ALTER DATABASE {database} SET exit_on_error = on",
    ],
    found: [
      "database {database}: should not set timezone_abbreviations=Australia for every login",
      "database {database}: should not set gin_fuzzy_search_limit=1 for every login",
      "database {database}: should not set exit_on_error=on for every login",
    ],
  },
];
