/**
 * The identities of application and pipeline, and the jobs whose tokens the pipeline's trusts.
 * Does NOT give them rights in Azure (docs/azure.md says which they need) or in the database (entraPrincipal.ts).
 */
import * as managedidentity from "@pulumi/azure-native/managedidentity";
import * as pulumi from "@pulumi/pulumi";

import type { Federation } from "../stack/azure";
import type { Names } from "./estate/names";

export interface IdentitiesArgs {
  readonly names: Names;
  readonly resourceGroup: pulumi.Input<string>;
  readonly location: string;
  readonly federations: readonly Federation[];
  readonly tags: Readonly<Record<string, string>>;
}

export interface Identities {
  readonly application: managedidentity.UserAssignedIdentity;
  readonly pipeline: managedidentity.UserAssignedIdentity;
}

/** What Entra asks of a token that is exchanged for one of its own. */
const audience = "api://AzureADTokenExchange";

export function identities(
  name: string,
  args: IdentitiesArgs,
  opts: pulumi.CustomResourceOptions,
): Identities {
  const { names, location, tags } = args;
  const identity = (part: string, resourceName: string) =>
    new managedidentity.UserAssignedIdentity(
      `${name}-${part}`,
      { resourceName, resourceGroupName: args.resourceGroup, location, tags },
      opts,
    );
  const application = identity("application", names.application);
  const pipeline = identity("pipeline", names.pipeline);
  let previous: pulumi.Resource = pipeline;
  for (const federation of args.federations) {
    previous = new managedidentity.FederatedIdentityCredential(
      `${name}-federation-${federation.name}`,
      {
        federatedIdentityCredentialResourceName: federation.name,
        resourceName: pipeline.name,
        resourceGroupName: args.resourceGroup,
        issuer: federation.issuer,
        subject: federation.subject,
        audiences: [audience],
      },
      // Entra takes one change of an identity's credentials at a time.
      { ...opts, dependsOn: [previous] },
    );
  }
  return { application, pipeline };
}
