/**
 * Drift of ownership: the right to ALTER and DROP. Pure data, as drifts.ts, which takes these in.
 * Does NOT run anything.
 */
import type { Drift } from "./drifts";
import { noPower } from "./roleDrifts";

export const ownerDrifts: readonly Drift[] = [
  {
    name: "an extension of a stranger",
    sql: [
      "GRANT CREATE ON DATABASE {database} TO {outsider}",
      "CREATE SCHEMA other",
      "GRANT ALL ON SCHEMA other TO {outsider}",
      "SET SESSION AUTHORIZATION {outsider}",
      "CREATE EXTENSION pg_trgm SCHEMA other",
      "RESET SESSION AUTHORIZATION",
      "REVOKE CREATE ON DATABASE {database} FROM {outsider}",
      "REVOKE ALL ON SCHEMA other FROM {outsider}",
    ],
    found: ["extension pg_trgm: belongs to {outsider}, not to {admin}"],
    left: {
      statements: ["REASSIGN OWNED BY {outsider} TO {admin}"],
      reason: /a person decides/,
    },
    undo: ["DROP SCHEMA IF EXISTS other CASCADE", "DROP EXTENSION IF EXISTS pg_trgm"],
  },
  {
    name: "ownership moved to the admin",
    as: "admin",
    sql: [
      "ALTER TABLE dagapp.item OWNER TO {admin}",
      "ALTER TABLE dagapp.measure OWNER TO {admin}",
      "ALTER VIEW geoapi.item_view OWNER TO {admin}",
      "ALTER MATERIALIZED VIEW geoapi.item_count OWNER TO {admin}",
      "ALTER SEQUENCE geoapi.ticket OWNER TO {admin}",
      "ALTER FUNCTION pgstac.twice(INTEGER) OWNER TO {admin}",
      "ALTER PROCEDURE pgstac.annotate(text) OWNER TO {admin}",
      "ALTER AGGREGATE pgstac.total(INTEGER) OWNER TO {admin}",
      "ALTER TYPE dagapp.mood OWNER TO {admin}",
      "ALTER TYPE dagapp.span OWNER TO {admin}",
      "ALTER DOMAIN dagapp.code OWNER TO {admin}",
      "ALTER FOREIGN TABLE dagapp.remote OWNER TO {admin}",
      "ALTER SCHEMA pgstac OWNER TO {admin}",
    ],
    found: [
      "table dagapp.item: belongs to {admin}, not to {infra}",
      "function pgstac.total(integer): belongs to {admin}, not to {infra}",
      "schema pgstac: belongs to {admin}, not to {infra}",
    ],
  },
  {
    name: "objects that the service role made or was given, anywhere",
    sql: [
      "CREATE SCHEMA other",
      "CREATE TABLE public.mine (id INTEGER)",
      "CREATE TABLE other.mine (id SERIAL)",
      "CREATE FUNCTION public.mine() RETURNS INTEGER LANGUAGE sql AS 'SELECT 1'",
      "CREATE TYPE other.moods AS ENUM ('a')",
      'CREATE COLLATION dagapp.mine FROM "C"',
      "CREATE PUBLICATION mine",
      "SELECT lo_create(4711)",
      "ALTER TABLE public.mine OWNER TO {service}",
      "ALTER TABLE other.mine OWNER TO {service}",
      "ALTER FUNCTION public.mine() OWNER TO {service}",
      "ALTER TYPE other.moods OWNER TO {service}",
      "ALTER COLLATION dagapp.mine OWNER TO {service}",
      "GRANT CREATE ON DATABASE {database} TO {service}",
      "ALTER PUBLICATION mine OWNER TO {service}",
      "ALTER LARGE OBJECT 4711 OWNER TO {service}",
      "ALTER SCHEMA other OWNER TO {service}",
      "ALTER TABLE geoapi.item OWNER TO {service}",
      "ALTER SCHEMA pgstac OWNER TO {service}",
    ],
    found: [
      "table public.mine: belongs to {service}, not to {admin}",
      "table other.mine: belongs to {service}, not to {admin}",
      "function public.mine(): belongs to {service}, not to {admin}",
      "type other.moods: belongs to {service}, not to {admin}",
      "collation dagapp.mine: belongs to {service}, not to {infra}",
      "publication mine: belongs to {service}, not to {admin}",
      "large object 4711: belongs to {service}, not to {admin}",
      "schema other: belongs to {service}, not to {admin}",
      "table geoapi.item: belongs to {service}, not to {infra}",
      "schema pgstac: belongs to {service}, not to {infra}",
    ],
    undo: [
      "DROP SCHEMA IF EXISTS other CASCADE",
      "DROP TABLE IF EXISTS public.mine",
      "DROP FUNCTION IF EXISTS public.mine()",
      "DROP COLLATION IF EXISTS dagapp.mine",
      "DROP PUBLICATION IF EXISTS mine",
      "SELECT lo_unlink(oid) FROM pg_largeobject_metadata",
    ],
  },
  {
    name: "a table of the infrastructure role outside of the governed schemas",
    sql: ["CREATE TABLE public.mine (id INTEGER)", "ALTER TABLE public.mine OWNER TO {infra}"],
    found: ["table public.mine: belongs to {infra}, not to {admin}"],
    undo: ["DROP TABLE IF EXISTS public.mine"],
  },
  {
    name: "the ledger given to the infrastructure role",
    sql: [
      "ALTER TABLE public.schema_migrations OWNER TO {infra}",
      "ALTER TABLE public.schema_migration_lock OWNER TO {infra}",
    ],
    found: [
      "table public.schema_migrations: belongs to {infra}, not to {admin}",
      "table public.schema_migration_lock: belongs to {infra}, not to {admin}",
    ],
  },
  {
    name: "a table that belongs to a stranger",
    until: 15,
    sql: ["ALTER TABLE dagapp.visit OWNER TO {delegate}"],
    found: ["table dagapp.visit: belongs to {delegate}, not to {infra}"],
  },
  {
    name: "a table that belongs to a role the admin has no power over",
    since: 16,
    sql: ["ALTER TABLE dagapp.visit OWNER TO {delegate}"],
    found: ["table dagapp.visit: belongs to {delegate}, not to {infra}"],
    left: { statements: ["ALTER TABLE dagapp.visit OWNER TO {infra}"], reason: noPower },
  },
  {
    name: "the schema public given to a stranger",
    until: 15,
    sql: ["ALTER SCHEMA public OWNER TO {delegate}"],
    found: ["schema public: belongs to {delegate}, not to pg_database_owner"],
  },
  {
    name: "the schema public given to a role the admin has no power over",
    since: 16,
    sql: ["ALTER SCHEMA public OWNER TO {delegate}"],
    found: ["schema public: belongs to {delegate}, not to pg_database_owner"],
    left: { statements: ['ALTER SCHEMA public OWNER TO "pg_database_owner"'], reason: noPower },
  },
];
