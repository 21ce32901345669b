/**
 * The logins of people who sign off, validate and acknowledge: they may connect and record that, and nothing else.
 * Does NOT grant privileges (exactGrants.ts); which kinds of events they may write is row security's affair (shape.ts).
 */
import * as postgresql from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";

import type { Tier } from "../../stack/tier";
import { guarded, kept, type Login, passwordArgs, powerless, takenOver } from "./login";

export interface ApproverLoginsArgs {
  readonly tier: Tier;
  readonly approvers: readonly Login[];
  /** Roles that the server has already. */
  readonly existing: ReadonlySet<string>;
  readonly passwordVersion: string;
}

export class ApproverLogins extends pulumi.ComponentResource {
  constructor(name: string, args: ApproverLoginsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ddl:roles:ApproverLogins", name, {}, opts);
    const { tier, approvers, existing, passwordVersion } = args;
    for (const { name: login, password } of approvers) {
      const secret = password === undefined ? undefined : pulumi.secret(password);
      new postgresql.Role(
        `approver-${login}`,
        {
          name: login,
          login: true,
          ...powerless,
          ...kept(tier),
          ...passwordArgs(secret, passwordVersion),
        },
        { parent: this, ...guarded(tier), ...takenOver(login, existing) },
      );
    }
    this.registerOutputs({});
  }
}
