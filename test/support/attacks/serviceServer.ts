/**
 * The service role tries to get at the server: settings, sessions of others, replication, maintenance. Pure data.
 */
import { harmless, noEffect, refused, type Theme } from "./attack";

const superuser = "Only a superuser may, or a member of a predefined role that it is not in.";
const superuserSets = "Only a superuser may set it, or who was granted the parameter.";

const settings = [
  "session_replication_role = replica",
  "log_statement = 'none'",
  "session_preload_libraries = 'x'",
  "lo_compat_privileges = on",
  "allow_system_table_mods = on",
  "temp_file_limit = -1",
  "zero_damaged_pages = on",
  "track_activities = off",
  "dynamic_library_path = '/tmp'",
];

export const serviceServer: Theme = {
  title: "Getting at the server",
  as: "service",
  attacks: [
    ...settings.map((setting) =>
      refused(`sets ${setting.split(" ")[0] ?? ""}`, `SET ${setting}`, superuserSets),
    ),
    refused(
      "sets what only a start of the server sets",
      "SET shared_preload_libraries = 'x'",
      "Nobody may at run time.",
      { code: "55P02" },
    ),
    refused("changes the server's settings", "ALTER SYSTEM SET work_mem = '1GB'", superuser),
    refused("reads the settings anew", "SELECT pg_reload_conf()", superuser),
    refused("rotates the log", "SELECT pg_rotate_logfile()", superuser),
    refused(
      "cancels other logins' statements",
      "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE usename = '{=admin}'",
      "It has neither their privileges nor pg_signal_backend.",
    ),
    refused(
      "ends other logins' sessions",
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{=admin}'",
      "It has neither their privileges nor pg_signal_backend.",
    ),
    harmless(
      "ends its own other sessions",
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid()",
      "They are its own.",
    ),
    refused(
      "makes a replication slot",
      "SELECT pg_create_physical_replication_slot('mine')",
      "It has no REPLICATION.",
    ),
    refused(
      "makes a logical replication slot",
      "SELECT pg_create_logical_replication_slot('mine', 'pgoutput')",
      "It has no REPLICATION.",
    ),
    refused("makes a replication origin", "SELECT pg_replication_origin_create('mine')", superuser),
    refused("begins a backup", "SELECT pg_backup_start('mine')", superuser),
    refused("marks the write-ahead log", "SELECT pg_create_restore_point('mine')", superuser),
    refused("switches the write-ahead log", "SELECT pg_switch_wal()", superuser),
    refused("checkpoints", "CHECKPOINT", superuser),
    refused("resets statistics", "SELECT pg_stat_reset()", superuser),
    refused("promotes the server", "SELECT pg_promote()", superuser),
    refused(
      "looks into another session's memory",
      "SELECT pg_log_backend_memory_contexts(pg_backend_pid())",
      superuser,
    ),
    refused("looks at shared memory", "SELECT * FROM pg_shmem_allocations", superuser),
    noEffect(
      "rewrites a system catalog",
      "VACUUM FULL pg_catalog.pg_class",
      "It is not the owner.",
      "01000",
    ),
    refused(
      "rebuilds the system's indexes",
      "REINDEX SYSTEM {database}",
      "Only the database's owner may.",
    ),
    refused(
      "changes a system catalog",
      "UPDATE pg_catalog.pg_class SET relowner = 10",
      "It has no UPDATE there.",
    ),
    refused(
      "prepares a transaction that outlives its session",
      ["BEGIN", "PREPARE TRANSACTION 'mine'"],
      "The server keeps none: max_prepared_transactions is 0, PostgreSQL's default.",
      { code: "55000" },
    ),
    refused(
      "runs SQL elsewhere, where dblink is installed",
      "SELECT public.dblink_connect('host=127.0.0.1 port={=port} user=postgres dbname={=database}')",
      "dblink asks who is no superuser for a password.",
      {
        code: "2F003",
        given: { sql: ["CREATE EXTENSION dblink SCHEMA public"], undo: ["DROP EXTENSION dblink"] },
      },
    ),
    refused(
      "runs SQL elsewhere without being asked, where dblink is installed",
      "SELECT public.dblink_connect_u('host=127.0.0.1 port={=port} user=postgres dbname={=database}')",
      "That function is its owner's alone.",
      {
        given: { sql: ["CREATE EXTENSION dblink SCHEMA public"], undo: ["DROP EXTENSION dblink"] },
      },
    ),
    refused(
      "opens a foreign server, where postgres_fdw is installed",
      "CREATE SERVER mine FOREIGN DATA WRAPPER postgres_fdw",
      "It has no USAGE on the wrapper.",
      {
        given: {
          sql: ["CREATE EXTENSION postgres_fdw SCHEMA public"],
          undo: ["DROP EXTENSION postgres_fdw"],
        },
      },
    ),
    refused(
      "reads other logins' statements, where pg_stat_statements is installed",
      "SELECT pg_stat_statements_reset()",
      superuser,
      {
        given: {
          sql: ["CREATE EXTENSION pg_stat_statements SCHEMA public"],
          undo: ["DROP EXTENSION pg_stat_statements"],
        },
      },
    ),
    harmless(
      "switches row security off",
      ["SET row_security = off", "SELECT * FROM dagapp.item"],
      "Off means: fail rather than hide rows. It never shows more.",
    ),
    harmless(
      "announces something",
      ["LISTEN mine", "NOTIFY mine, 'x'"],
      "The program relies on no notification.",
    ),
    harmless(
      "writes a message to the write-ahead log",
      "SELECT pg_logical_emit_message(false, 'mine', 'x')",
      "Nothing reads it.",
    ),
  ],
};
