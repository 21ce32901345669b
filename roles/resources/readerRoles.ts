/**
 * The read-only roles that a stack names: for tile servers and reports, for audits and a pipeline's previews.
 * Does NOT grant privileges (exactGrants.ts).
 */
import * as postgresql from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";

import type { FurtherRole } from "../../stack/furtherRoles";
import { type DeclaredKind, readsSchemas } from "../../stack/roleKinds";
import type { Tier } from "../../stack/tier";
import { guarded, kept, type Login, passwordArgs, powerless, takenOver } from "./login";

export interface ReaderRolesArgs {
  readonly tier: Tier;
  readonly readers: readonly (FurtherRole & Login & { readonly kind: DeclaredKind })[];
  /** Governed schemas: what a reader without schemas of its own reads. */
  readonly schemas: readonly string[];
  /** Roles that the server has already. */
  readonly existing: ReadonlySet<string>;
  readonly passwordVersion: string;
}

export class ReaderRoles extends pulumi.ComponentResource {
  constructor(name: string, args: ReaderRolesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ddl:roles:ReaderRoles", name, {}, opts);
    const { tier, readers, schemas, existing, passwordVersion } = args;
    for (const reader of readers) {
      const secret = reader.password === undefined ? undefined : pulumi.secret(reader.password);
      new postgresql.Role(
        `reader-${reader.name}`,
        {
          name: reader.name,
          login: reader.login,
          ...powerless,
          ...kept(tier),
          connectionLimit: reader.connectionLimit,
          ...(readsSchemas(reader.kind)
            ? { searchPaths: [...(reader.schemas ?? schemas), "public"] }
            : {}),
          ...passwordArgs(secret, passwordVersion),
        },
        { parent: this, ...guarded(tier), ...takenOver(reader.name, existing) },
      );
    }
    this.registerOutputs({});
  }
}
