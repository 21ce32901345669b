/**
 * What PgSTAC gives its own three roles, as its installer does it. PgSTAC's versions differ and bring their own
 * statements, so each of these may be there and need not; anything beyond them is drift. Pure data, taken in by
 * privileges.ts. Does NOT install PgSTAC.
 * Source: pgstac 0.9.8 to 0.9.12, pg_class.relacl, pg_proc.proacl and pg_default_acl after `pypgstac migrate`.
 */
import { roleKinds } from "../stack/roleKinds";
import type { ObjectKind, Privilege, PrivilegeRule } from "./vocabulary";

const schema = "pgstac";

/** PgSTAC's roles, by party. Their names are PgSTAC's own and the same on every server. */
export const pgstacRoles = {
  "pgstac admin": roleKinds["pgstac admin"].named.always,
  "pgstac ingest": roleKinds["pgstac ingest"].named.always,
  "pgstac read": roleKinds["pgstac read"].named.always,
} as const;

/**
 * Functions that run with the rights of pgstac_admin, in one version of PgSTAC or another: partitions are made as items
 * arrive. No other function of a database may be SECURITY DEFINER.
 */
export const pgstacSecurityDefiners: readonly string[] = [
  "check_partition",
  "create_table_constraints",
  "delete_collection",
  "drop_table_constraints",
  "format_item",
  "maintain_index",
  "partition_after_triggerfunc",
  "repartition",
  "search_query",
  "update_partition_stats",
  "where_stats",
];

const rowKinds: readonly ObjectKind[] = [
  "table",
  "partitioned table",
  "foreign table",
  "view",
  "materialized view",
];
const routines: readonly ObjectKind[] = ["function", "procedure"];

/** Everything PostgreSQL knows on a table. */
const allOnTables: readonly Privilege[] = [
  "SELECT",
  "INSERT",
  "UPDATE",
  "DELETE",
  "TRUNCATE",
  "REFERENCES",
  "TRIGGER",
  "MAINTAIN",
];

type Row = readonly [
  to: keyof typeof pgstacRoles,
  on: readonly ObjectKind[],
  privileges: readonly Privilege[],
  because: string,
];

const partitions = "PgSTAC makes its own objects and, as items arrive, its partitions.";
const noMember = "As PgSTAC creates it; no login is ever a member.";
const searches = "As PgSTAC creates it: a search is kept in a table.";
const created = "As PgSTAC creates it.";

const rows: readonly Row[] = [
  ["pgstac admin", ["schema"], ["USAGE", "CREATE"], partitions],
  ["pgstac ingest", ["schema"], ["USAGE", "CREATE"], noMember],
  ["pgstac ingest", rowKinds, allOnTables, noMember],
  ["pgstac ingest", ["sequence"], ["USAGE", "SELECT", "UPDATE"], noMember],
  ["pgstac ingest", routines, ["EXECUTE"], noMember],
  ["pgstac read", ["schema", "type"], ["USAGE"], created],
  ["pgstac read", rowKinds, ["SELECT", "INSERT", "UPDATE"], searches],
  ["pgstac read", ["sequence"], ["USAGE", "SELECT", "UPDATE"], searches],
  ["pgstac read", routines, ["EXECUTE"], created],
];

export const pgstacRules: readonly PrivilegeRule[] = [
  ...rows.map(([to, on, privileges, because]): PrivilegeRule => ({
    ...{ to, where: "governed", schema, on, privileges, because },
    optional: true,
  })),
  {
    to: "pgstac admin",
    where: "database",
    on: ["database"],
    privileges: ["TEMPORARY"],
    optional: true,
    because: "PgSTAC's upgrades make temporary tables, since 0.10.0.",
  },
];
