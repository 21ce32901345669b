/**
 * A STAND-IN for a server that Azure made: a real PostgreSQL whose first superuser is azuresu, with the roles, the owner of
 * the schema public and the list of extensions that Azure's servers have, from Microsoft's documentation.
 * It is not Azure's code, and differs: whatever is listed must still be an extension that PostgreSQL lets the admin make.
 */
import { Client } from "pg";

import type { Major } from "../../../sandbox/binaries";
import { type PostgresServer, startServer } from "../../../sandbox/server";

/** What a server is made with, in the template that databases are copied from. */
const inTemplate = `
ALTER SCHEMA public OWNER TO azure_pg_admin;

CREATE FUNCTION stand_in_allow_list() RETURNS event_trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  wanted TEXT := (regexp_match(current_query(), 'CREATE EXTENSION (?:IF NOT EXISTS )?"?([\\w-]+)"?', 'i'))[1];
BEGIN
  IF (SELECT rolsuper FROM pg_roles WHERE rolname = session_user) THEN RETURN; END IF;
  IF NOT pg_has_role(session_user, 'azure_pg_admin', 'MEMBER') THEN
    RAISE EXCEPTION 'Only members of "azure_pg_admin" are allowed to use CREATE EXTENSION';
  END IF;
  IF wanted <> ALL (string_to_array(current_setting('azure.extensions'), ',')) THEN
    RAISE EXCEPTION 'Extension "%" is not allow-listed for "azure_pg_admin" users in Azure Database for PostgreSQL', wanted;
  END IF;
END $$;
CREATE EVENT TRIGGER stand_in_allow_list ON ddl_command_start WHEN TAG IN ('CREATE EXTENSION')
  EXECUTE FUNCTION stand_in_allow_list();`;

const roles = `
CREATE ROLE azure_pg_admin NOLOGIN;
GRANT pg_monitor, pg_signal_backend, pg_read_all_data TO azure_pg_admin;
CREATE ROLE replication NOLOGIN REPLICATION;
CREATE ROLE stand_in_renamer LOGIN SUPERUSER PASSWORD 'for a moment';`;

/**
 * Starts one.
 *
 * @param extensions  What azure.extensions lists.
 */
export async function startAzureServer(
  extensions: readonly string[],
  options: {
    readonly major?: Major;
    readonly settings?: Readonly<Record<string, string>>;
  } = {},
): Promise<PostgresServer> {
  const server = await startServer({
    ...options,
    settings: { ...options.settings, "azure.extensions": extensions.join(",") },
  });
  const { host, port } = server;
  const as = async (
    { name: user, password }: PostgresServer["superuser"],
    database: string,
    sql: string,
  ): Promise<void> => {
    const client = new Client({ host, port, user, password, database, ssl: false });
    await client.connect();
    await client.query(sql);
    await client.end();
  };
  await as(server.superuser, "postgres", roles);
  await as(server.superuser, "template1", inTemplate);
  // Nobody renames the role that he is.
  const renamer = { name: "stand_in_renamer", password: "for a moment" };
  const superuser = { ...server.superuser, name: "azuresu" };
  await as(renamer, "postgres", `ALTER ROLE ${server.superuser.name} RENAME TO azuresu`);
  await as(superuser, "postgres", "DROP ROLE stand_in_renamer");
  return { ...server, superuser };
}
