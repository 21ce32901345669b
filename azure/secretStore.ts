/**
 * Where the service role's password is kept for the application, in the tiers that still have one.
 * Does NOT set the password in the database (serviceRole.ts) or make one up.
 */
import { createHash } from "node:crypto";

import * as authorization from "@pulumi/azure-native/authorization";
import * as keyvault from "@pulumi/azure-native/keyvault";
import * as pulumi from "@pulumi/pulumi";

import type { AzureServer } from "../stack/azure";
import { blocksOf } from "./estate/addresses";
import { type Names, secretName } from "./estate/names";
import { privateEndpoint } from "./privateEndpoint";

/** Built-in role "Key Vault Secrets User": reads values, nothing else. */
const secretsUser = "4633458b-17de-408a-b874-0445c86b69e6";

export interface SecretStoreArgs {
  readonly names: Names;
  readonly azure: AzureServer;
  readonly resourceGroup: pulumi.Input<string>;
  readonly password: string;
  readonly passwordVersion: string;
  /** Who may read it. */
  readonly reader: pulumi.Input<string>;
  readonly tags: Readonly<Record<string, string>>;
}

/** Declares vault, secret and the right to read it. The network lets in what the server's lets in. */
export function secretStore(
  name: string,
  args: SecretStoreArgs,
  opts: pulumi.CustomResourceOptions,
): void {
  const { azure, names, tags } = args;
  const { location, tenantId, subnetId, networkIds } = azure;
  const isPrivate = subnetId !== null;
  const vault = new keyvault.Vault(
    `${name}-vault`,
    {
      vaultName: names.vault,
      resourceGroupName: args.resourceGroup,
      location,
      properties: {
        tenantId,
        sku: { family: "A", name: "standard" },
        // The SDK's default is false: access policies, which anybody who may write the vault can give himself.
        enableRbacAuthorization: true,
        enableSoftDelete: true,
        enablePurgeProtection: true,
        softDeleteRetentionInDays: 90,
        publicNetworkAccess: isPrivate ? "Disabled" : "Enabled",
        networkAcls: {
          defaultAction: "Deny",
          bypass: "None",
          ipRules: azure.addresses
            .flatMap(({ start, end }) => blocksOf(start, end))
            .map((value) => ({ value })),
        },
      },
      tags,
    },
    opts,
  );
  if (subnetId !== null) {
    privateEndpoint(
      `${name}-vault`,
      {
        ...{ location, subnetId, networkIds, tags, resourceGroup: args.resourceGroup },
        endpoint: `${names.vault}-endpoint`,
        target: vault.id,
        group: "vault",
        zone: "privatelink.vaultcore.azure.net",
      },
      opts,
    );
  }
  new keyvault.Secret(
    `${name}-password`,
    {
      secretName,
      vaultName: vault.name,
      resourceGroupName: args.resourceGroup,
      properties: {
        value: pulumi.secret(args.password),
        contentType: `password of the service role, version ${args.passwordVersion}`,
        attributes: { enabled: true, expires: secondsOf(azure.secretExpires) },
      },
      tags,
    },
    opts,
  );
  new authorization.RoleAssignment(
    `${name}-reads-password`,
    {
      scope: vault.id,
      roleAssignmentName: guidOf(`${names.vault} ${secretsUser}`),
      principalId: args.reader,
      // Said, because Entra may not have heard of a new identity yet.
      principalType: "ServicePrincipal",
      roleDefinitionId: vault.id.apply((id) => roleDefinitionId(id, secretsUser)),
    },
    opts,
  );
}

/** The role's id in the subscription of the resource: without the subscription it would differ from what is read back. */
const roleDefinitionId = (resourceId: string, role: string): string =>
  `${/^\/subscriptions\/[^/]+/.exec(resourceId)?.[0] ?? ""}/providers/Microsoft.Authorization/roleDefinitions/${role}`;

/** Seconds since 1970 at the end of the day, as the API wants it. */
const secondsOf = (day: string | null): number =>
  Math.floor(new Date(`${day ?? ""}T23:59:59Z`).getTime() / 1000);

/** A GUID that stays the same for the same text: assignments are named by GUIDs. */
function guidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), `5${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`]
    .concat(hex.slice(20, 32))
    .join("-");
}
