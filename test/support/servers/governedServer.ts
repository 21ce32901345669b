/**
 * A throw-away server as this project meets it in production: one database, owned by an admin that is not superuser.
 * Does NOT run anything of the project on it.
 */
import { Client } from "pg";

import { type PostgresServer, startServer } from "../../../sandbox/server";

/** The server and ways to look at it. */
export interface GovernedServer {
  readonly server: PostgresServer;
  /** LOGIN CREATEROLE CREATEDB, owner of `database`. */
  readonly admin: { readonly user: string; readonly password: string; readonly database: string };
  /** The superuser's session in `database`: what a test knows, the plugin must not need. */
  readonly superuser: Client;
  /** Opens a session; the caller ends it. */
  login(user: string, password: string, database?: string): Promise<Client>;
  /** Rows of a query, as the superuser. */
  rows(sql: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
  stop(): Promise<void>;
}

const ADMIN = { user: "platform_admin", password: "admin-secret-1", database: "geo" } as const;

/** Starts a server of the given major version and makes the admin and its database. */
export async function startGovernedServer(
  major: 15 | 18,
  settings: Readonly<Record<string, string>> = {},
): Promise<GovernedServer> {
  const server = await startServer({ major, settings });
  const login = async (
    user: string,
    password: string,
    database: string = ADMIN.database,
  ): Promise<Client> => {
    const client = new Client({ host: server.host, port: server.port, user, password, database });
    client.on("error", () => undefined);
    await client.connect();
    return client;
  };
  const { name, password } = server.superuser;
  const first = await login(name, password, "postgres");
  await first.query(
    `CREATE ROLE ${ADMIN.user} LOGIN CREATEROLE CREATEDB PASSWORD '${ADMIN.password}'`,
  );
  await first.query(`CREATE DATABASE ${ADMIN.database} OWNER ${ADMIN.user}`);
  await first.end();
  const superuser = await login(name, password);
  return {
    server,
    admin: ADMIN,
    superuser,
    login,
    rows: async (sql, values) =>
      (await superuser.query<Record<string, unknown>>(sql, [...(values ?? [])])).rows,
    stop: async () => {
      await superuser.end();
      await server.stop();
    },
  };
}
