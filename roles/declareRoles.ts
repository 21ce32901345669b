/**
 * Declares both of the policy's roles, and people's logins, through one provider.
 * Does NOT grant privileges (exactGrants.ts).
 */
import type { Access } from "../migrations/engine/database";
import { adminProvider } from "./adminProvider";
import { ApproverLogins } from "./approverLogins";
import { InfrastructureRole } from "./infrastructureRole";
import type { Login } from "./login";
import { ServiceRole } from "./serviceRole";

export interface Roles {
  readonly service: ServiceRole;
  readonly infrastructure: InfrastructureRole;
  readonly approvers: ApproverLogins;
}

/**
 * Declares roles, memberships, schemas and extensions as the settings name them.
 *
 * @param existing  Roles that the server has already: made by an administrator, or by a stack whose state was lost.
 *                  They are taken over and made as declared.
 */
export async function declareRoles(access: Access, existing: ReadonlySet<string>): Promise<Roles> {
  const { settings, passwordOf } = access;
  const { tier, roles, schemas, extensions, passwordVersion, server } = settings;
  const usesPasswords = server.authentication === "password";
  const provider = await adminProvider(access);
  const opts = { providers: [provider] };
  // Of the logins listed only the one that is used here has a password this program knows.
  const loginsOf = (account: "migrator" | "approver", names: readonly string[]) =>
    Promise.all(
      names.map(async (name): Promise<Login> => ({
        name,
        password:
          usesPasswords && name === roles[account] ? await passwordOf(account, name) : undefined,
      })),
    );
  const infrastructure = new InfrastructureRole(
    "infrastructure",
    {
      tier,
      name: roles.infrastructure,
      admin: roles.admin,
      existing,
      passwordVersion,
      schemas,
      extensions,
      migrators: await loginsOf("migrator", roles.migrators),
    },
    opts,
  );
  const service = new ServiceRole(
    "service",
    {
      tier,
      name: roles.service,
      existing,
      schemas,
      limits: settings.serviceLimits,
      password: usesPasswords ? await passwordOf("service", roles.service) : undefined,
      passwordVersion,
    },
    opts,
  );
  const approvers = new ApproverLogins(
    "approvers",
    {
      tier,
      existing,
      passwordVersion,
      approvers: await loginsOf("approver", roles.approvers),
    },
    opts,
  );
  return { service, infrastructure, approvers };
}
