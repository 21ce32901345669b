/**
 * Asks Azure, before anything is made, what only Azure can tell of a server that is to be made: whether this login may ask
 * at all, whether the name is free, and whether the region has the size and the version now.
 * Does NOT ask about a server that is there already, and makes nothing.
 *
 * Source: Azure REST API, "Servers - Get", "Name Availability - Check Globally" and "Capabilities By Location - List",
 * 2025-08-01 (Azure/azure-rest-api-specs, Microsoft.DBforPostgreSQL).
 */
import type { AzureServer } from "../stack/azure";
import { MigrationError } from "../stack/errors";
import type { Settings } from "../stack/settings";
import { sizing } from "./estate/checks";

/** Azure does not answer. */
class AzureLookError extends MigrationError {
  readonly code = "AZURE_LOOK";
}

/** Azure's management API, and as whom it is asked. */
export interface AzureApi {
  readonly endpoint: string;
  readonly token: () => Promise<string>;
  /** Null: nobody said which. */
  readonly subscription: string | null;
}

const apiVersion = "2025-08-01";
const provider = "providers/Microsoft.DBforPostgreSQL";

type Json = Readonly<Record<string, unknown>>;

/** What Azure answers; null: there is none. */
async function ask(api: AzureApi, path: string, body?: Json): Promise<Json | null> {
  const url = `${api.endpoint}/subscriptions/${api.subscription ?? ""}/${path}?api-version=${apiVersion}`;
  const answer = await fetch(url, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${await api.token()}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((cause: unknown) => {
    throw new AzureLookError(
      `Azure cannot be reached at ${api.endpoint}: ${cause instanceof Error ? cause.message : String(cause)}.`,
      "Look at this machine's network; nothing was made.",
      { cause },
    );
  });
  if (answer.status === 404) return null;
  const text = await answer.text();
  if (!answer.ok) {
    throw new AzureLookError(
      `Azure does not answer about ${path} (HTTP ${answer.status}): ${text.slice(0, 300)}`,
      answer.status === 401 || answer.status === 403
        ? "Log in again (az login), and give the identity Reader on the subscription; see docs/azure.md."
        : "Try again later; nothing was made.",
    );
  }
  return JSON.parse(text) as Json;
}

const recordsOf = (value: unknown): readonly Json[] =>
  Array.isArray(value)
    ? value.filter((one): one is Json => typeof one === "object" && one !== null)
    : [];
const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
const namesOf = (value: unknown): readonly string[] =>
  recordsOf(value).map(({ name }) => textOf(name));

/**
 * Everything that Azure has against making the server, one line each; empty where nothing is, or where it is there.
 *
 * @throws {TokenError}     this login has no token, or none any more.
 * @throws {AzureLookError} Azure refuses to answer, or cannot be reached.
 */
export async function firstLook(
  azure: AzureServer,
  settings: Settings,
  api: AzureApi,
): Promise<readonly string[]> {
  await api.token();
  if (api.subscription === null) {
    return ["ARM_SUBSCRIPTION_ID is not set: say in which subscription the server is to be made."];
  }
  const { name, resourceGroup, location } = azure;
  const here = `resourceGroups/${resourceGroup}/${provider}/flexibleServers/${name}`;
  if ((await ask(api, here)) !== null) return [];
  const [free, offers] = await Promise.all([
    ask(api, `${provider}/checkNameAvailability`, {
      ...{ name, type: "Microsoft.DBforPostgreSQL/flexibleServers" },
    }),
    ask(api, `${provider}/locations/${location}/capabilities`),
  ]);
  const { sku, version } = sizing(azure, settings);
  const capabilities = recordsOf(offers?.["value"]);
  const sizes = capabilities
    .flatMap((one) => recordsOf(one["supportedServerEditions"]))
    .flatMap((edition) => namesOf(edition["supportedServerSkus"]));
  const versions = capabilities.flatMap((one) => namesOf(one["supportedServerVersions"]));
  const has = (offered: readonly string[], wanted: string): boolean =>
    offered.length === 0 || offered.some((one) => one.toLowerCase() === wanted.toLowerCase());
  return [
    ...(free?.["nameAvailable"] === false
      ? [
          `azureServer.name: "${name}" is not free: ${textOf(free["message"] ?? free["reason"])} Servers of all customers share their names, and that of a deleted one stays taken for days.`,
        ]
      : []),
    ...(offers === null ? [`azureServer.location: Azure has no PostgreSQL in "${location}".`] : []),
    ...(has(sizes, sku) ? [] : [`azureServer.sku: ${location} does not have ${sku} now.`]),
    ...(has(versions, version)
      ? []
      : [
          `azureServer.version: ${location} does not have PostgreSQL ${version}; it has ${versions.join(", ")}.`,
        ]),
  ];
}
