/**
 * Declares both of the policy's roles, people's logins and the stack's readers through one provider.
 * Does NOT grant privileges (exactGrants.ts).
 */
import type * as pulumi from "@pulumi/pulumi";

import type { Access } from "../../stack/connection";
import { isDeclared } from "../../stack/furtherRoles";
import { adminProvider } from "./adminProvider";
import { ApproverLogins } from "./approverLogins";
import { InfrastructureRole } from "./infrastructureRole";
import type { Login } from "./login";
import { ReaderRoles } from "./readerRoles";
import { ServiceRole } from "./serviceRole";

/** What the server has already. */
export interface Present {
  /** Roles made by an administrator, or by a stack whose state was lost: they are taken over and made as declared. */
  readonly roles: ReadonlySet<string>;
  /** `role <name>`, `schema <name>`: what is left as it is, because the database is only looked at. */
  readonly left: ReadonlySet<string>;
}

/**
 * Declares roles, memberships, schemas and extensions as the settings name them, and returns what others wait for.
 *
 * @param present   What is there already.
 * @param host      Where the server is; not known before it is made.
 */
export async function declareRoles(
  access: Access,
  { roles: existing, left }: Present,
  host: pulumi.Input<string> = access.settings.server.host,
): Promise<readonly pulumi.Resource[]> {
  const { settings, passwordOf } = access;
  const { tier, roles, schemas, extensions, passwordVersion, server } = settings;
  const declared = roles.further.filter(isDeclared).filter(({ name }) => !left.has(`role ${name}`));
  const usesPasswords = server.authentication === "password";
  const provider = await adminProvider(access, host);
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
      schemas: schemas.filter((schema) => !left.has(`schema ${schema}`)),
      extensions,
      migrators: await loginsOf("migrator", roles.migrators),
    },
    opts,
  );
  const service = left.has(`role ${roles.service}`)
    ? []
    : [
        new ServiceRole(
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
        ),
      ];
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
  const readers = new ReaderRoles(
    "readers",
    {
      ...{ tier, existing, schemas, passwordVersion },
      readers: await Promise.all(
        declared.map(async (role) => ({
          ...role,
          password:
            usesPasswords && role.login ? await passwordOf(role.kind, role.name) : undefined,
        })),
      ),
    },
    opts,
  );
  return [...service, infrastructure, approvers, readers];
}
