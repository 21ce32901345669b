/**
 * Ways in which a database comes to differ from the rules, each with what must be said about it.
 * Pure data: `{service}`, `{infra}` and the like stand for the real names. Does NOT run anything.
 */
import type { Login } from "../servers/programDatabase";
import { bypassDrifts } from "./bypassDrifts";
import { disguisedDrifts } from "./disguisedDrifts";
import { elsewhereDrifts } from "./elsewhereDrifts";
import { hiddenDrifts } from "./hiddenDrifts";
import { ownerDrifts } from "./ownerDrifts";
import { roleDrifts } from "./roleDrifts";

/** A way in which a database comes to differ from the rules. */
export interface Drift {
  readonly name: string;
  /** Who does it; a superuser unless said otherwise. */
  readonly as?: Login;
  readonly sql: readonly string[];
  /** Texts of deviations that must be among those found; of what is left, all that is. … stands for any end. */
  readonly found: readonly string[];
  /** First and last major that it concerns. */
  readonly since?: number;
  readonly until?: number;
  /** Takes away what only served the drift, as a superuser. Run twice. */
  readonly undo?: readonly string[];
  /** What the admin cannot mend: the statements it says, and why. */
  readonly left?: {
    readonly statements: readonly string[];
    readonly reason: RegExp;
  };
}

const revoked = (kind: string, name: string): Drift => ({
  name: `SELECT revoked on a ${kind}`,
  sql: [`REVOKE SELECT ON dagapp.${name} FROM {service}`],
  found: [`${kind} dagapp.${name}: {service} lacks SELECT`],
});

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
    name: "privileges that the admin may pass on in its own name",
    sql: [
      "GRANT TRUNCATE ON dagapp.item TO {delegate} WITH GRANT OPTION",
      "GRANT SELECT (note) ON geoapi.item TO {admin} WITH GRANT OPTION",
      "GRANT USAGE ON SCHEMA dagapp TO {delegate}",
      "SET SESSION AUTHORIZATION {delegate}",
      "GRANT TRUNCATE ON dagapp.item TO {admin} WITH GRANT OPTION",
      "SET SESSION AUTHORIZATION {admin}",
      "GRANT TRUNCATE ON dagapp.item TO {service}, {outsider}",
      "GRANT SELECT (note) ON geoapi.item TO {outsider}",
    ],
    found: [
      "table dagapp.item: {admin} should not have TRUNCATE",
      "table dagapp.item: {service} should not have TRUNCATE from {admin}",
      "column geoapi.item.note: {outsider} should not have SELECT from {admin}",
    ],
  },
  {
    name: "privileges that a member of the owner passed on, and its membership",
    sql: [
      "SET SESSION AUTHORIZATION {admin}",
      "GRANT {infra} TO {delegate}",
      "RESET SESSION AUTHORIZATION",
      "GRANT EXECUTE ON FUNCTION dagapp.twice(INTEGER) TO {delegate} WITH GRANT OPTION",
      "SET SESSION AUTHORIZATION {delegate}",
      "GRANT EXECUTE ON FUNCTION dagapp.twice(INTEGER) TO {service} WITH GRANT OPTION",
      "SET SESSION AUTHORIZATION {service}",
      "GRANT EXECUTE ON FUNCTION dagapp.twice(INTEGER) TO {migrator}",
    ],
    found: [
      "function dagapp.twice(integer): {service} may pass on EXECUTE",
      "function dagapp.twice(integer): {migrator} should not have EXECUTE",
      "function dagapp.twice(integer): {delegate} should not have EXECUTE",
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
    name: "a column that a delegate of the whole table passed on",
    sql: [
      "GRANT USAGE ON SCHEMA dagapp TO {delegate}",
      "GRANT SELECT ON dagapp.item TO {delegate} WITH GRANT OPTION",
      "SET SESSION AUTHORIZATION {delegate}",
      "GRANT SELECT (note) ON dagapp.item TO {outsider}",
    ],
    found: ["column dagapp.item.note: {outsider} should not have SELECT"],
  },
  {
    name: "what an owner took from itself",
    as: "superuser",
    sql: [
      "REVOKE ALL ON dagapp.item, dagapp.measure FROM {infra}",
      "REVOKE CREATE ON SCHEMA dagapp FROM {infra}",
      "REVOKE EXECUTE ON FUNCTION dagapp.twice(INTEGER) FROM {infra}",
      "REVOKE ALL ON public.schema_migrations FROM {admin}",
      "REVOKE CREATE ON DATABASE {database} FROM {admin}",
    ],
    found: [
      "schema dagapp: {infra}, its owner, lacks CREATE",
      "function dagapp.twice(integer): {infra}, its owner, lacks EXECUTE",
      "database {database}: {admin}, its owner, lacks CREATE",
    ],
  },
  {
    name: "a new function that everybody may execute",
    sql: [
      "CREATE FUNCTION dagapp.fresh() RETURNS INTEGER LANGUAGE sql AS 'SELECT 1'",
      "ALTER FUNCTION dagapp.fresh() OWNER TO {infra}",
    ],
    found: [
      "function dagapp.fresh(): PUBLIC should not have EXECUTE",
      "function dagapp.fresh(): {service} lacks EXECUTE",
    ],
    undo: ["DROP FUNCTION IF EXISTS dagapp.fresh()"],
  },
  {
    name: "REFERENCES and TRIGGER given",
    sql: [
      "GRANT REFERENCES ON dagapp.item TO {service}",
      "GRANT TRIGGER ON geoapi.measure TO {migrator}",
    ],
    found: [
      "table dagapp.item: {service} should not have REFERENCES",
      "partitioned table geoapi.measure: {migrator} should not have TRIGGER",
    ],
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
  ...roleDrifts,
  ...ownerDrifts,
  ...bypassDrifts,
  ...elsewhereDrifts,
  ...hiddenDrifts,
  ...disguisedDrifts,
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
