/**
 * The application's role: it reads and writes rows and can do nothing else.
 * Does NOT grant anything: every privilege belongs to exactGrants.ts.
 */
import * as postgresql from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";

import type { ServiceLimits } from "../../stack/settings";
import type { Tier } from "../../stack/tier";
import { guarded, kept, passwordArgs, powerless, takenOver } from "./login";

export interface ServiceRoleArgs {
  readonly tier: Tier;
  readonly name: string;
  /** Roles that the server has already. */
  readonly existing: ReadonlySet<string>;
  /** Searched in this order by unqualified names; `public` is added for the extensions. */
  readonly schemas: readonly string[];
  readonly limits: ServiceLimits;
  /** Plain text, or undefined to leave the password alone. */
  readonly password: string | undefined;
  readonly passwordVersion: string;
}

export class ServiceRole extends pulumi.ComponentResource {
  readonly roleName: pulumi.Output<string>;

  constructor(name: string, args: ServiceRoleArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ddl:roles:ServiceRole", name, {}, opts);
    const secret = args.password === undefined ? undefined : pulumi.secret(args.password);
    const role = new postgresql.Role(
      `${name}-role`,
      {
        name: args.name,
        login: true,
        ...powerless,
        ...kept(args.tier),
        connectionLimit: args.limits.connectionLimit,
        searchPaths: [...args.schemas, "public"],
        statementTimeout: args.limits.statementTimeoutMs,
        idleInTransactionSessionTimeout: args.limits.idleInTransactionTimeoutMs,
        ...passwordArgs(secret, args.passwordVersion),
      },
      { parent: this, ...guarded(args.tier), ...takenOver(args.name, args.existing) },
    );
    this.roleName = role.name;
    this.registerOutputs({ roleName: this.roleName });
  }
}
