/**
 * Ways in which a database comes to differ from the rules, each with what must be said about it.
 * Pure data: `{service}`, `{infra}` and the like stand for the real names. Does NOT run anything.
 */
import type { Login } from "./programDatabase";

export interface Drift {
  readonly name: string;
  /** Who does it; a superuser unless said otherwise. */
  readonly as?: Login;
  readonly sql: readonly string[];
  /** Texts of deviations that must be among those found. */
  readonly found: readonly string[];
  /** First major that knows the statement. */
  readonly since?: number;
}

const revoked = (kind: string, name: string): Drift => ({
  name: `SELECT revoked on a ${kind}`,
  sql: [`REVOKE SELECT ON dagapp.${name} FROM {service}`],
  found: [`${kind} dagapp.${name}: {service} lacks SELECT`],
});

const defaults = "ALTER DEFAULT PRIVILEGES FOR ROLE";

export const drifts: readonly Drift[] = [
  {
    name: "TRUNCATE granted to the service role",
    sql: ["GRANT TRUNCATE ON dagapp.item TO {service}"],
    found: ["table dagapp.item: {service} should not have TRUNCATE"],
  },
  {
    name: "MAINTAIN granted to the service role",
    since: 17,
    sql: ["GRANT MAINTAIN ON geoapi.item TO {service}"],
    found: ["table geoapi.item: {service} should not have MAINTAIN"],
  },
  revoked("table", "item"),
  revoked("partitioned table", "measure"),
  revoked("view", "item_view"),
  revoked("materialized view", "item_count"),
  revoked("foreign table", "remote"),
  {
    name: "SELECT and INSERT revoked on a partition",
    sql: ["REVOKE SELECT, INSERT ON dagapp.measure_2026 FROM {service}"],
    found: ["table dagapp.measure_2026: {service} lacks SELECT, INSERT"],
  },
  {
    name: "everything revoked from the service role everywhere",
    sql: [
      "REVOKE ALL ON ALL TABLES IN SCHEMA dagapp, geoapi, pgstac FROM {service}",
      "REVOKE ALL ON ALL SEQUENCES IN SCHEMA dagapp, geoapi, pgstac FROM {service}",
      "REVOKE ALL ON ALL ROUTINES IN SCHEMA dagapp, geoapi, pgstac FROM {service}",
      "REVOKE ALL ON SCHEMA dagapp, geoapi, pgstac FROM {service}",
      "REVOKE ALL ON DATABASE {database} FROM {service}",
    ],
    found: [
      "procedure dagapp.annotate(text): {service} lacks EXECUTE",
      "sequence pgstac.ticket: {service} lacks USAGE",
      "schema geoapi: {service} lacks USAGE",
      "database {database}: {service} lacks CONNECT, TEMPORARY",
    ],
  },
  {
    name: "PUBLIC on a table",
    sql: ["GRANT SELECT ON dagapp.item TO PUBLIC"],
    found: ["table dagapp.item: PUBLIC should not have SELECT"],
  },
  {
    name: "PUBLIC on one overload of a function",
    sql: ["GRANT EXECUTE ON FUNCTION dagapp.twice(NUMERIC) TO PUBLIC"],
    found: ["function dagapp.twice(numeric): PUBLIC should not have EXECUTE"],
  },
  {
    name: "PUBLIC on an aggregate",
    sql: ["GRANT EXECUTE ON FUNCTION dagapp.total(INTEGER) TO PUBLIC"],
    found: ["function dagapp.total(integer): PUBLIC should not have EXECUTE"],
  },
  {
    name: "PUBLIC on a schema",
    sql: ["GRANT USAGE ON SCHEMA geoapi TO PUBLIC"],
    found: ["schema geoapi: PUBLIC should not have USAGE"],
  },
  {
    name: "PUBLIC on the database",
    sql: ["GRANT CONNECT, TEMPORARY ON DATABASE {database} TO PUBLIC"],
    found: ["database {database}: PUBLIC should not have TEMPORARY, CONNECT"],
  },
  {
    name: "CREATE on the database for the service role",
    sql: ["GRANT CREATE ON DATABASE {database} TO {service}"],
    found: ["database {database}: {service} should not have CREATE"],
  },
  {
    name: "CREATE on a governed schema for the service role",
    sql: ["GRANT CREATE ON SCHEMA dagapp TO {service}"],
    found: ["schema dagapp: {service} should not have CREATE"],
  },
  {
    name: "CREATE on public for PUBLIC",
    sql: ["GRANT CREATE ON SCHEMA public TO PUBLIC"],
    found: ["schema public: PUBLIC should not have CREATE"],
  },
  {
    name: "USAGE on public revoked from PUBLIC and the infrastructure role",
    sql: ["REVOKE USAGE ON SCHEMA public FROM PUBLIC, {infra}"],
    found: ["schema public: PUBLIC lacks USAGE", "schema public: {infra} lacks USAGE"],
  },
  {
    name: "grant option",
    sql: ["GRANT SELECT ON dagapp.item TO {service} WITH GRANT OPTION"],
    found: ["table dagapp.item: {service} may pass on SELECT"],
  },
  {
    name: "privileges that a delegate passed on",
    as: "superuser",
    sql: [
      "GRANT USAGE ON SCHEMA dagapp TO {delegate}",
      "GRANT SELECT, TRUNCATE ON dagapp.item TO {delegate} WITH GRANT OPTION",
      "SET SESSION AUTHORIZATION {delegate}",
      "GRANT SELECT, TRUNCATE ON dagapp.item TO {service}",
      "GRANT SELECT ON dagapp.item TO PUBLIC",
    ],
    found: [
      "table dagapp.item: {service} should not have TRUNCATE",
      "table dagapp.item: PUBLIC should not have SELECT",
      "table dagapp.item: {delegate} should not have SELECT, TRUNCATE",
    ],
  },
  {
    name: "a wanted privilege that only a delegate's grant gives",
    sql: [
      "GRANT USAGE ON SCHEMA dagapp TO {delegate}",
      "GRANT SELECT ON dagapp.item TO {delegate} WITH GRANT OPTION",
      "REVOKE SELECT ON dagapp.item FROM {service}",
      "SET SESSION AUTHORIZATION {delegate}",
      "GRANT SELECT ON dagapp.item TO {service}",
    ],
    found: ["table dagapp.item: {delegate} should not have SELECT"],
  },
  {
    name: "a column privilege",
    sql: ["GRANT SELECT (note), REFERENCES (note) ON dagapp.item TO {outsider}"],
    found: ["column dagapp.item.note: {outsider} should not have SELECT, REFERENCES"],
  },
  {
    name: "a column privilege of PUBLIC on a view",
    sql: ["GRANT SELECT (note) ON dagapp.item_view TO PUBLIC"],
    found: ["column dagapp.item_view.note: PUBLIC should not have SELECT"],
  },
  {
    name: "privileges of a role that nobody declared",
    sql: [
      "GRANT ALL ON dagapp.item TO {outsider}",
      "GRANT USAGE ON SEQUENCE geoapi.ticket TO {outsider}",
      "GRANT CONNECT ON DATABASE {database} TO {outsider}",
    ],
    found: [
      "sequence geoapi.ticket: {outsider} should not have USAGE",
      "database {database}: {outsider} should not have CONNECT",
    ],
  },
  {
    name: "USAGE on a type taken from PUBLIC",
    sql: ["REVOKE USAGE ON TYPE dagapp.mood FROM PUBLIC"],
    found: ["type dagapp.mood: PUBLIC lacks USAGE"],
  },
  {
    name: "UPDATE on a sequence",
    sql: ["GRANT UPDATE ON SEQUENCE dagapp.ticket TO {service}"],
    found: ["sequence dagapp.ticket: {service} should not have UPDATE"],
  },
  {
    name: "a default privilege added",
    sql: [`${defaults} {infra} IN SCHEMA dagapp GRANT TRUNCATE ON TABLES TO {service}`],
    found: ['new tables of {infra} in "dagapp": {service} should not have TRUNCATE'],
  },
  {
    name: "default privileges missing",
    sql: [
      `${defaults} {infra} IN SCHEMA dagapp REVOKE ALL ON TABLES FROM {service}`,
      `${defaults} {infra} IN SCHEMA geoapi REVOKE ALL ON SEQUENCES FROM {service}`,
      `${defaults} {infra} IN SCHEMA pgstac REVOKE ALL ON FUNCTIONS FROM {service}`,
    ],
    found: [
      'new tables of {infra} in "dagapp": {service} lacks SELECT, INSERT, UPDATE, DELETE',
      'new sequences of {infra} in "geoapi": {service} lacks USAGE',
      'new functions of {infra} in "pgstac": {service} lacks EXECUTE',
    ],
  },
  {
    name: "default privileges of the whole database",
    sql: [
      `${defaults} {infra} GRANT SELECT ON TABLES TO {outsider}`,
      `${defaults} {infra} GRANT EXECUTE ON FUNCTIONS TO PUBLIC`,
      `${defaults} {infra} GRANT USAGE ON SCHEMAS TO {outsider}`,
      `${defaults} {admin} REVOKE USAGE ON TYPES FROM PUBLIC`,
    ],
    found: [
      "new tables of {infra} anywhere: {outsider} should not have SELECT",
      "new functions of {infra} anywhere: PUBLIC should not have EXECUTE",
      "new schemas of {infra} anywhere: {outsider} should not have USAGE",
      "new types of {admin} anywhere: PUBLIC lacks USAGE",
    ],
  },
  {
    name: "default privileges of large objects",
    since: 18,
    sql: [`${defaults} {infra} GRANT SELECT ON LARGE OBJECTS TO {service}`],
    found: ["new large objects of {infra} anywhere: {service} should not have SELECT"],
  },
  {
    name: "default privileges of the admin in a governed schema",
    sql: [`${defaults} {admin} IN SCHEMA dagapp GRANT SELECT ON TABLES TO {outsider}`],
    found: ['new tables of {admin} in "dagapp": {outsider} should not have SELECT'],
  },
  {
    name: "a membership of the service role",
    as: "admin",
    sql: ["CREATE ROLE extra", "GRANT extra TO {service}"],
    found: ["role {service}: should not be a member of extra"],
  },
  {
    name: "the service role made a member of the infrastructure role",
    as: "admin",
    sql: ["GRANT {infra} TO {service}"],
    found: ["role {service}: should not be a member of {infra}"],
  },
  {
    name: "a login that nobody declared made a member of the infrastructure role",
    as: "admin",
    sql: ["GRANT {infra} TO {outsider}"],
    found: ["role {outsider}: should not be a member of {infra}"],
  },
  {
    name: "a migrator that may let others in",
    as: "admin",
    sql: ["GRANT {infra} TO {migrator} WITH ADMIN OPTION"],
    found: ["role {migrator}: may pass on its membership in {infra}"],
  },
  {
    name: "a migrator that has the infrastructure role's privileges without becoming it",
    since: 16,
    as: "admin",
    sql: ["GRANT {infra} TO {migrator} WITH INHERIT TRUE"],
    found: ["role {migrator}: has the privileges of {infra} without becoming it"],
  },
  {
    name: "a setting removed",
    sql: ["ALTER ROLE {service} RESET lock_timeout"],
    found: ["role {service}: setting lock_timeout=5000 is missing"],
  },
  {
    name: "a setting the service role changed for itself",
    as: "service",
    sql: ["ALTER ROLE {service} SET lock_timeout = 0"],
    found: ["role {service}: setting lock_timeout=5000 is missing"],
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
    name: "a ledger privilege removed",
    sql: [
      "REVOKE UPDATE ON public.schema_migrations FROM {infra}",
      "REVOKE USAGE ON SEQUENCE public.schema_migrations_id_seq FROM {infra}",
      "REVOKE UPDATE ON public.schema_migration_lock FROM {infra}",
    ],
    found: [
      "table public.schema_migrations: {infra} lacks UPDATE",
      "sequence public.schema_migrations_id_seq: {infra} lacks USAGE",
      "table public.schema_migration_lock: {infra} lacks UPDATE",
    ],
  },
  {
    name: "INSERT on one column of the events removed",
    sql: ["REVOKE INSERT (run) ON public.schema_migration_events FROM {infra}"],
    found: ["column public.schema_migration_events.run: {infra} lacks INSERT"],
  },
  {
    name: "INSERT on the whole of the events",
    sql: ["GRANT INSERT ON public.schema_migration_events TO {infra}"],
    found: ["table public.schema_migration_events: {infra} should not have INSERT"],
  },
  {
    name: "the ledger and the events opened to the service role",
    sql: [
      "GRANT SELECT ON public.schema_migrations TO {service}",
      "GRANT INSERT (kind) ON public.schema_migration_events TO {service}",
      "GRANT UPDATE ON SEQUENCE public.schema_migration_events_id_seq TO {infra}",
    ],
    found: [
      "table public.schema_migrations: {service} should not have SELECT",
      "column public.schema_migration_events.kind: {service} should not have INSERT",
      "sequence public.schema_migration_events_id_seq: {infra} should not have UPDATE",
    ],
  },
];
