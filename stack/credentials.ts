/**
 * Finds the passwords and tokens of the logins: environment first, then PGPASSFILE, then secret configuration.
 * Does NOT connect, and never prints what it found.
 */
import pgpass from "pgpass";

import { entraCredential } from "./entraCredential";
import { databaseScope, type TokenCredential, tokenSource } from "./entraToken";
import type { DeclaredKind } from "./roleKinds";
import type { ConfigSource, Environment, ServerSettings } from "./settings";

/** The logins that this program knows a password of. */
export type Account = "admin" | "migrator" | "approver" | "service" | DeclaredKind;

/** Gives the password (or token) for a login, or undefined when none is known. */
export type PasswordSource = (account: Account, login: string) => Promise<string | undefined>;

const variableOf: Readonly<Record<Account, string>> = {
  admin: "DDL_ADMIN_PASSWORD",
  migrator: "DDL_MIGRATOR_PASSWORD",
  approver: "DDL_APPROVER_PASSWORD",
  service: "DDL_SERVICE_PASSWORD",
  reader: "DDL_READER_PASSWORD",
  auditor: "DDL_AUDITOR_PASSWORD",
};

const keyOf: Readonly<Record<Account, string>> = {
  admin: "adminPassword",
  migrator: "migratorPassword",
  approver: "approverPassword",
  service: "servicePassword",
  reader: "readerPassword",
  auditor: "auditorPassword",
};

/** What to say when a password is needed and none was found. */
export function whereToPutPassword(account: Account): string {
  return `Set ${variableOf[account]}, list the login in PGPASSFILE, or run \`pulumi config set --secret ${keyOf[account]}\`.`;
}

/**
 * Builds the password source of a run.
 *
 * With Entra authentication every login uses a token of whoever runs the program (a person's `az login`, a managed
 * identity, a pipeline's federation). Each connection is given one that still lasts (entraToken.ts).
 *
 * @param credential  Hands out those tokens.
 */
export function passwordSource(
  server: ServerSettings,
  config: ConfigSource,
  environment: Environment,
  credential: () => Promise<TokenCredential> = () => entraCredential(environment),
): PasswordSource {
  if (server.authentication === "entra") return tokenSource(credential, databaseScope);
  return async (account, login) =>
    environment[variableOf[account]] ??
    (await fromPasswordFile(server, login)) ??
    config.get(keyOf[account]);
}

function fromPasswordFile(server: ServerSettings, login: string): Promise<string | undefined> {
  const { host, port, database } = server;
  return new Promise((resolve) => {
    pgpass({ host, port, database, user: login }, resolve);
  });
}
