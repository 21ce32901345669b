/**
 * What a stack on Azure is told, for tests: one well-formed configuration a tier, of which a test changes some.
 * Pure. Does NOT touch files, environment or network.
 */
import type { AzureServer } from "../../../stack/azure";
import type { Settings } from "../../../stack/settings";
import type { Tier } from "../../../stack/tier";
import { type Configuration, makeSettings } from "../program/makeSettings";

export const tenantId = "11111111-1111-1111-1111-111111111111";
export const groupId = "22222222-2222-2222-2222-222222222222";

const network =
  "/subscriptions/s/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/hub";

/** The key azureServer of a server that this program makes. */
export function azureServerOf(tier: Tier): Record<string, unknown> {
  const isGuarded = tier === "uat" || tier === "prod";
  return {
    resourceGroup: `rg-geo-${tier}`,
    name: `geo-${tier}`,
    location: "westeurope",
    tenantId,
    administrators: [{ name: "geo_admin", objectId: groupId, type: "Group" }],
    ...(isGuarded
      ? { subnetId: `${network}/subnets/data`, networkIds: [network] }
      : {
          addresses: [{ name: "office", start: "203.0.113.8", end: "203.0.113.11" }],
          secretExpires: "2027-06-30",
        }),
    federations: [
      {
        name: "github",
        issuer: "https://token.actions.githubusercontent.com",
        subject: `repo:example/geo:environment:${tier}`,
      },
      {
        name: "devops",
        issuer: "https://vstoken.dev.azure.com/33333333-3333-3333-3333-333333333333",
        subject: `sc://example/geo/${tier}`,
      },
    ],
    alertEmails: ["dba@example.org"],
    owner: "geospatial platform",
    ticket: "CHG-2026-0142",
  };
}

/** Configuration of a stack on Azure on top of the well-formed one. */
export function azureConfig(
  tier: Tier,
  server: Readonly<Record<string, unknown>> = {},
  mode: "adopt" | "create" = "create",
): Configuration {
  const isGuarded = tier === "uat" || tier === "prod";
  return {
    tier,
    azure: mode,
    azureServer: JSON.stringify({ ...azureServerOf(tier), ...server }),
    sslmode: "verify-full",
    authentication: isGuarded ? "entra" : "password",
    serviceConnectionLimit: "20",
    extensions: '["btree_gist", "pgaudit", "postgis", "unaccent"]',
  };
}

/** Settings of a stack on Azure, read by the program's own reader. */
export function azureSettings(
  tier: Tier,
  server: Readonly<Record<string, unknown>> = {},
  overrides: Configuration = {},
  mode: "adopt" | "create" = "create",
): Settings & { readonly azure: AzureServer } {
  const settings = makeSettings({ ...azureConfig(tier, server, mode), ...overrides });
  if (settings.azure === null) throw new Error("there is no server in these settings");
  return { ...settings, azure: settings.azure };
}
