/**
 * Opens and closes connections, each named, bounded in time and watched for errors; explains why one cannot be had.
 * Does NOT decide what to run, nor hold a connection longer than its caller's work.
 */
import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";

import { Client, escapeIdentifier, escapeLiteral, type QueryConfig, type QueryResult } from "pg";

import { type Account, type PasswordSource, whereToPutPassword } from "./credentials";
import { MigrationError } from "./errors";
import { longestName } from "./identifiers";
import {
  checkInterval,
  expectedSettings,
  forcedSettings,
  judgeSettings,
  lookQuery,
  ownOfSession,
  type SessionLook,
} from "./sessionSettings";
import type { RoleSettings, ServerSettings, Settings } from "./settings";
import { runTogether } from "./together";
import type { ErrorSigns } from "./transientError";

/** What it takes to connect: settings, and a way to find passwords. */
export interface Access {
  readonly settings: Settings;
  readonly passwordOf: PasswordSource;
  /** A database that is made for a proof and dropped after it: nobody will ask later what its structure was. */
  readonly isScratch?: true;
}

/** The accounts that this program itself connects as. */
type Connecting = Exclude<Account, "service" | "reader">;

/** Who connects and for what. */
export interface Purpose {
  readonly account: Exclude<Connecting, "auditor">;
  /** Shown to whoever looks at pg_stat_activity, after the program's name. */
  readonly activity: string;
  /** Refuses every write: for planning and previews. */
  readonly readOnly?: boolean;
  /** Server settings of this session, by name. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** Longest wait for a connection, and for the answer of a catalog query, in milliseconds. */
const connectTimeoutMs = 10_000;
const catalogTimeoutMs = 60_000;

/** In every session of this program, beside what decides how SQL is read. */
const commonParameters: Readonly<Record<string, string>> = {
  ...forcedSettings,
  [checkInterval[0]]: checkInterval[1],
  statement_timeout: String(catalogTimeoutMs),
  lock_timeout: "10s",
  idle_in_transaction_session_timeout: "60s",
  search_path: "pg_catalog",
};

/** The database could not be reached or would not let us in. The message never holds a password. */
export class ConnectionError extends MigrationError {
  readonly code = "CONNECTION";

