/**
 * Drift of what belongs to roles rather than to objects: default privileges, memberships, attributes, settings.
 * Pure data, as drifts.ts, which takes these in. Does NOT run anything.
 */
import type { Drift } from "./drifts";

/** What the server says to who may not. */
export const noPower = /permission denied|must be|able to SET ROLE/;

const defaults = "ALTER DEFAULT PRIVILEGES FOR ROLE";

/** Of a login that nobody declared, which cannot connect here: found in any case. */
const undeclared = (attribute: string): Drift => ({
  name: `a stranger with ${attribute}`,
  sql: [`ALTER ROLE {outsider} ${attribute}`],
  found: [`role {outsider}: should not have ${attribute}, which nobody declared`],
  left: { statements: [`ALTER ROLE {outsider} NO${attribute}`], reason: /a person decides/ },
});

/** A membership that a superuser gave: since 16 nobody else takes it back. */
const given = (role: string, member: string, more: Partial<Drift> = {}): Drift => ({
  name: `${member} a member of ${role}`,
  since: 16,
  sql: [`GRANT ${role} TO ${member}`],
  found: [`role ${member}: should not be a member of ${role}`],
  left: {
    statements: [`REVOKE ${quoted(role)} FROM ${quoted(member)} GRANTED BY "postgres"`],
    reason: noPower,
  },
  ...more,
});
const quoted = (name: string): string => (name.startsWith("{") ? name : `"${name}"`);

