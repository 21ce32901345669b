/**
 * A database governed by the program's own code, without the Pulumi engine: roles, memberships and schemas in the SQL
 * that the Pulumi resources amount to, then ledger and privileges by the functions that the providers call.
 * Does NOT run a migration.
 */
import { randomBytes } from "node:crypto";

import { Client, escapeIdentifier, escapeLiteral } from "pg";

import { createTables } from "../../../migrations/engine/ledger/ledger";
import { type Healing, healPrivileges } from "../../../roles/database/heal";
import { inspectPrivileges } from "../../../roles/database/inspection";
import type { Deviation } from "../../../roles/model";
import type { PostgresServer } from "../../../sandbox/server";
import { type Access, inTransaction, withClient } from "../../../stack/connection";
import { isDeclared } from "../../../stack/furtherRoles";
import type { Settings } from "../../../stack/settings";
import { type Configuration, makeSettings } from "../program/makeSettings";

/** Who can log in. `infrastructure` is the migrator started as the infrastructure role, as a run does. */
export type Login =
  | "superuser"
  | "admin"
  | "infrastructure"
  | "migrator"
  | "approver"
  | "service"
  | "outsider"
  | "delegate";

export interface ProgramDatabase {
  readonly access: Access;
  readonly settings: Settings;
  /** Names of the roles as the server knows them. `outsider` is a login that nobody declared. */
  readonly names: Readonly<Record<Login, string>>;
  /** Opens a session, as its name says; `close` ends it. */
  connect(login: Login): Promise<Client>;
  /** Rows of a query, as the superuser. */
  rows(sql: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
  /** Runs `work` as the admin, in a session as the program opens it. */
  asAdmin<T>(work: (client: Client) => Promise<T>): Promise<T>;
  /** What healing finds and mends, as the admin. */
  heal(): Promise<Healing>;
  /** What differs from the rules now. */
  deviations(): Promise<readonly Deviation[]>;
  /** The same access with other values configured. */
  accessWith(overrides: Configuration): Access;
  /** Opens the session of `rows` again, after the server was gone. */
  reconnect(): Promise<void>;
  /** Ends every session that `connect` and `rows` opened. */
  close(): Promise<void>;
}

/** How to make it otherwise than usual. */
export interface Making {
  /** Configuration values; names of roles get no suffix then. */
  readonly configuration?: Configuration;
  /** False: stop before ledger and privileges. */
  readonly governed?: boolean;
}

/** Roles, memberships and schemas as roles/resources/infrastructureRole.ts and roles/resources/serviceRole.ts declare them. */
function declarations(settings: Settings, password: string): readonly string[] {
  const { roles, schemas, serviceLimits } = settings;
  const [infra, service] = [roles.infrastructure, roles.service].map(escapeIdentifier);
  const secret = escapeLiteral(password);
  const powerless =
    "NOSUPERUSER NOCREATEROLE NOCREATEDB NOREPLICATION NOBYPASSRLS NOINHERIT" as const;
  return [
    `CREATE ROLE ${infra} NOLOGIN ${powerless}`,
    `GRANT ${infra} TO ${escapeIdentifier(roles.admin)}`,
    ...roles.migrators
      .map(escapeIdentifier)
      .flatMap((migrator) => [
        `CREATE ROLE ${migrator} LOGIN ${powerless} PASSWORD ${secret}`,
        `GRANT ${infra} TO ${migrator}`,
      ]),
    ...roles.approvers.map(
      (approver) =>
        `CREATE ROLE ${escapeIdentifier(approver)} LOGIN ${powerless} PASSWORD ${secret}`,
    ),
    ...roles.further.filter(isDeclared).flatMap((reader) => {
      const name = escapeIdentifier(reader.name);
      const path = [...(reader.schemas ?? schemas), "public"].map(escapeIdentifier).join(", ");
      return [
        `CREATE ROLE ${name} ${reader.login ? "LOGIN" : "NOLOGIN"} ${powerless} PASSWORD ${secret} CONNECTION LIMIT ${reader.connectionLimit}`,
        ...(reader.kind === "auditor" ? [] : [`ALTER ROLE ${name} SET search_path = ${path}`]),
      ];
    }),
    ...schemas.map((schema) => `CREATE SCHEMA ${escapeIdentifier(schema)} AUTHORIZATION ${infra}`),
    `CREATE ROLE ${service} LOGIN ${powerless} PASSWORD ${secret} CONNECTION LIMIT ${serviceLimits.connectionLimit}`,
    `ALTER ROLE ${service} SET search_path = ${[...schemas, "public"].map(escapeIdentifier).join(", ")}`,
    `ALTER ROLE ${service} SET statement_timeout = ${serviceLimits.statementTimeoutMs}`,
    `ALTER ROLE ${service} SET idle_in_transaction_session_timeout = ${serviceLimits.idleInTransactionTimeoutMs}`,
  ];
}

/** Makes a new database with roles of its own on the server. */
export async function makeProgramDatabase(
  server: PostgresServer,
  { configuration = {}, governed = true }: Making = {},
): Promise<ProgramDatabase> {
  const suffix = randomBytes(4).toString("hex");
  const password = randomBytes(16).toString("hex");
  const overrides: Configuration = {
    host: server.host,
    port: String(server.port),
    database: `db_${suffix}`,
    admin: `admin_${suffix}`,
    serviceRole: `service_${suffix}`,
    infrastructureRole: `infra_${suffix}`,
    migrator: `migrator_${suffix}`,
    migrators: JSON.stringify([`migrator_${suffix}`]),
    approver: `approver_${suffix}`,
    approvers: JSON.stringify([`approver_${suffix}`]),
    ...configuration,
  };
  const settings = makeSettings(overrides);
  const passwordOf = (): Promise<string> => Promise.resolve(password);
  const access: Access = { settings, passwordOf };
  const { roles, server: place } = settings;
  const names: Record<Login, string> = {
    superuser: server.superuser.name,
    admin: roles.admin,
    infrastructure: roles.migrator ?? roles.admin,
    migrator: roles.migrator ?? roles.admin,
    approver: roles.approver ?? roles.admin,
    service: roles.service,
    outsider: `outsider_${suffix}`,
    delegate: `delegate_${suffix}`,
  };
  const clients: Client[] = [];
  const open = async (login: Login, database: string): Promise<Client> => {
    const client = new Client({
      host: place.host,
      port: place.port,
      database,
      user: names[login],
      password: login === "superuser" ? server.superuser.password : password,
      application_name: `test: ${login}`,
      statement_timeout: 30_000,
      ...(login === "infrastructure"
        ? { options: `-c role=${roles.infrastructure.replace(/[\\ ]/g, "\\$&")}` }
        : {}),
    });
    client.on("error", () => undefined);
    await client.connect();
    clients.push(client);
    return client;
  };

  const [admin, secret] = [escapeIdentifier(roles.admin), escapeLiteral(password)];
  const root = await open("superuser", "postgres");
  await root.query(`CREATE ROLE ${admin} LOGIN CREATEROLE CREATEDB PASSWORD ${secret}`);
  await root.query(`CREATE ROLE ${names.outsider} LOGIN PASSWORD ${secret}`);
  await root.query(`CREATE ROLE ${names.delegate} LOGIN PASSWORD ${secret}`);
  await root.query(`CREATE DATABASE ${escapeIdentifier(place.database)} OWNER ${admin}`);
  await root.end();
  let superuser = await open("superuser", place.database);

  const asAdmin = <T>(work: (client: Client) => Promise<T>): Promise<T> =>
    withClient(access, { account: "admin", activity: "test" }, work);
  const database: ProgramDatabase = {
    access,
    settings,
    names,
    connect: (login) => open(login, place.database),
    rows: async (sql, values = []) =>
      (await superuser.query<Record<string, unknown>>(sql, [...values])).rows,
    asAdmin,
    heal: () => asAdmin((client) => healPrivileges(client, settings)),
    deviations: () =>
      asAdmin(async (client) => (await inspectPrivileges(client, settings)).deviations),
    accessWith: (more) => ({ settings: makeSettings({ ...overrides, ...more }), passwordOf }),
    reconnect: async () => {
      for (const client of clients.splice(0)) await client.end().catch(() => undefined);
      superuser = await open("superuser", place.database);
    },
    close: async () => {
      await Promise.all(clients.splice(0).map((client) => client.end()));
    },
  };

  await asAdmin(async (client) => {
    for (const statement of declarations(settings, password)) await client.query(statement);
  });
  if (!governed) return database;
  await asAdmin((client) =>
    inTransaction(client, () => createTables(client, roles, settings.tier)),
  );
  const { left } = await database.heal();
  if (left.length > 0) throw new Error(`not governed: ${JSON.stringify(left, null, 2)}`);
  return database;
}
