/**
 * Who a job is in Azure: three readers (azure-native, Pulumi's backend, this program's own tokens) ask for the same
 * identity under three sets of names; here one set becomes the others. Pure.
 * Does NOT log in, and holds no secret: a pipeline's identity is a short-lived token that its platform hands out.
 *
 * Sources: pulumi.com, azure-native "Service principal: OIDC" (ARM_*); gocloud.dev and Azure's SDKs, "Credential chains"
 * (AZURE_*); Microsoft, task AzureCLI@2, addSpnToEnvironment (servicePrincipalId, tenantId, idToken).
 */
export type Variables = Readonly<Record<string, string | undefined>>;

/** What a job's environment lacks for Azure; nothing where it names no identity (a server of one's own). */
export function identityVariables(given: Variables): Readonly<Record<string, string>> {
  const first = (...names: readonly string[]): string | undefined =>
    names.map((name) => given[name]).find((value) => value !== undefined && value !== "");
  const client = first("AZURE_CLIENT_ID", "servicePrincipalId");
  const tenant = first("AZURE_TENANT_ID", "tenantId");
  if (client === undefined || tenant === undefined) return {};
  const subscription = first("ARM_SUBSCRIPTION_ID", "AZURE_SUBSCRIPTION_ID");
  const token = first("idToken");
  const connection = first(
    "AZURE_SERVICE_CONNECTION_ID",
    "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID",
  );
  return {
    AZURE_CLIENT_ID: client,
    AZURE_TENANT_ID: tenant,
    ARM_USE_OIDC: "true",
    ARM_CLIENT_ID: client,
    ARM_TENANT_ID: tenant,
    ...(subscription === undefined ? {} : { ARM_SUBSCRIPTION_ID: subscription }),
    // GitHub can be asked again at any time, and azure-native does; Azure Pipelines hands one token over.
    ...(token === undefined ? {} : { ARM_OIDC_TOKEN: token }),
    // By it this program asks Azure Pipelines for a fresh token at each need (stack/entraCredential.ts).
    ...(connection === undefined ? {} : { AZURE_SERVICE_CONNECTION_ID: connection }),
    // The key that encrypts the state's secrets is reached by the login that the job made before.
    AZURE_KEYVAULT_AUTH_VIA_CLI: "true",
  };
}