export const roleDrifts: readonly Drift[] = [
  ...["SUPERUSER", "REPLICATION", "BYPASSRLS", "CREATEROLE"].map(undeclared),
  given("postgres", "{outsider}"),
  given("postgres", "{admin}"),
  given("pg_read_server_files", "{admin}"),
  given("pg_read_all_data", "{outsider}"),
  given("pg_write_all_data", "{outsider}"),
  given("pg_execute_server_program", "{outsider}"),
  given("pg_read_server_files", "{outsider}"),
  given("pg_write_server_files", "{outsider}"),
  given("{infra}", "pg_monitor"),
  given("pg_write_all_data", "pg_monitor"),
  {
    name: "a stranger who may let others into the infrastructure role and the admin, and has nothing itself",
    since: 16,
    sql: [
      "GRANT {infra} TO {outsider} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE",
      "GRANT {admin} TO {outsider} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE",
    ],
    found: [
      "role {outsider}: should not be a member of {infra}",
      "role {outsider}: should not be a member of {admin}",
    ],
    left: {
      statements: [
        'REVOKE {infra} FROM {outsider} GRANTED BY "postgres" CASCADE',
        'REVOKE {admin} FROM {outsider} GRANTED BY "postgres" CASCADE',
      ],
      reason: noPower,
    },
  },
  {
    name: "the admin's own attributes",
    since: 16,
    sql: ["ALTER ROLE {admin} REPLICATION BYPASSRLS NOCREATEDB"],
    found: [
      "role {admin}: should not have REPLICATION",
      "role {admin}: should not have BYPASSRLS",
      "role {admin}: lacks CREATEDB",
    ],
    left: {
      statements: [
        "ALTER ROLE {admin} NOREPLICATION",
        "ALTER ROLE {admin} NOBYPASSRLS",
        "ALTER ROLE {admin} CREATEDB",
      ],
      reason: noPower,
    },
  },
  {
    name: "a setting of an application whose name is a word of SQL",
    sql: [`ALTER ROLE {service} SET "app"."user" = 'evil'`],
    found: ["role {service}: should not set app.user=evil"],
    left: {
      statements: [`ALTER ROLE {service} RESET "app"."user"`],
      reason: noPower,
    },
  },
  {
    name: "settings that change what text means, and the admin's own",
    sql: [
      "ALTER DATABASE {database} SET standard_conforming_strings = off",
      "ALTER DATABASE {database} SET DateStyle = 'German'",
      "ALTER ROLE {admin} SET search_path = dagapp",
    ],
    found: [
      "database {database}: should not set standard_conforming_strings=off for every login",
      "database {database}: should not set DateStyle=German for every login",
      "role {admin}: should not set search_path=dagapp",
    ],
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
    undo: ["DROP ROLE IF EXISTS extra"],
  },
  {
    name: "the admin's own membership in the infrastructure role, with what only it could mend",
    as: "admin",
    sql: [
      "SET ROLE {infra}",
      "GRANT TRUNCATE ON dagapp.item TO {service}",
      "RESET ROLE",
      "REVOKE {infra} FROM {admin}",
    ],
    found: [
      "role {admin}: is not a member of {infra}",
      "table dagapp.item: {service} should not have TRUNCATE",
    ],
  },
  {
    name: "the admin's own membership in the infrastructure role without INHERIT",
    since: 16,
    as: "admin",
    sql: ["GRANT {infra} TO {admin} WITH INHERIT FALSE"],
    found: ["role {admin}: lacks the privileges of {infra}"],
  },
  {
    name: "a chain of memberships that leads to the infrastructure role",
    sql: [
      "CREATE ROLE middle",
      "GRANT {infra} TO middle",
      "GRANT middle TO {service} WITH ADMIN OPTION",
    ],
    found: [
      "role middle: should not be a member of {infra}",
      "role {service}: should not be a member of middle",
    ],
    // Since 16 what a superuser granted, only a superuser takes back.
    until: 15,
    undo: ["DROP ROLE IF EXISTS middle"],
  },
  {
    name: "a membership that a superuser granted, with every option",
    since: 16,
    sql: [
      "CREATE ROLE crew",
      "GRANT crew TO {service} WITH INHERIT TRUE, SET TRUE, ADMIN TRUE",
      "GRANT pg_read_all_data TO {infra}",
    ],
    found: [
      "role {infra}: should not be a member of pg_read_all_data",
      "role {service}: should not be a member of crew",
    ],
    left: {
      statements: [
        'REVOKE "pg_read_all_data" FROM {infra} GRANTED BY "postgres"',
        'REVOKE "crew" FROM {service} GRANTED BY "postgres" CASCADE',
      ],
      reason: noPower,
    },
    undo: ["DROP ROLE IF EXISTS crew"],
  },
  {
    name: "a membership that a delegate granted",
    since: 16,
    sql: [
      "CREATE ROLE crew",
      "GRANT crew TO {delegate} WITH ADMIN OPTION",
      "GRANT {delegate} TO {admin} WITH ADMIN OPTION, INHERIT FALSE, SET FALSE",
      "SET SESSION AUTHORIZATION {delegate}",
      "GRANT crew TO {service}",
    ],
    found: ["role {service}: should not be a member of crew"],
    undo: ["DROP ROLE IF EXISTS crew", "REVOKE {delegate} FROM {admin}"],
  },
  {
    name: "a role of PostgreSQL that reaches every row",
    until: 15,
    sql: [
      "GRANT pg_read_all_data, pg_monitor TO {service}",
      "GRANT pg_write_all_data TO {migrator}",
    ],
    found: [
      "role {service}: should not be a member of pg_read_all_data",
      "role {service}: should not be a member of pg_monitor",
      "role {migrator}: should not be a member of pg_write_all_data",
    ],
  },
  {
    name: "a stranger who connects and reaches every row",
    until: 15,
    sql: [
      "GRANT CONNECT ON DATABASE {database} TO {outsider}",
      "GRANT pg_read_all_data TO {outsider}",
    ],
    found: [
      "role {outsider}: should not be a member of pg_read_all_data",
      "database {database}: {outsider} should not have CONNECT",
    ],
  },
  {
    name: "a member of the admin",
    until: 15,
    sql: ["GRANT {admin} TO {outsider}"],
    found: ["role {outsider}: should not be a member of {admin}"],
  },
  {
    name: "a member of the admin, by a superuser",
    since: 16,
    sql: ["GRANT {admin} TO {outsider}"],
    found: ["role {outsider}: should not be a member of {admin}"],
    left: {
      statements: ['REVOKE {admin} FROM {outsider} GRANTED BY "postgres"'],
      reason: noPower,
    },
  },
  {
    name: "a migrator that may no longer become the infrastructure role",
    since: 16,
    as: "admin",
    sql: ["GRANT {infra} TO {migrator} WITH SET FALSE"],
    found: ["role {migrator}: may not become {infra}"],
  },
  {
    name: "a migrator that is no longer a member",
    as: "admin",
    sql: ["REVOKE {infra} FROM {migrator}"],
    found: ["role {migrator}: is not a member of {infra}"],
  },
  {
    name: "attributes",
    as: "admin",
    sql: [
      "ALTER ROLE {service} CREATEROLE CREATEDB INHERIT NOLOGIN CONNECTION LIMIT 7 VALID UNTIL '2031-01-01 00:00+00'",
      "ALTER ROLE {infra} LOGIN CONNECTION LIMIT 3",
      "ALTER ROLE {migrator} CREATEDB",
    ],
    found: [
      "role {service}: should not have CREATEROLE",
      "role {service}: should not have CREATEDB",
      "role {service}: should not have INHERIT",
      "role {service}: lacks LOGIN",
      "role {service}: connection limit is 7, not 50",
      "role {service}: should not expire, and does 2031-01-01 00:00:00+00",
      "role {infra}: should not have LOGIN",
      "role {infra}: connection limit is 3, not -1",
      "role {migrator}: should not have CREATEDB",
    ],
  },
  {
    name: "attributes that only a superuser changes",
    sql: ["ALTER ROLE {service} REPLICATION BYPASSRLS", "ALTER ROLE {infra} SUPERUSER"],
    found: [
      "role {infra}: should not have SUPERUSER",
      "role {service}: should not have REPLICATION",
      "role {service}: should not have BYPASSRLS",
    ],
    left: {
      statements: [
        "ALTER ROLE {infra} NOSUPERUSER",
        "ALTER ROLE {service} NOREPLICATION",
        "ALTER ROLE {service} NOBYPASSRLS",
      ],
      reason: noPower,
    },
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
    name: "settings that change what the service role finds and is",
    sql: [
      "ALTER ROLE {service} SET search_path = geoapi, dagapp",
      "ALTER ROLE {service} SET statement_timeout = 0",
      "ALTER ROLE {service} SET role = {infra}",
      "ALTER ROLE {infra} SET work_mem = '1GB'",
    ],
    found: [
      'role {service}: setting search_path="dagapp", "geoapi", "pgstac", "public" is missing',
      "role {service}: setting statement_timeout=60000 is missing",
      "role {service}: should not set role={infra}",
      "role {infra}: should not set work_mem=1GB",
    ],
  },
  {
    name: "settings of this database alone",
    sql: [
      "ALTER ROLE {service} IN DATABASE {database} SET lock_timeout = 0",
      "ALTER ROLE {service} IN DATABASE {database} SET role = {infra}",
      "ALTER DATABASE {database} SET search_path = geoapi",
    ],
    found: [
      "role {service}: should not set lock_timeout=0 in database {database}",
      "role {service}: should not set role={infra} in database {database}",
      "database {database}: should not set search_path=geoapi for every login",
    ],
  },
  {
    name: "a setting of the whole server",
    sql: ["ALTER ROLE ALL SET row_security = off"],
    found: ["the server: should not set row_security=off for every login"],
    left: { statements: ['ALTER ROLE ALL RESET "row_security"'], reason: noPower },
  },
  {
    name: "default privileges of a stranger, anywhere and in another schema",
    until: 15,
    sql: [
      "CREATE SCHEMA other",
      "ALTER DEFAULT PRIVILEGES FOR ROLE {delegate} GRANT SELECT ON TABLES TO {service}",
      "ALTER DEFAULT PRIVILEGES FOR ROLE {delegate} IN SCHEMA other GRANT SELECT ON TABLES TO PUBLIC",
      "ALTER DEFAULT PRIVILEGES FOR ROLE {delegate} IN SCHEMA dagapp GRANT SELECT ON TABLES TO {outsider}",
    ],
    found: [
      "new tables of {delegate} anywhere: {service} should not have SELECT",
      'new tables of {delegate} in "other": PUBLIC should not have SELECT',
      'new tables of {delegate} in "dagapp": {outsider} should not have SELECT',
    ],
    undo: ["DROP SCHEMA IF EXISTS other"],
  },
  {
    name: "default privileges of a role the admin has no power over",
    since: 16,
    sql: [
      "ALTER DEFAULT PRIVILEGES FOR ROLE {delegate} IN SCHEMA dagapp GRANT SELECT ON TABLES TO {outsider}",
    ],
    found: ['new tables of {delegate} in "dagapp": {outsider} should not have SELECT'],
    left: {
      statements: [
        'ALTER DEFAULT PRIVILEGES FOR ROLE {delegate} IN SCHEMA "dagapp" REVOKE SELECT ON TABLES FROM {outsider}',
      ],
      reason: noPower,
    },
  },
  {
    name: "default privileges by which the infrastructure role would lose its own",
    sql: [`${defaults} {infra} REVOKE ALL ON TABLES FROM {infra}`],
    found: ["new tables of {infra} anywhere: {infra} lacks…"],
  },
];
