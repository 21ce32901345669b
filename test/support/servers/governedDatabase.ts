/**
 * Makes a database in the state in which the first migration finds it: admin, infrastructure role, a migrator
 * login, a DML-only service login, the three schemas and the ledger. A fixture in plain SQL on purpose, so that
 * the migrations are tested apart from the program. Does NOT run any migration.
 */
import { randomBytes } from "node:crypto";

import { Client } from "pg";

import type { PostgresServer } from "../../../sandbox/server";

/** The logins of the database. `migrator` starts as the infrastructure role. */
type Login = "superuser" | "migrator" | "service";

export interface GovernedDatabase {
  readonly name: string;
  readonly infrastructureRole: string;
  /** Password of the migrator and the service login. */
  readonly password: string;
  /** Name of a login as the server knows it. */
  userName(login: Login): string;
  /** What is sent with a login's connections (PGOPTIONS); "" for nothing. */
  options(login: Login): string;
  /** Opens a connection; `close` ends it. */
  connect(login: Login): Promise<Client>;
  /** Ends every connection `connect` has opened. The database goes with the throw-away server. */
  close(): Promise<void>;
}

const LEDGER = `
CREATE TABLE public.schema_migrations (
    id SERIAL PRIMARY KEY,
    version VARCHAR(50) NOT NULL UNIQUE,
    description TEXT,
    started_at TIMESTAMP WITH TIME ZONE,
    completed_at TIMESTAMP WITH TIME ZONE,
    applied BOOLEAN DEFAULT false,
    rolled_back_at TIMESTAMP WITH TIME ZONE,
    executed_by VARCHAR(100),
    ticket_number VARCHAR(50)
);
CREATE INDEX idx_migrations_version ON public.schema_migrations (version);
CREATE INDEX idx_migrations_applied ON public.schema_migrations (applied);`;

/** Everything behind CREATE DATABASE, run by the admin, who is not a superuser. */
const arrange = (infra: string, migrator: string, service: string, password: string): string => `
CREATE ROLE ${infra} NOLOGIN NOINHERIT;
CREATE ROLE ${migrator} LOGIN NOINHERIT PASSWORD '${password}';
CREATE ROLE ${service} LOGIN NOINHERIT PASSWORD '${password}';
GRANT ${infra} TO ${migrator};
GRANT ${infra} TO CURRENT_USER;
CREATE SCHEMA dagapp AUTHORIZATION ${infra};
CREATE SCHEMA geoapi AUTHORIZATION ${infra};
CREATE SCHEMA pgstac AUTHORIZATION ${infra};
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO ${infra};
${LEDGER}
GRANT SELECT, INSERT, UPDATE ON public.schema_migrations TO ${infra};
GRANT USAGE ON SEQUENCE public.schema_migrations_id_seq TO ${infra};
SET ROLE ${infra};
GRANT USAGE ON SCHEMA dagapp, geoapi TO ${service};
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA dagapp, geoapi GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${service};
ALTER DEFAULT PRIVILEGES IN SCHEMA dagapp, geoapi GRANT USAGE ON SEQUENCES TO ${service};
ALTER DEFAULT PRIVILEGES IN SCHEMA dagapp, geoapi GRANT EXECUTE ON FUNCTIONS TO ${service};`;

/** Makes a new database with roles of its own on the server. */
export async function makeGovernedDatabase(server: PostgresServer): Promise<GovernedDatabase> {
  const suffix = randomBytes(4).toString("hex");
  const password = randomBytes(16).toString("hex");
  const name = `db_${suffix}`;
  const admin = `admin_${suffix}`;
  const infrastructureRole = `infra_${suffix}`;
  const users: Record<Login, string> = {
    superuser: server.superuser.name,
    migrator: `migrator_${suffix}`,
    service: `service_${suffix}`,
  };
  const clients: Client[] = [];

  const open = async (user: string, secret: string, database: string, options: string) => {
    const { host, port } = server;
    const client = new Client({
      host,
      port,
      user,
      password: secret,
      database,
      options,
      application_name: "database-test",
      statement_timeout: 30_000,
    });
    client.on("error", () => undefined);
    await client.connect();
    clients.push(client);
    return client;
  };

  const root = await open(users.superuser, server.superuser.password, "postgres", "");
  await root.query(`CREATE ROLE ${admin} LOGIN CREATEROLE CREATEDB PASSWORD '${password}'`);
  await root.query(`CREATE DATABASE ${name} OWNER ${admin}`);
  const asAdmin = await open(admin, password, name, "");
  await asAdmin.query(arrange(infrastructureRole, users.migrator, users.service, password));

  const options = (login: Login): string =>
    login === "migrator" ? `-c role=${infrastructureRole}` : "";

  return {
    name,
    infrastructureRole,
    password,
    userName: (login) => users[login],
    options,
    connect: (login) =>
      open(
        users[login],
        login === "superuser" ? server.superuser.password : password,
        name,
        options(login),
      ),
    close: async () => {
      await Promise.all(clients.splice(0).map((client) => client.end()));
    },
  };
}
