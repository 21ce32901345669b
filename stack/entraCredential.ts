/**
 * Who we are in Microsoft Entra: chosen from what the environment offers, in one place for database and management API.
 * Does NOT hold tokens (entraToken.ts).
 *
 * A pipeline's identity token lives for minutes, and a server takes longer to make. So where the pipeline can be asked
 * again it is asked at each renewal; a file or a command line login that was written at the start would have ended.
 */
import type { TokenCredential } from "./entraToken";
import type { Environment } from "./settings";

/** How a login is had: by name, for messages and tests. */
export type CredentialKind = "github" | "azure-pipelines" | "default";

/** Which of them the environment offers. */
export function credentialKind(environment: Environment): CredentialKind {
  const has = (...names: readonly string[]): boolean =>
    names.every((name) => (environment[name] ?? "") !== "");
  if (!has("AZURE_CLIENT_ID", "AZURE_TENANT_ID")) return "default";
  if (has("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")) return "github";
  if (has("SYSTEM_OIDCREQUESTURI", "SYSTEM_ACCESSTOKEN", "AZURE_SERVICE_CONNECTION_ID")) {
    return "azure-pipelines";
  }
  return "default";
}

/** Makes the credential. The package takes half a second to load: only who asks for a token pays for it. */
export async function entraCredential(environment: Environment): Promise<TokenCredential> {
  const identity = await import("@azure/identity");
  const value = (name: string): string => environment[name] ?? "";
  const [tenant, client] = [value("AZURE_TENANT_ID"), value("AZURE_CLIENT_ID")];
  switch (credentialKind(environment)) {
    case "github":
      return new identity.ClientAssertionCredential(tenant, client, () =>
        githubToken(value("ACTIONS_ID_TOKEN_REQUEST_URL"), value("ACTIONS_ID_TOKEN_REQUEST_TOKEN")),
      );
    case "azure-pipelines":
      return new identity.AzurePipelinesCredential(
        tenant,
        client,
        value("AZURE_SERVICE_CONNECTION_ID"),
        value("SYSTEM_ACCESSTOKEN"),
      );
    case "default":
      return new identity.DefaultAzureCredential();
  }
}

/**
 * Asks GitHub for this job's identity token.
 *
 * Source: docs.github.com, "OpenID Connect reference", ACTIONS_ID_TOKEN_REQUEST_URL.
 */
export async function githubToken(address: string, bearer: string): Promise<string> {
  const url = new URL(address);
  url.searchParams.set("audience", "api://AzureADTokenExchange");
  const answer = await fetch(url, { headers: { authorization: `Bearer ${bearer}` } });
  const body: unknown = answer.ok ? await answer.json() : null;
  const value =
    typeof body === "object" && body !== null && "value" in body ? body.value : undefined;
  if (typeof value === "string" && value !== "") return value;
  throw new Error(`GitHub gives this job no identity token (HTTP ${answer.status})`);
}
