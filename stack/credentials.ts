/**
 * Finds the passwords and tokens of the logins: environment first, then PGPASSFILE, then secret configuration.
 * Does NOT connect, and never prints what it found.
 */
import pgpass from "pgpass";

import type { ConfigSource, Environment, ServerSettings } from "./settings";

/** The logins that this program knows a password of. */
export type Account = "admin" | "migrator" | "approver" | "service" | "reader";

/** Gives the password (or token) for a login, or undefined when none is known. */
export type PasswordSource = (account: Account, login: string) => Promise<string | undefined>;

/** Scope of a Microsoft Entra token for Azure Database for PostgreSQL. */
const entraScope = "https://ossrdbms-aad.database.windows.net/.default";

const variableOf: Readonly<Record<Account, string>> = {
  admin: "DDL_ADMIN_PASSWORD",
  migrator: "DDL_MIGRATOR_PASSWORD",
  approver: "DDL_APPROVER_PASSWORD",
  service: "DDL_SERVICE_PASSWORD",
  reader: "DDL_READER_PASSWORD",
};

const keyOf: Readonly<Record<Account, string>> = {
  admin: "adminPassword",
  migrator: "migratorPassword",
  approver: "approverPassword",
  service: "servicePassword",
  reader: "readerPassword",
};

/** What to say when a password is needed and none was found. */
export function whereToPutPassword(account: Account): string {
  return `Set ${variableOf[account]}, list the login in PGPASSFILE, or run \`pulumi config set --secret ${keyOf[account]}\`.`;
}

/**
 * Builds the password source of a run.
 *
 * With Entra authentication every login uses a token of whoever runs the program (a person's `az login`, a managed
 * identity, a pipeline's federation); tokens are asked for at each connection because they live about an hour.
 */
export function passwordSource(
  server: ServerSettings,
  config: ConfigSource,
  environment: Environment,
): PasswordSource {
  if (server.authentication === "entra") return async () => entraToken();
  return async (account, login) =>
    environment[variableOf[account]] ??
    (await fromPasswordFile(server, login)) ??
    config.get(keyOf[account]);
}

async function entraToken(): Promise<string> {
  const { DefaultAzureCredential } = await import("@azure/identity");
  return (await new DefaultAzureCredential().getToken(entraScope)).token;
}

function fromPasswordFile(server: ServerSettings, login: string): Promise<string | undefined> {
  const { host, port, database } = server;
  return new Promise((resolve) => {
    pgpass({ host, port, database, user: login }, resolve);
  });
}
