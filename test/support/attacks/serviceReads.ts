/**
 * The service role tries to read or write what is not its own: the ledger, other roles' secrets, files. Pure data.
 */
import { harmless, refused, type Theme } from "./attack";

const nothingThere = "It has nothing on the program's tables.";
const superuserReads = "PostgreSQL keeps it to superusers.";
const superuser = "Only a superuser may, or a member of a predefined role that it is not in.";

const injection = "$$x'; DROP TABLE dagapp.jobs; --$$";

export const serviceReads: Theme = {
  title: "Reading and writing what belongs to others",
  as: "service",
  attacks: [
    refused("reads the ledger", "SELECT * FROM public.schema_migrations", nothingThere),
    refused(
      "counts the ledger's rows",
      "SELECT count(*) FROM public.schema_migrations",
      nothingThere,
    ),
    refused(
      "writes the ledger",
      "INSERT INTO public.schema_migrations (version, applied) VALUES ('9.9.9', true)",
      nothingThere,
    ),
    refused(
      "changes the ledger",
      "UPDATE public.schema_migrations SET applied = true",
      nothingThere,
    ),
    refused("deletes from the ledger", "DELETE FROM public.schema_migrations", nothingThere),
    refused("empties the ledger", "TRUNCATE public.schema_migrations", nothingThere),
    refused("copies the ledger out", "COPY public.schema_migrations TO STDOUT", nothingThere),
    refused(
      "takes a number of the ledger",
      "SELECT nextval('public.schema_migrations_id_seq')",
      nothingThere,
    ),
    refused("reads the events", "SELECT * FROM public.schema_migration_events", nothingThere),
    refused(
      "writes an event",
      "INSERT INTO public.schema_migration_events (kind) VALUES ('applied')",
      nothingThere,
    ),
    refused(
      "reads the events as XML",
      "SELECT table_to_xml('public.schema_migration_events', true, true, '')",
      nothingThere,
    ),
    refused(
      "reads the ledger through a temporary view",
      [
        "CREATE TEMPORARY VIEW mine AS SELECT * FROM public.schema_migrations",
        "SELECT * FROM mine",
      ],
      "A view reads with the rights of its owner, which is the service role.",
    ),
    refused(
      "reads the ledger through a prepared statement",
      ["PREPARE mine AS SELECT * FROM public.schema_migrations", "EXECUTE mine"],
      "Privileges are asked for when it is executed.",
    ),
    refused(
      "reads the ledger in a cursor",
      ["BEGIN", "DECLARE mine CURSOR FOR SELECT * FROM public.schema_migrations"],
      nothingThere,
    ),
    refused(
      "reads the ledger by a leaky function in a condition",
      [
        "CREATE FUNCTION pg_temp.leak(TEXT) RETURNS BOOLEAN LANGUAGE plpgsql COST 0.0001 AS $$ BEGIN RAISE NOTICE '%', $1; RETURN true; END $$",
        "SELECT 1 FROM public.schema_migrations WHERE pg_temp.leak(version)",
      ],
      nothingThere,
    ),
    refused(
      "refers to the ledger from a temporary table",
      "CREATE TEMPORARY TABLE mine (version VARCHAR(50) REFERENCES public.schema_migrations (version))",
      "A temporary table may refer to temporary tables only.",
      { code: "42P16" },
    ),
    harmless(
      "asks the planner's statistics for the ledger's values",
      "DO $$ BEGIN IF EXISTS (SELECT FROM pg_stats WHERE schemaname = 'public') THEN RAISE 'seen'; END IF; END $$",
      "pg_stats shows only columns that its reader may read.",
    ),
    refused("reads password hashes", "SELECT rolpassword FROM pg_authid", superuserReads),
    refused("reads password hashes by the old view", "SELECT * FROM pg_shadow", superuserReads),
    refused(
      "reads the passwords of foreign servers",
      "SELECT * FROM pg_user_mapping",
      superuserReads,
    ),
    harmless(
      "reads the passwords of foreign servers by the public view",
      "DO $$ BEGIN IF EXISTS (SELECT FROM pg_user_mappings WHERE umoptions IS NOT NULL) THEN RAISE 'seen'; END IF; END $$",
      "The view shows options to the mapping's own role and the server's owner.",
      {
        given: {
          sql: ["CREATE USER MAPPING FOR {admin} SERVER nowhere OPTIONS (password 'x')"],
          undo: ["DROP USER MAPPING FOR {admin} SERVER nowhere"],
        },
      },
    ),
    harmless(
      "reads what other sessions run",
      "DO $$ BEGIN IF EXISTS (SELECT FROM pg_stat_activity WHERE usename <> current_user AND query <> '<insufficient privilege>') THEN RAISE 'seen'; END IF; END $$",
      "Of other logins' sessions only their existence is shown.",
    ),
    refused("reads the server's statistics table", "SELECT * FROM pg_statistic", superuserReads),
    refused("reads all large objects", "SELECT * FROM pg_largeobject", superuserReads),
    refused(
      "reads another role's large object",
      "SELECT lo_get(4711)",
      "A large object is its owner's.",
      {
        given: { sql: ["SELECT lo_from_bytea(4711, 'secret')"], undo: ["SELECT lo_unlink(4711)"] },
      },
    ),
    refused(
      "removes another role's large object",
      "SELECT lo_unlink(4711)",
      "A large object is its owner's.",
      {
        given: { sql: ["SELECT lo_from_bytea(4711, 'secret')"], undo: ["SELECT lo_unlink(4711)"] },
      },
    ),
    refused("reads who may log in from where", "SELECT * FROM pg_hba_file_rules", superuser),
    refused("reads the settings files", "SELECT * FROM pg_file_settings", superuser),
    refused("asks where the data is", "SHOW data_directory", superuser),
    refused(
      "reads the subscriptions' passwords",
      "SELECT subconninfo FROM pg_subscription",
      superuserReads,
    ),
    refused("reads a file", "SELECT pg_read_file('/etc/passwd')", superuser),
    refused(
      "reads a file of the data folder",
      "SELECT pg_read_binary_file('PG_VERSION')",
      superuser,
    ),
    refused("looks at a file", "SELECT pg_stat_file('PG_VERSION')", superuser),
    refused("lists a folder", "SELECT pg_ls_dir('.')", superuser),
    refused("lists the log", "SELECT pg_ls_logdir()", superuser),
    refused("lists the write-ahead log", "SELECT pg_ls_waldir()", superuser),
    refused("copies a file in", "COPY dagapp.item FROM '/etc/passwd'", superuser),
    refused("copies a table to a file", "COPY dagapp.item TO '/tmp/mine'", superuser),
    refused("runs a program", "COPY dagapp.item FROM PROGRAM 'true'", superuser),
    refused("runs a program with a query's rows", "COPY (SELECT 1) TO PROGRAM 'true'", superuser),
    refused("makes a large object of a file", "SELECT lo_import('/etc/passwd')", superuser),
    refused("writes a large object to a file", "SELECT lo_export(1, '/tmp/mine')", superuser),
    refused("loads a library", "LOAD 'auto_explain'", superuser),
    refused(
      "makes a function of a library",
      "CREATE FUNCTION pg_temp.mine() RETURNS VOID LANGUAGE c AS 'auto_explain', 'x'",
      "The language is not trusted.",
    ),
    refused(
      "makes a function of the server's own code",
      "CREATE FUNCTION pg_temp.mine() RETURNS VOID LANGUAGE internal AS 'pg_reload_conf'",
      "The language is not trusted.",
    ),
    harmless(
      "injects SQL through arguments of the application's functions",
      [
        `SELECT dagapp.check_job_completion(${injection})`,
        `SELECT dagapp.increment_task_retry_count(${injection})`,
        `SELECT dagapp.advance_job_stage(${injection}, 1)`,
        `SELECT dagapp.complete_task_and_check_stage(${injection}, ${injection}, 1, NULL, ${injection})`,
      ],
      "They hold no dynamic SQL, so an argument is only a value, and they run with their caller's rights.",
    ),
  ],
};
