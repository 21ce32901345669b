/**
 * A migrator that has not become the infrastructure role tries what only that may. Pure data.
 */
import { harmless, healed, refused, type Theme } from "./attack";

const nothing = "It has nothing but CONNECT until it becomes the infrastructure role (NOINHERIT).";

export const migratorTries: Theme = {
  title: "Before becoming the infrastructure role",
  as: "migrator",
  attacks: [
    refused("reads a table", "SELECT * FROM dagapp.item", nothing),
    refused("calls a function", "SELECT dagapp.twice(2)", nothing),
    refused("makes a table", "CREATE TABLE dagapp.mine (id INTEGER)", nothing),
    refused("drops a table", "DROP TABLE dagapp.item", nothing),
    refused("makes a table in public", "CREATE TABLE public.mine (id INTEGER)", nothing),
    refused(
      "makes a temporary table",
      "CREATE TEMPORARY TABLE mine (id INTEGER)",
      "It has no TEMPORARY on the database.",
    ),
    refused(
      "makes a temporary function",
      "CREATE FUNCTION pg_temp.mine() RETURNS INTEGER LANGUAGE sql AS 'SELECT 1'",
      "It has no TEMPORARY on the database.",
    ),
    refused("reads the ledger", "SELECT * FROM public.schema_migrations", nothing),
    refused("reads the events", "SELECT * FROM public.schema_migration_events", nothing),
    refused(
      "writes an event",
      "INSERT INTO public.schema_migration_events (kind) VALUES ('applied')",
      nothing,
    ),
    refused(
      "takes the runner lock",
      ["BEGIN", "LOCK TABLE public.schema_migration_lock IN SHARE ROW EXCLUSIVE MODE"],
      nothing,
    ),
    refused(
      "becomes the admin",
      "SET ROLE {admin}",
      "It is a member of the infrastructure role only.",
    ),
    refused(
      "becomes the service role",
      "SET ROLE {service}",
      "It is a member of the infrastructure role only.",
    ),
    refused("lets another login in", "GRANT {infra} TO {outsider}", "It has no ADMIN on the role."),
    refused(
      "lets itself let others in",
      "GRANT {infra} TO {migrator} WITH ADMIN OPTION",
      "It has no ADMIN on the role.",
    ),
    refused(
      "has the role's privileges at once",
      "ALTER ROLE {migrator} INHERIT",
      "It has no CREATEROLE.",
    ),
    refused("gives itself CREATEROLE", "ALTER ROLE {migrator} CREATEROLE", "It has no CREATEROLE."),
    harmless(
      "becomes the infrastructure role and stays a moment",
      ["SET ROLE {infra}", "SELECT * FROM public.schema_migrations", "RESET ROLE"],
      "That is what it is for; its login is recorded with each event.",
    ),
    healed(
      "makes its own sessions read-only",
      "ALTER ROLE {migrator} SET default_transaction_read_only = on",
      "PostgreSQL lets every role change its own settings; its next migration fails and says so.",
      ["role {=migrator}: should not set default_transaction_read_only=on"],
    ),
  ],
};
