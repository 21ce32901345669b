/**
 * Drift on what no rule speaks of: other schemas, the system's own, and things of the server. Pure data, as drifts.ts,
 * which takes these in. Does NOT run anything.
 */
import type { Drift } from "./drifts";
import { noPower } from "./roleDrifts";

export const elsewhereDrifts: readonly Drift[] = [
  {
    name: "privileges of PostgreSQL's own roles on what is the system's, and by default",
    sql: [
      "GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_binary_file(TEXT) TO pg_monitor",
      "GRANT SELECT ON pg_catalog.pg_authid TO pg_read_all_stats",
      "GRANT SELECT (useconfig) ON pg_catalog.pg_shadow TO pg_signal_backend",
    ],
    found: [
      "function pg_read_binary_file(text): pg_monitor should not have EXECUTE",
      "table pg_authid: pg_read_all_stats should not have SELECT",
      "column pg_shadow.useconfig: pg_signal_backend should not have SELECT",
    ],
    left: {
      statements: [
        'REVOKE EXECUTE ON FUNCTION pg_read_binary_file(text) FROM "pg_monitor" CASCADE',
        'REVOKE SELECT ON TABLE pg_authid FROM "pg_read_all_stats" CASCADE',
        'REVOKE SELECT ("useconfig") ON TABLE pg_shadow FROM "pg_signal_backend" CASCADE',
      ],
      reason: noPower,
    },
  },
  {
    name: "a setting of the server that a stranger who does not connect may change",
    sql: ["GRANT ALTER SYSTEM ON PARAMETER archive_command TO {outsider}"],
    found: ["parameter archive_command: {outsider} should not have ALTER SYSTEM"],
    left: {
      statements: ["REVOKE ALTER SYSTEM ON PARAMETER archive_command FROM {outsider} CASCADE"],
      reason: noPower,
    },
  },
  {
    name: "what only a superuser may own, of a role that ceased to be one",
    sql: [
      "ALTER ROLE {outsider} SUPERUSER",
      "CREATE FUNCTION public.watch() RETURNS EVENT_TRIGGER LANGUAGE plpgsql AS 'BEGIN END'",
      "CREATE EVENT TRIGGER watching ON ddl_command_end EXECUTE FUNCTION public.watch()",
      "ALTER EVENT TRIGGER watching OWNER TO {outsider}",
      "CREATE FOREIGN DATA WRAPPER mine",
      "ALTER FOREIGN DATA WRAPPER mine OWNER TO {outsider}",
      "CREATE PUBLICATION all_of_it FOR ALL TABLES",
      "ALTER PUBLICATION all_of_it OWNER TO {outsider}",
      "ALTER ROLE {outsider} NOSUPERUSER",
    ],
    found: [
      "event trigger watching: belongs to {outsider}, not to postgres",
      "foreign-data wrapper mine: belongs to {outsider}, not to postgres",
      "publication all_of_it: belongs to {outsider}, not to postgres",
    ],
    since: 16,
    left: {
      statements: [
        'ALTER EVENT TRIGGER watching OWNER TO "postgres"',
        'ALTER FOREIGN DATA WRAPPER mine OWNER TO "postgres"',
        'ALTER PUBLICATION all_of_it OWNER TO "postgres"',
      ],
      reason: noPower,
    },
    undo: [
      "DROP EVENT TRIGGER IF EXISTS watching",
      "DROP FUNCTION IF EXISTS public.watch()",
      "DROP FOREIGN DATA WRAPPER IF EXISTS mine",
      "DROP PUBLICATION IF EXISTS all_of_it",
    ],
  },
  {
    name: "privileges on objects of the admin in other schemas",
    as: "admin",
    sql: [
      "CREATE SCHEMA other",
      "CREATE TABLE other.plain (id INTEGER)",
      "GRANT USAGE ON SCHEMA other TO PUBLIC",
      "GRANT SELECT ON other.plain TO {outsider}",
      "GRANT UPDATE (id) ON other.plain TO {service}",
      "SELECT lo_create(4711)",
      "GRANT SELECT ON LARGE OBJECT 4711 TO {service}",
    ],
    found: [
      "schema other: PUBLIC should not have USAGE",
      "table other.plain: {outsider} should not have SELECT",
      "column other.plain.id: {service} should not have UPDATE",
      "large object 4711: {service} should not have SELECT",
    ],
    undo: [
      "DROP SCHEMA IF EXISTS other CASCADE",
      "SELECT lo_unlink(oid) FROM pg_largeobject_metadata",
    ],
  },
  {
    name: "privileges on what is the system's or a superuser's",
    sql: [
      "GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_file(TEXT) TO {service}",
      "GRANT SELECT ON pg_catalog.pg_authid TO {outsider}",
      "GRANT SELECT (subconninfo) ON pg_catalog.pg_subscription TO PUBLIC",
      "GRANT USAGE ON LANGUAGE sql TO {outsider}",
      "GRANT CREATE ON TABLESPACE pg_default TO {service}",
      "GRANT USAGE ON FOREIGN DATA WRAPPER nothing TO {service}",
      "GRANT USAGE ON FOREIGN SERVER nowhere TO {migrator}",
      "GRANT SET ON PARAMETER log_statement TO {service}",
      "GRANT ALTER SYSTEM ON PARAMETER work_mem TO {migrator}",
    ],
    found: [
      "column pg_subscription.subconninfo: PUBLIC should not have SELECT",
      "foreign-data wrapper nothing: {service} should not have USAGE",
      "function pg_read_file(text): {service} should not have EXECUTE",
      "language sql: {outsider} should not have USAGE",
      "parameter log_statement: {service} should not have SET",
      "parameter work_mem: {migrator} should not have ALTER SYSTEM",
      "server nowhere: {migrator} should not have USAGE",
      "table pg_authid: {outsider} should not have SELECT",
      "tablespace pg_default: {service} should not have CREATE",
    ],
    left: {
      statements: [
        'REVOKE SELECT ("subconninfo") ON TABLE pg_subscription FROM PUBLIC CASCADE',
        "REVOKE USAGE ON FOREIGN DATA WRAPPER nothing FROM {service} CASCADE",
        "REVOKE EXECUTE ON FUNCTION pg_read_file(text) FROM {service} CASCADE",
        "REVOKE USAGE ON LANGUAGE sql FROM {outsider} CASCADE",
        "REVOKE SET ON PARAMETER log_statement FROM {service} CASCADE",
        "REVOKE ALTER SYSTEM ON PARAMETER work_mem FROM {migrator} CASCADE",
        "REVOKE USAGE ON FOREIGN SERVER nowhere FROM {migrator} CASCADE",
        "REVOKE SELECT ON TABLE pg_authid FROM {outsider} CASCADE",
        "REVOKE CREATE ON TABLESPACE pg_default FROM {service} CASCADE",
      ],
      reason: noPower,
    },
  },
];
