/**
 * Drift on what no rule speaks of: other schemas, the system's own, and things of the server. Pure data, as drifts.ts,
 * which takes these in. Does NOT run anything.
 */
import type { Drift } from "./drifts";
import { noPower } from "./roleDrifts";

export const elsewhereDrifts: readonly Drift[] = [
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
