/**
 * Declares both of the policy's roles through one provider.
 * Does NOT grant privileges (exactGrants.ts).
 */
import type { Access } from "../migrations/engine/database";
import { adminProvider } from "./adminProvider";
import { InfrastructureRole } from "./infrastructureRole";
import { ServiceRole } from "./serviceRole";

export interface Roles {
  readonly service: ServiceRole;
  readonly infrastructure: InfrastructureRole;
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
      // Of the logins listed only the one that runs migrations here has a password this program knows.
      migrators: await Promise.all(
        roles.migrators.map(async (name) => ({
          name,
          password:
            usesPasswords && name === roles.migrator
              ? await passwordOf("migrator", name)
              : undefined,
        })),
      ),
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
  return { service, infrastructure };
}
