/**
 * The role that owns the governed schemas, the logins that may become it, and the schemas themselves.
 * Does NOT grant privileges (exactGrants.ts). It has no login: only migrators and the admin act through it.
 */
import * as postgresql from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";

import type { Tier } from "../../stack/tier";
import { guarded, kept, type Login, passwordArgs, powerless, takenOver } from "./login";

export interface InfrastructureRoleArgs {
  readonly tier: Tier;
  readonly name: string;
  readonly admin: string;
  /** Roles that the server has already. */
  readonly existing: ReadonlySet<string>;
  /** Logins that may become this role. */
  readonly migrators: readonly Login[];
  readonly passwordVersion: string;
  readonly schemas: readonly string[];
  readonly extensions: readonly string[];
}

export class InfrastructureRole extends pulumi.ComponentResource {
  readonly roleName: pulumi.Output<string>;

  constructor(name: string, args: InfrastructureRoleArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ddl:roles:InfrastructureRole", name, {}, opts);
    const options = { parent: this, ...guarded(args.tier) };
    const role = new postgresql.Role(
      `${name}-role`,
      { name: args.name, login: false, ...powerless, ...kept(args.tier) },
      { ...options, ...takenOver(args.name, args.existing) },
    );
    this.roleName = role.name;

    // PostgreSQL lets the admin make schemas for the role, and set its default privileges, only as its member.
    const membership = new postgresql.GrantRole(
      `${name}-admin`,
      { role: args.admin, grantRole: role.name },
      // Since PostgreSQL 16 the creator holds the role WITH ADMIN by a grant of the server's own beside this one. The
      // official plugin reads whichever it meets first: without this every `up` would replace the membership.
      { ...options, ignoreChanges: ["withAdminOption"] },
    );
    for (const { name: login, password } of args.migrators) {
      const secret = password === undefined ? undefined : pulumi.secret(password);
      new postgresql.Role(
        `migrator-${login}`,
        {
          name: login,
          login: true,
          ...powerless,
          ...kept(args.tier),
          // Not a GrantRole: at every update a Role takes back the memberships that it does not name itself.
          roles: [role.name],
          ...passwordArgs(secret, args.passwordVersion),
        },
        { ...options, ...takenOver(login, args.existing) },
      );
    }
    for (const schema of args.schemas) {
      new postgresql.Schema(
        `schema-${schema}`,
        { name: schema, owner: role.name },
        { ...options, dependsOn: [membership] },
      );
    }
    for (const extension of args.extensions) {
      new postgresql.Extension(
        `extension-${extension}`,
        { name: extension, schema: "public" },
        options,
      );
    }
    this.registerOutputs({ roleName: this.roleName });
  }
}