  /** True when there may be no such server or database yet; false when there is one, and it does not let us in. */
  get isAbsent(): boolean {
    return signsOfAbsence.has(errorCode(this.cause));
  }
}

/** Codes of sockets and name services, and the SQLSTATE of a missing database. */
const signsOfAbsence = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT", "3D000"]);

/** The same logins on another database of the server. */
export function onDatabase(access: Access, database: string): Access {
  const { settings } = access;
  return { ...access, settings: { ...settings, server: { ...settings.server, database } } };
}

/** Runs `work` on a connection of its own and closes it, whatever happens. */
export async function withClient<T>(
  access: Access,
  purpose: Purpose,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await connect(access, purpose);
  try {
    return await work(client);
  } catch (error) {
    throw explainLoss(error, access.settings.server);
  } finally {
    // A lost connection makes end() fail too; the first error is the one that tells something.
    await client.end().catch(() => undefined);
  }
}

/**
 * Opens a connection. Migrations run as the migrator, who starts as the infrastructure role; without a migrator the
 * admin does (the gate allows that in dev and qa only). Decisions are recorded by the approver, else by the admin.
 *
 * @throws {ConnectionError} one sentence on the cause and one on the remedy.
 * @throws {PooledConnectionError} a pooler in between drops what the session asks for.
 * @throws {SessionSettingError} the server answers under another setting.
 */
export async function connect(access: Access, purpose: Purpose): Promise<Client> {
  const { roles, server } = access.settings;
  const [account, login] = whoConnects(roles, purpose);
  const parameters: Record<string, string> = {
    ...commonParameters,
    default_transaction_read_only: purpose.readOnly === true ? "on" : "off",
    ...(purpose.account === "migrator" ? { role: roles.infrastructure } : {}),
    ...purpose.parameters,
  };
  const client = new Client({
    host: server.host,
    port: server.port,
    database: server.database,
    user: login,
    password: async () => {
      const password = await access.passwordOf(account, login);
      if (password === undefined) throw new NoPasswordError(account, login);
      return password;
    },
    ssl: tlsOptions(server),
    application_name: applicationName(purpose.activity),
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    options: Object.entries(parameters)
      .map(([name, value]) => `-c ${name}=${escapeOption(value)}`)
      .join(" "),
  });
  // Without a listener a backend that is killed while idle would end this process.
  client.on("error", () => undefined);
  asked.set(client, { server, parameters });
  try {
    await client.connect();
    const look = await ensureSettings(client);
    if (purpose.readOnly !== true && look.follows) throw replicaError(server);
  } catch (error) {
    await client.end().catch(() => undefined);
    if (error instanceof MigrationError) throw error;
    const isAdminRefused = account === "admin" && errorCode(error) === "42501";
    throw isAdminRefused
      ? notOwner(error, server, login)
      : explainConnectionError(error, server, login);
  }
  return client;
}

/** The login of a purpose, and whose password that is. What only looks may be done by an auditor, who can do no more. */
function whoConnects(
  roles: RoleSettings,
  { account, readOnly }: Purpose,
): readonly [account: Connecting, login: string] {
  if (account === "admin") {
    return readOnly === true && roles.auditor !== null
      ? ["auditor", roles.auditor]
      : ["admin", roles.admin];
  }
  const own = roles[account];
  return own === null ? ["admin", roles.admin] : [account, own];
}

/** Said here, else the first write would fail with nothing but the name of its statement. */
const replicaError = ({ host, port }: ServerSettings): ConnectionError =>
  new ConnectionError(
    `${host}:${port} is in recovery: it is a replica, or is being restored, and takes no writes.`,
    "Connect to the primary server.",
  );

/** What each session asked for as it started. */
const asked = new WeakMap<
  Client,
  { readonly server: ServerSettings; readonly parameters: Readonly<Record<string, string>> }
>();

/** What a session asked for, and where. */
function expectedOf(client: Client): {
  readonly expected: Readonly<Record<string, string>>;
  readonly where: string;
} {
  const known = asked.get(client);
  if (known === undefined) throw new Error("this session was not opened by connect");
  const { server, parameters } = known;
  const own = Object.entries(parameters).filter(([name]) => ownOfSession.has(name));
  return {
    expected: expectedSettings(Object.fromEntries(own)),
    where: `${server.host}:${server.port}`,
  };
}

/** Makes sure that a session is as it was asked for: one statement. */
async function ensureSettings(client: Client): Promise<SessionLook> {
  const { expected, where } = expectedOf(client);
  const { rows } = await client.query<SessionLook>(lookQuery(expected));
  const [look] = rows;
  if (look === undefined) throw new Error("the server did not tell its settings");
  const fault = judgeSettings(where, expected, look);
  if (fault !== null) throw fault;
  return look;
}

/**
 * Takes away what a file has left in its session (settings, temporary tables, prepared statements, cursors, advisory
 * locks, LISTEN), and makes sure that the session is as it was asked for. Outside of a transaction.
 *
 * @param name  What it is called from then on.
 * @throws {SessionSettingError} something is not as the session asked for it.
 * Source: postgresql.org/docs/current/sql-discard.html
 */
export async function resetSession(client: Client, name: string): Promise<void> {
  const { expected, where } = expectedOf(client);
  const called = `SET application_name = ${escapeLiteral(name)}`;
  // DISCARD makes the login itself of whom the session started as.
  const texts = ["DISCARD ALL", "RESET ROLE", called, lookQuery(expected)];
  const answers = await runTogether(client, texts);
  const settings = JSON.parse(answers[3]?.[0]?.[2] ?? "{}") as SessionLook["settings"];
  const fault = judgeSettings(where, expected, { follows: false, settings });
  if (fault !== null) throw fault;
}

/**
 * Runs one statement of somebody else's text as one message of the extended protocol: the server refuses a text that it
 * reads as several, whatever this program reads in it.
 */
export function runOne(client: Client, text: string): Promise<QueryResult> {
  const message: OneMessage = { text, queryMode: "extended" };
  return client.query(message);
}

/** The driver knows it; its types do not. */
interface OneMessage extends QueryConfig {
  readonly queryMode: "extended";
}

/** What a session of this program is called in pg_stat_activity, where PostgreSQL keeps of it what it keeps of a name. */
export function applicationName(activity: string): string {
  return `rmhgeoapi-database: ${activity}`.slice(0, longestName);
}

class NoPasswordError extends Error {
  constructor(
    readonly account: Connecting,
    readonly login: string,
  ) {
    super(`no password is known for ${login}`);
  }
}

/** Escapes a value inside the `options` of a connection. Source: libpq, "options" parameter. */
function escapeOption(value: string): string {
  return value.replace(/[\\\s]/g, "\\$&");
}

function tlsOptions(server: ServerSettings): false | ConnectionOptions {
  if (server.sslmode === "disable") return false;
  const ca = server.sslRootCert === null ? {} : { ca: readFileSync(server.sslRootCert, "utf8") };
  if (server.sslmode === "require") return { ...ca, rejectUnauthorized: false };
  if (server.sslmode === "verify-ca") return { ...ca, checkServerIdentity: () => undefined };
  return ca;
}

/** Cause and remedy by error code: SQLSTATE of the server, or the code of a socket or TLS error. */
const remedies: Readonly<
  Record<string, (server: ServerSettings, login: string) => [string, string]>
> = {
  ECONNREFUSED: ({ host, port }) => [
    `No server listens on ${host}:${port}.`,
    "Start it, or correct host and port.",
  ],
  ENOTFOUND: ({ host }) => [`The host ${host} is not known.`, "Correct host, or the name service."],
  EAI_AGAIN: ({ host }) => [`The host ${host} could not be looked up.`, "Check the name service."],
  ETIMEDOUT: ({ host, port }) => [
    `${host}:${port} does not answer within ${connectTimeoutMs / 1000} s.`,
    "Check firewall, private network and port.",
  ],
  ECONNRESET: ({ host, port }) => [
    `${host}:${port} cut the connection off before it was made.`,
    "Check that PostgreSQL itself listens there, sslmode, and what stands in between (firewall, proxy, load balancer); then run it again.",
  ],
  "28P01": ({ authentication }, login) =>
    authentication === "entra"
      ? [
          `The server refuses the token of ${login}.`,
          "Log in (az login) as a member of that group or as that identity; the role's label must name its object id, which up mends.",
        ]
      : [
          `The server refuses the password of ${login}.`,
          "Correct it where it comes from: DDL_ADMIN_PASSWORD, DDL_MIGRATOR_PASSWORD or DDL_APPROVER_PASSWORD, PGPASSFILE, or the stack's secret.",
        ],
  "28000": (_, login) => [
    `The server does not let ${login} log in.`,
    "Check that the login exists and that pg_hba.conf (or the firewall) admits it from here.",
  ],
  "3D000": ({ database }) => [
    `The database ${database} does not exist.`,
    "Create it, owned by the admin login, or correct database.",
  ],
  "22023": (_, login) => [
    `${login} may not become the infrastructure role, or that role does not exist.`,
    "Run up once without --target, so that the roles are declared before migrations run.",
  ],
  "42501": (_, login) => [
    `${login} lacks the right to connect, or to become the infrastructure role.`,
    "Run up once without --target: it grants CONNECT and the membership.",
  ],
  "08P01": ({ host, port }) => [
    `${host}:${port} does not take the settings that a session asks for: it is a pooler, not PostgreSQL itself.`,
    "Connect to the server (Azure: port 5432, not 6432).",
  ],
  "53300": () => [
    "The server has no connection left.",
    "Close idle ones, raise max_connections, or try again later.",
  ],
  "57P03": () => ["The server is starting up or shutting down.", "Try again in a moment."],
};

/** The admin may connect because the database is its own. Nothing that this program runs gives it back. */
function notOwner(error: unknown, { database }: ServerSettings, login: string): ConnectionError {
  const [name, admin] = [database, login].map(escapeIdentifier);
  return new ConnectionError(
    `${login} may not connect to ${database}: the database belongs to somebody else.`,
    `Have its owner or a superuser run: ALTER DATABASE ${name} OWNER TO ${admin};`,
    { cause: error },
  );
}

/** What the system and the driver say of a connection that is gone: no sentence, and no word on what it was. */
const signsOfLoss =
  /^(?:(?:read|write) (?:ECONNRESET|EPIPE|ETIMEDOUT)|Connection terminated.*|Client has encountered a connection error.*)$/;

/** The same error, but for a connection that was lost while it worked: that one gets words. */
export function explainLoss(error: unknown, { host, port, database }: ServerSettings): unknown {
  if (!(error instanceof Error) || error instanceof MigrationError) return error;
  // The server itself ended it: by an administrator, or by a crash.
  if (!signsOfLoss.test(error.message) && !/^57P0[12]$/.test(errorCode(error))) return error;
  return new ConnectionError(
    `The connection to ${host}:${port}/${database} was cut off (${error.message}).`,
    "Look at the server and at the network in between, then run it again: what was committed is found again, and the rest was rolled back.",
    { cause: error },
  );
}

/** Turns what the driver threw into one sentence on the cause and one on the remedy. */
function explainConnectionError(
  error: unknown,
  server: ServerSettings,
  login: string,
): ConnectionError {
  const where = `${server.host}:${server.port}/${server.database}`;
  if (error instanceof NoPasswordError) {
    return new ConnectionError(
      `There is no password for ${error.login} on ${where}.`,
      whereToPutPassword(error.account),
    );
  }
  const known = remedies[errorCode(error)]?.(server, login);
  if (known !== undefined) return new ConnectionError(known[0], known[1], { cause: error });
  const text = error instanceof Error ? error.message : String(error);
  const meant = signsOfLoss.test(text) ? "ECONNRESET" : /timeout/i.test(text) ? "ETIMEDOUT" : null;
  if (meant !== null) {
    return explainConnectionError(Object.assign(new Error(text), { code: meant }), server, login);
  }
  return new ConnectionError(
    `Cannot connect to ${where} as ${login}: ${text || "no reason given"}.`,
    "Check host, port, sslmode and the login.",
    { cause: error },
  );
}

/**
 * The SQLSTATE or system code of an error, "" when it has none. A failed dual-stack connect has it inside. Told by what
 * the error holds, not by its class: an error of Node's own may come from another realm.
 */
export function errorCode(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  if ("errors" in error && Array.isArray(error.errors) && error.errors.length > 0) {
    return errorCode(error.errors[0]);
  }
  return "code" in error && typeof error.code === "string" ? error.code : "";
}

/** What tells an error apart. */
export function signsOf(error: unknown): ErrorSigns {
  return { code: errorCode(error), message: error instanceof Error ? error.message : "" };
}

/** Runs `work` in one transaction: committed when it returns, rolled back when it throws. */
export async function inTransaction<T>(client: Client, work: () => Promise<T>): Promise<T> {
  await client.query("BEGIN");
  try {
    const result = await work();
    await client.query("COMMIT");
    return result;
  } catch (error) {
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}
