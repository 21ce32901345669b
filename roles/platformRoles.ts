/**
 * Roles that Azure Database for PostgreSQL makes on every server for itself, and how far they are Azure's: by what the
 * server is and what the role is, never by the name alone. Pure.
 * Does NOT know the roles that a stack names as its platform's (stack/furtherRoles.ts).
 *
 * Azure makes a server with the superuser `azuresu`, and only whoever makes a server names that role. On such a server
 * the names below are taken before anybody can log in, and each has something there that no login can give.
 *
 * Source: learn.microsoft.com/azure/postgresql/security/security-access-control; the order of a new server's pg_roles in
 * github.com/MicrosoftDocs/azure-docs/issues/116607 (azuresu first, azure_pg_admin and replication behind PostgreSQL's).
 */
import type { LiveRole } from "./model";

const serverMaker = "azuresu";
/** Whose members administer the server, and reach objects of any role but Azure's. */
export const azureAdministrators = "azure_pg_admin";

/** Names, each with what Azure's own role of that name is. */
const made: Readonly<Record<string, (role: LiveRole) => boolean>> = {
  [serverMaker]: ({ bootstrap }) => bootstrap,
  [azureAdministrators]: ({ login, superuser }) => !login && !superuser,
  /** For Azure's standby servers. */
  replication: ({ replication, superuser }) => replication && !superuser,
};

/** Whether Azure made the server. */
const isAzures = (roles: readonly LiveRole[]): boolean =>
  roles.some(({ name, bootstrap }) => bootstrap && name === serverMaker);

/** Names of those among the server's roles that are Azure's own: none on a server that Azure did not make. */
export const azureRoles = (roles: readonly LiveRole[]): readonly string[] =>
  isAzures(roles)
    ? roles.filter((role) => made[role.name]?.(role) === true).map(({ name }) => name)
    : [];
