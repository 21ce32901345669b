/**
 * A database of one tier as the program finds it: empty, owned by an admin that is not a superuser, with names of its
 * own so that many fit on one server. Does NOT run the program (see programStack.ts).
 */
import { randomBytes } from "node:crypto";

import { Client, escapeIdentifier, escapeLiteral } from "pg";

import type { PostgresServer } from "../../../sandbox/server";
import { readCatalog } from "./catalog";

/** The logins of the database. `infrastructure` is the migrator, started as the infrastructure role. */
type Login = "superuser" | "admin" | "migrator" | "infrastructure" | "service";

export type Row = Readonly<Record<string, unknown>>;

export interface TierDatabase {
  readonly server: PostgresServer;
  readonly name: string;
  readonly roles: Readonly<
    Record<"admin" | "migrator" | "approver" | "service" | "infrastructure", string>
  >;
  /** Of the logins; generated. */
  readonly passwords: Readonly<Record<"admin" | "migrator" | "approver" | "service", string>>;
  /** What leads the program here, as DDL_* variables. */
  readonly variables: Readonly<Record<string, string>>;
  /** The same names as configuration, by key. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Runs a text of one or more statements in a session of its own; the rows are those of a lone statement. */
  sql(login: Login, text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** Runs a statement in a transaction that stays open, with its locks, until `letGo` takes it back. */
  hold(login: Login, text: string): Promise<{ letGo(): Promise<void> }>;
  /**
   * Everything that the program makes or that hinders it: roles, memberships, owners, privileges, extensions, and all
   * objects of the governed schemas and `public`, as lines. Not the rows of tables.
   */
  catalog(): Promise<readonly string[]>;
  /** The server's next transaction id: as long as it stays, nobody has written anything. Needs autovacuum off. */
  nextTransaction(): Promise<string>;
}

/**
 * Roles, settings, memberships, databases, extensions, schemas and default privileges, as lines. Who was granted first on
 * a database does not matter.
 */
export const serverCatalog = `
SELECT format('role %s %s', r.rolname, to_jsonb(r) - 'oid' - 'rolpassword') AS line FROM pg_roles AS r
UNION ALL
SELECT format('setting %s %s %s', s.setdatabase, s.setrole::REGROLE, s.setconfig) FROM pg_db_role_setting AS s
UNION ALL
SELECT format('member %s of %s admin %s', m.member::REGROLE, m.roleid::REGROLE, m.admin_option) FROM pg_auth_members AS m
UNION ALL
SELECT format('database %s owner %s acl %s', datname, datdba::REGROLE,
  (SELECT array_agg(a ORDER BY a::TEXT COLLATE "C") FROM unnest(datacl) AS a)) FROM pg_database
UNION ALL
SELECT format('extension %s', extname) FROM pg_extension
UNION ALL
SELECT format('schema %s owner %s acl %s', nspname, nspowner::REGROLE, nspacl) FROM pg_namespace
WHERE nspname !~ '^pg_'
UNION ALL
SELECT format('default privileges %s %s %s %s', defaclrole::REGROLE, defaclnamespace::REGNAMESPACE, defaclobjtype, defaclacl)
FROM pg_default_acl`;

const GOVERNED = ["dagapp", "geoapi", "pgstac", "public"];

/** Names that a test gives in place of the usual ones. */
export type TierNames = TierDatabase["roles"] & { readonly database: string };

const usualNames = (id: string): TierNames => ({
  database: `geo_${id}`,
  admin: `admin_${id}`,
  migrator: `migrator_${id}`,
  approver: `approver_${id}`,
  service: `service_${id}`,
  infrastructure: `infra_${id}`,
});

/** Makes a new database and its admin on the server; the other roles are the program's to make. */
export async function makeTierDatabase(
  server: PostgresServer,
  names: TierNames = usualNames(randomBytes(3).toString("hex")),
): Promise<TierDatabase> {
  const secret = (): string => randomBytes(18).toString("base64url");
  const { database: name, ...roles } = names;
  const passwords = {
    ...{ admin: secret(), migrator: secret() },
    ...{ approver: secret(), service: secret() },
  };
  const { name: root, password: rootPassword } = server.superuser;
  const accounts: Readonly<Record<Login, readonly [string, string]>> = {
    superuser: [root, rootPassword],
    admin: [roles.admin, passwords.admin],
    migrator: [roles.migrator, passwords.migrator],
    infrastructure: [roles.migrator, passwords.migrator],
    service: [roles.service, passwords.service],
  };
  const open = async (login: Login, database: string): Promise<Client> => {
    const [user, password] = accounts[login];
    const { host, port } = server;
    const role = roles.infrastructure.replace(/[\\\s]/g, "\\$&");
    const options = login === "infrastructure" ? `-c role=${role}` : "";
    const client = new Client({
      ...{ host, port, user, password, database, options, ssl: false },
      application_name: "stack-test",
      statement_timeout: 30_000,
    });
    client.on("error", () => undefined);
    await client.connect();
    return client;
  };
  const session = async <T>(
    login: Login,
    database: string,
    work: (client: Client) => Promise<T>,
  ): Promise<T> => {
    const client = await open(login, database);
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  };

  await session("superuser", "postgres", async (client) => {
    const admin = escapeIdentifier(roles.admin);
    await client.query(
      `CREATE ROLE ${admin} LOGIN CREATEROLE CREATEDB PASSWORD ${escapeLiteral(passwords.admin)}`,
    );
    await client.query(`CREATE DATABASE ${escapeIdentifier(name)} OWNER ${admin}`);
  });

  const sql: TierDatabase["sql"] = (login, text, values) =>
    session(login, name, async (client) => {
      const { rows } = await client.query<Row>(
        text,
        values === undefined ? undefined : [...values],
      );
      return rows;
    });
  return {
    server,
    name,
    roles,
    passwords,
    variables: {
      DDL_HOST: server.host,
      DDL_PORT: String(server.port),
      DDL_SSLMODE: "disable",
      DDL_ADMIN_PASSWORD: passwords.admin,
      DDL_MIGRATOR_PASSWORD: passwords.migrator,
      DDL_APPROVER_PASSWORD: passwords.approver,
      DDL_SERVICE_PASSWORD: passwords.service,
    },
    config: {
      database: name,
      admin: roles.admin,
      serviceRole: roles.service,
      infrastructureRole: roles.infrastructure,
      migrator: roles.migrator,
      migrators: [roles.migrator],
      approver: roles.approver,
      approvers: [roles.approver],
    },
    sql,
    hold: async (login, text) => {
      const client = await open(login, name);
      await client.query("BEGIN");
      await client.query(text);
      return { letGo: () => client.end() };
    },
    catalog: () =>
      session("superuser", name, async (client) => {
        const { rows } = await client.query<{ line: string }>(serverCatalog);
        const objects = await readCatalog(client, GOVERNED);
        return [...rows.map(({ line }) => line).sort(), ...objects];
      }),
    nextTransaction: async () => {
      const [row] = await sql(
        "superuser",
        "SELECT pg_snapshot_xmax(pg_current_snapshot())::TEXT AS id",
      );
      return String(row?.id);
    },
  };
}

/** The ledger, lowest version first, with what tells who ran it and for which ticket. */
export const readLedger = (database: TierDatabase): Promise<readonly Row[]> =>
  database.sql(
    "superuser",
    "SELECT version, applied, executed_by, ticket_number FROM public.schema_migrations ORDER BY id",
  );

/** The versions of all events of a kind, in the order in which they happened. */
export async function versionsOf(
  database: TierDatabase,
  kind: string,
): Promise<readonly unknown[]> {
  const rows = await database.sql(
    "superuser",
    "SELECT version FROM public.schema_migration_events WHERE kind = $1 ORDER BY id",
    [kind],
  );
  return rows.map(({ version }) => version);
}
