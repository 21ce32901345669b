/**
 * The infrastructure role goes beyond its schemas. Each attempt is made twice: by a migrator in a session of its own,
 * and by a migration file that hides it in a DO block. Pure data.
 */
import { refused, type Theme } from "./attack";

const noRole = "It has no CREATEROLE.";
const noMember = "It is a member of no role, and its login of no other.";
const adminOwns = "The admin owns it.";
const noCreate = "It has no CREATE there.";
const superuser = "Only a superuser may, or a member of a predefined role that it is not in.";

export const infrastructureTries: Theme = {
  title: "Beyond its schemas",
  as: "infrastructure",
  attacks: [
    refused("becomes the admin", "SET ROLE {admin}", noMember),
    refused("becomes the service role", "SET ROLE {service}", noMember),
    refused("becomes a superuser", "SET ROLE {superuser}", noMember),
    refused(
      "becomes the admin by set_config",
      "SELECT set_config('role', '{=admin}', false)",
      noMember,
    ),
    refused(
      "becomes the admin while a function runs",
      "CREATE FUNCTION dagapp.mine() RETURNS INTEGER LANGUAGE sql SET role = '{=admin}' AS 'SELECT 1'",
      noMember,
    ),
    refused("logs in again as the admin", "SET SESSION AUTHORIZATION {admin}", superuser),
    refused("lends itself the admin", "GRANT {admin} TO {infra}", noRole),
    refused("lends its login the admin", "GRANT {admin} TO {migrator}", noRole),
    refused("lends itself a predefined role", "GRANT pg_read_all_data TO {infra}", noRole),
    refused(
      "makes the service role a member of itself",
      "GRANT {infra} TO {service}",
      "It has no ADMIN on itself.",
    ),
    refused("lets another login in", "GRANT {infra} TO {outsider}", "It has no ADMIN on itself."),
    refused("makes a role", "CREATE ROLE mine LOGIN SUPERUSER", noRole),
    refused("gives itself CREATEROLE", "ALTER ROLE {infra} CREATEROLE", noRole),
    refused("lets itself log in", "ALTER ROLE {infra} LOGIN PASSWORD 'x'", noRole),
    refused("changes the service role", "ALTER ROLE {service} NOLOGIN", noRole),
    refused(
      "changes the service role's settings",
      "ALTER ROLE {service} SET lock_timeout = 0",
      noRole,
    ),
    refused(
      "changes the admin's settings",
      "ALTER ROLE {admin} SET search_path = dagapp, pg_catalog",
      noRole,
    ),
    refused(
      "changes the database's settings",
      "ALTER DATABASE {database} SET search_path = dagapp, pg_catalog",
      adminOwns,
    ),
    refused("drops the service role", "DROP ROLE {service}", noRole),
    refused("takes the database over", "ALTER DATABASE {database} OWNER TO {infra}", adminOwns),
    refused(
      "lets another login connect",
      "GRANT CONNECT ON DATABASE {database} TO {outsider}",
      adminOwns,
    ),
    refused("takes public over", "ALTER SCHEMA public OWNER TO {infra}", adminOwns),
    refused("drops public", "DROP SCHEMA public CASCADE", adminOwns),
    refused("makes a table in public", "CREATE TABLE public.mine (id INTEGER)", noCreate),
    refused(
      "makes a function in public",
      "CREATE FUNCTION public.lower(VARCHAR) RETURNS TEXT LANGUAGE sql AS 'SELECT 1::text'",
      noCreate,
    ),
    refused(
      "makes an operator in public",
      "CREATE OPERATOR public.= (LEFTARG = TEXT, RIGHTARG = VARCHAR, FUNCTION = pg_catalog.texteq)",
      noCreate,
    ),
    refused("moves a table to public", "ALTER TABLE dagapp.item SET SCHEMA public", noCreate),
    refused("makes a schema", "CREATE SCHEMA {admin}", "It has no CREATE on the database."),
    refused(
      "renames a schema",
      "ALTER SCHEMA dagapp RENAME TO other",
      "It has no CREATE on the database.",
    ),
    refused("makes an extension", "CREATE EXTENSION pgcrypto", "It has no CREATE on the database."),
    refused(
      "makes a temporary table",
      "CREATE TEMPORARY TABLE schema_migrations (version TEXT)",
      "It has no TEMPORARY on the database.",
    ),
    refused(
      "leaves a temporary function",
      "CREATE FUNCTION pg_temp.mine() RETURNS INTEGER LANGUAGE sql AS 'SELECT 1'",
      "It has no TEMPORARY on the database.",
    ),
    refused(
      "gives a table to the service role",
      "ALTER TABLE dagapp.item OWNER TO {service}",
      "It cannot become the service role.",
    ),
    refused(
      "gives a table to the admin",
      "ALTER TABLE dagapp.item OWNER TO {admin}",
      "It cannot become the admin.",
    ),
    refused(
      "gives a schema to the service role",
      "ALTER SCHEMA pgstac OWNER TO {service}",
      "It cannot become the service role.",
    ),
    refused(
      "gives a function to the admin, to be run as it",
      "ALTER FUNCTION dagapp.twice(INTEGER) OWNER TO {admin}",
      "It cannot become the admin.",
    ),
    refused(
      "gives all it has to the service role",
      "REASSIGN OWNED BY {infra} TO {service}",
      "It cannot become the service role.",
    ),
    refused(
      "changes what the admin's tables are born with",
      "ALTER DEFAULT PRIVILEGES FOR ROLE {admin} GRANT ALL ON TABLES TO {infra}",
      noMember,
    ),
    refused(
      "makes an event trigger",
      "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION pg_catalog.suppress_redundant_updates_trigger()",
      superuser,
    ),
    refused(
      "makes a function of the server's own code",
      "CREATE FUNCTION dagapp.mine() RETURNS VOID LANGUAGE internal AS 'pg_reload_conf'",
      "The language is not trusted.",
    ),
    refused(
      "makes a function of a library",
      "CREATE FUNCTION dagapp.mine() RETURNS VOID LANGUAGE c AS 'auto_explain', 'x'",
      "The language is not trusted.",
    ),
    refused("runs a program", "COPY dagapp.item FROM PROGRAM 'true'", superuser),
    refused("reads a file", "SELECT pg_read_file('/etc/passwd')", superuser),
    refused("writes a file", "COPY dagapp.item TO '/tmp/mine'", superuser),
    refused("reads password hashes", "SELECT * FROM pg_authid", superuser),
    refused(
      "makes a cast between the system's types",
      "CREATE CAST (TEXT AS INTEGER) WITH INOUT AS IMPLICIT",
      "One of the two types must be its own.",
    ),
    refused(
      "changes a system catalog",
      "UPDATE pg_catalog.pg_class SET relowner = 10",
      "It has no UPDATE there.",
    ),
    refused("stops triggers and checks", "SET session_replication_role = replica", superuser),
    refused(
      "changes the server's settings",
      "SELECT set_config('log_statement', 'none', false)",
      superuser,
    ),
    refused(
      "makes a publication",
      "CREATE PUBLICATION mine FOR TABLE dagapp.item",
      "It has no CREATE on the database.",
    ),
    refused(
      "makes a replication slot",
      "SELECT pg_create_logical_replication_slot('mine', 'pgoutput')",
      "It has no REPLICATION.",
    ),
    refused(
      "ends other logins' sessions",
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{=superuser}'",
      superuser,
    ),
    refused(
      "refers to the ledger, to keep rows from being changed",
      "CREATE TABLE dagapp.mine (version VARCHAR(50) REFERENCES public.schema_migrations (version))",
      "It has no REFERENCES on the ledger.",
    ),
    refused(
      "inherits from the ledger, to be read as it",
      "CREATE TABLE dagapp.mine () INHERITS (public.schema_migrations)",
      adminOwns,
    ),
    refused(
      "writes to the runner lock's table",
      "INSERT INTO public.schema_migration_lock VALUES (true)",
      "It has UPDATE only, and there is no row.",
    ),
    refused(
      "reads the runner lock's table",
      "SELECT * FROM public.schema_migration_lock",
      "It has UPDATE only.",
    ),
    refused("drops the runner lock", "DROP TABLE public.schema_migration_lock", adminOwns),
  ],
};
