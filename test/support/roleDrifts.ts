/**
 * Drift of what belongs to roles rather than to objects: default privileges, memberships, settings.
 * Pure data, as drifts.ts, which takes these in. Does NOT run anything.
 */
import type { Login } from "./programDatabase";

/** A way in which a database comes to differ from the rules. */
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

const defaults = "ALTER DEFAULT PRIVILEGES FOR ROLE";

export const roleDrifts: readonly Drift[] = [
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
];
