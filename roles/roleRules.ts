/**
 * What the roles of each kind are themselves, as the comparison asks for it, and whom PostgreSQL brings along. The other half of privileges.ts: what no access control list says. Pure data.
 * Does NOT know a role's real name (settings).
 */
import { roleKindRows, type RoleParty } from "../stack/roleKinds";

/** What a role of a party is. */
export interface RoleRule {
  readonly party: RoleParty;
  /** Null: a matter of configuration. */
  readonly login: boolean | null;
  /** Whether it has at once what it is a member of. */
  readonly inherit: boolean;
  /** Parties and roles of PostgreSQL that it must be a member of, without letting others in. */
  readonly memberOf: readonly string[];
  readonly because: string;
}

/** Of every kind that is judged. */
export const roleRules: readonly RoleRule[] = roleKindRows
  .filter(([, { trusted }]) => trusted !== true)
  .map(([party, { login, inherit, memberOf, because }]) => ({
    ...{ party, login, inherit },
    ...{ memberOf, because },
  }));

/**
 * Roles of PostgreSQL whose members reach rows, files or programs without a privilege in any list.
 * Source: postgresql.org/docs/current/predefined-roles.html
 */
export const reachingRoles: readonly string[] = [
  "pg_read_all_data",
  "pg_write_all_data",
  "pg_maintain",
  "pg_read_server_files",
  "pg_write_server_files",
  "pg_execute_server_program",
];

/** Those among them that reach the files of the server, or a program on it: not even the admin is a member. */
export const fileRoles: readonly string[] = [
  "pg_read_server_files",
  "pg_write_server_files",
  "pg_execute_server_program",
];

/** What PostgreSQL makes its own roles members of. Source: initdb, system_functions.sql and pg_auth_members after it. */
export const predefinedMemberships: Readonly<Record<string, readonly string[]>> = {
  pg_monitor: ["pg_read_all_settings", "pg_read_all_stats", "pg_stat_scan_tables"],
};

/**
 * Settings that change what every session of a database runs as or finds, how what it says is read, or whether what it
 * does is kept. Lower case. How long things take, how much they log and which time zone they show is nobody's drift.
 */
export const hazardousSettings: readonly string[] = [
  "role",
  "session_authorization",
  "search_path",
  "row_security",
  "session_replication_role",
  "event_triggers",
  "session_preload_libraries",
  "local_preload_libraries",
  "dynamic_library_path",
  "extension_control_path",
  "allow_system_table_mods",
  "restrict_nonsystem_relation_kind",
  "createrole_self_grant",
  "password_encryption",
  "standard_conforming_strings",
  "backslash_quote",
  "quote_all_identifiers",
  "client_encoding",
  "datestyle",
  "intervalstyle",
  "transform_null_equals",
  "array_nulls",
  "bytea_output",
  "xmloption",
  "xmlbinary",
  "extra_float_digits",
  "check_function_bodies",
  "plpgsql.variable_conflict",
  "plpgsql.extra_errors",
  "timezone_abbreviations",
  "gin_fuzzy_search_limit",
  "exit_on_error",
  "lo_compat_privileges",
  "default_transaction_read_only",
  "default_transaction_isolation",
  "default_transaction_deferrable",
  "transaction_timeout",
  "default_tablespace",
  "temp_tablespaces",
  "default_table_access_method",
  "synchronous_commit",
  "zero_damaged_pages",
  "ignore_checksum_failure",
  "ignore_system_indexes",
];

/**
 * Settings of any role that only an administrator can make, and that take nothing but from it: a limit is nobody's drift.
 * Lower case.
 */
export const limitingSettings: readonly string[] = ["temp_file_limit"];

/**
 * Languages that PostgreSQL and well-known extensions make trusted: who writes in them gets nothing of the server.
 * Source: the control files and installation scripts of these languages.
 */
export const trustedLanguages: readonly string[] = [
  ...["sql", "plpgsql", "plperl", "pltcl", "plv8", "plcoffee", "plls", "plrust", "pllua", "java"],
];

/**
 * Functions of well-known extensions that are SECURITY DEFINER by their own script, by extension. Of other extensions
 * those are taken for its own that were not changed since it was made; these, whatever was done to them.
 * Source: the extensions' installation scripts.
 */
export const extensionSecurityDefiners: Readonly<Record<string, readonly string[]>> = {
  postgis: ["st_estimatedextent"],
  pgaudit: ["pgaudit_ddl_command_end", "pgaudit_sql_drop"],
};

/**
 * Functions that make and drop the tables of datasets for the application, where a stack has them. They run as the
 * infrastructure role, and nothing but a table of their one shape comes of them. Source: migrations/optional.
 */
export const datasetDefiners: readonly string[] = [
  "geoapi.create_dataset_table(text,jsonb,text,integer)",
  "geoapi.drop_dataset_table(text)",
];

/** Tables whose rows are kept from some by policies. On any other table row security is drift, and here its absence. */
export const rowSecuredTables: readonly string[] = ["public.schema_migration_events"];
