// What a stack says of its server on Azure: every wrong value by its key, in words, all at once, before anything is made.
import fc from "fast-check";

import { problemsOf } from "../../../azure/estate/checks";
import { skus, storageSizes, versions } from "../../../azure/estate/offers";
import { SettingsError } from "../../../stack/settings";
import { type Tier, tiers } from "../../../stack/tier";
import { azureServerOf, azureSettings, groupId, tenantId } from "../../support/azure/azureSettings";

const problems = (
  tier: Tier,
  server: Readonly<Record<string, unknown>> = {},
  overrides: Readonly<Record<string, string>> = {},
  mode: "adopt" | "create" = "create",
): readonly string[] => {
  const settings = azureSettings(tier, server, overrides, mode);
  return problemsOf(settings.azure, settings);
};

const network =
  "/subscriptions/s/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/hub";

it.each(tiers)("finds nothing wrong with a well-formed server of tier %s", (tier) => {
  expect(problems(tier)).toEqual([]);
  expect(problems(tier, {}, {}, "adopt")).toEqual([]);
});

it.each<[string, Tier, Record<string, unknown>, string]>([
  [
    "a name with capitals",
    "dev",
    { name: "Geo-Dev" },
    'azureServer.name: "Geo-Dev" is not a server\'s name: 3 to 63 lower case letters, digits and single hyphens between them.',
  ],
  [
    "a name that is too long",
    "dev",
    { name: "g".repeat(64) },
    `azureServer.name: "${"g".repeat(64)}" is not a server's name: 3 to 63 lower case letters, digits and single hyphens between them.`,
  ],
  [
    "a name with two hyphens",
    "dev",
    { name: "geo--dev" },
    'azureServer.name: "geo--dev" is not a server\'s name: 3 to 63 lower case letters, digits and single hyphens between them.',
  ],
  [
    "a group that ends with a full stop",
    "dev",
    { resourceGroup: "rg." },
    'azureServer.resourceGroup: "rg." is not a name of a resource group: up to 90 letters, digits, _ ( ) . and hyphens, no full stop at the end.',
  ],
  [
    "a version that is too old",
    "dev",
    { version: "14" },
    "azureServer.version: Azure's PostgreSQL 14 is not one of 15, 16, 17, 18.",
  ],
  [
    "a size that is not offered",
    "dev",
    { sku: "Standard_B1s" },
    "azureServer.sku: Azure offers no Standard_B1s for PostgreSQL; Standard_B1ms is what dev has.",
  ],
  [
    "a burstable size in prod",
    "prod",
    { sku: "Standard_B2ms" },
    "azureServer.sku: Standard_B2ms is burstable and cannot be highly available, which prod must be.",
  ],
  [
    "a size of storage between two",
    "dev",
    { storageGiB: 100 },
    "azureServer.storageGiB: 100 is not one of 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768.",
  ],
  [
    "a tenant that is a domain",
    "dev",
    { tenantId: "example.org" },
    'azureServer.tenantId: "example.org" is not a GUID.',
  ],
  [
    "an administrator without a GUID",
    "dev",
    { administrators: [{ name: "geo_admin", objectId: "dba", type: "Group" }] },
    "azureServer.administrators: the objectId of geo_admin is not a GUID.",
  ],
  [
    "no administrator",
    "dev",
    { administrators: [] },
    "azureServer.administrators: nobody is named; without an administrator nobody of Entra can log in.",
  ],
  [
    "an admin that is no administrator",
    "prod",
    { administrators: [{ name: "Geo_admin", objectId: groupId, type: "Group" }] },
    "azureServer.administrators: geo_admin, the stack's admin, is not among them (Geo_admin); case counts.",
  ],
  [
    "nobody to tell",
    "dev",
    { alertEmails: [] },
    "azureServer.alertEmails: nobody would be told of DDL by others.",
  ],
  [
    "an address of mail that is none",
    "dev",
    { alertEmails: ["dba"] },
    'azureServer.alertEmails: "dba" is not an address.',
  ],
  [
    "public addresses in prod",
    "prod",
    { subnetId: null },
    "azureServer.subnetId: prod is reached through a private endpoint only; name its subnet.",
  ],
  [
    "both ways in",
    "uat",
    { addresses: [{ name: "a", start: "203.0.113.1", end: "203.0.113.1" }] },
    "azureServer.addresses: a server with a private endpoint has no public addresses; leave one of the two out.",
  ],
  [
    "no way in",
    "dev",
    { addresses: [] },
    "azureServer.addresses: nobody could connect; name ranges of addresses, or subnetId.",
  ],
  [
    "a subnet by its name",
    "prod",
    { subnetId: "data" },
    'azureServer.subnetId: "data" is not the id of a subnet (/subscriptions/…/virtualNetworks/…/subnets/…).',
  ],
  [
    "a network by its name",
    "prod",
    { networkIds: ["hub"] },
    'azureServer.networkIds: "hub" is not the id of a virtual network.',
  ],
  [
    "no network",
    "prod",
    { networkIds: [] },
    "azureServer.networkIds: no network would find the private endpoint's name; list those that connect.",
  ],
  [
    "all of Azure",
    "dev",
    { addresses: [{ name: "azure", start: "0.0.0.0", end: "0.0.0.0" }] },
    "azureServer.addresses: azure starts at 0.0.0.0, which lets in every customer of Azure; name addresses of your own.",
  ],
  [
    "an end before the start",
    "dev",
    { addresses: [{ name: "a", start: "10.0.0.9", end: "10.0.0.8" }] },
    "azureServer.addresses: a ends (10.0.0.8) before it starts (10.0.0.9).",
  ],
  [
    "half the world",
    "dev",
    { addresses: [{ name: "a", start: "1.0.0.0", end: "2.0.0.0" }] },
    "azureServer.addresses: a lets in 16777217 addresses; 256 are the most of one rule.",
  ],
  [
    "an address that is none",
    "dev",
    { addresses: [{ name: "a", start: "10.0.0.256", end: "10.0.1.1" }] },
    "azureServer.addresses: a is not a range of IPv4 addresses (10.0.0.256 to 10.0.1.1).",
  ],
  [
    "a rule with a name that Azure refuses",
    "dev",
    { addresses: [{ name: "a b", start: "10.0.0.1", end: "10.0.0.1" }] },
    'azureServer.addresses: "a b" is not a rule\'s name: up to 80 letters, digits, _ and hyphens.',
  ],
  [
    "a password without an end",
    "dev",
    { secretExpires: null },
    "azureServer.secretExpires: say on which day the service role's password ends (YYYY-MM-DD).",
  ],
  [
    "a day that the calendar lacks",
    "dev",
    { secretExpires: "2027-02-30" },
    "azureServer.secretExpires: say on which day the service role's password ends (YYYY-MM-DD).",
  ],
  [
    "the end of a password that is none",
    "prod",
    { secretExpires: "2027-06-30" },
    "azureServer.secretExpires: there is no password (authentication: entra); leave it out.",
  ],
  [
    "a ticket that is none",
    "dev",
    { ticket: "soon" },
    'azureServer.ticket: "soon" is not a change ticket (CHG-YYYY-NNNN).',
  ],
  [
    "a principal without a GUID",
    "prod",
    { principals: [{ role: "geo_service", objectId: "app", type: "service" }] },
    "azureServer.principals: the objectId of geo_service is not a GUID.",
  ],
  [
    "a principal that is no login",
    "prod",
    { principals: [{ role: "x", objectId: groupId, type: "service" }] },
    "azureServer.principals: x is none of the stack's logins (geo_service, geo_migrator); it gets no token.",
  ],
])("refuses %s", (_, tier, server, problem) => {
  expect(problems(tier, server)).toEqual([problem]);
});

it("refuses a principal that is named twice", () => {
  const principal = { role: "geo_service", objectId: groupId, type: "service" };
  expect(problems("prod", { principals: [principal, principal] })).toEqual([
    "azureServer.principals: geo_service is named twice.",
  ]);
});

it.each<[string, Tier, Record<string, string>, string]>([
  [
    "an extension that Azure does not offer",
    "dev",
    { extensions: '["h3", "pgaudit"]' },
    "extensions: Azure does not offer h3, so azure.extensions cannot list it; take it out of rmhgeoapi-database:extensions.",
  ],
  [
    "no auditor",
    "dev",
    { extensions: '["postgis"]' },
    "extensions: pgaudit is missing; without it in the database pgaudit.log records nothing.",
  ],
  [
    "passwords in uat",
    "uat",
    { authentication: "password", sslmode: "verify-full" },
    "authentication: uat has no passwords; set rmhgeoapi-database:authentication to entra.",
  ],
  [
    "a server that is not looked at",
    "prod",
    { sslmode: "require" },
    "sslmode: require does not look whether the server is the right one; set verify-full.",
  ],
  [
    "more connections than there are",
    "dev",
    {
      serviceConnectionLimit: "20",
      furtherRoles: '[{"name": "tiles", "kind": "reader", "connectionLimit": 6}]',
    },
    "serviceConnectionLimit: this program 10, serviceConnectionLimit 20, tiles 6 make 36 connections, and Standard_B1ms leaves 35 to all logins together; lower a limit or name a larger sku.",
  ],
  [
    "an application without a limit on a small server",
    "dev",
    { serviceConnectionLimit: "-1" },
    "serviceConnectionLimit: without a limit the application could take all 35 connections of Standard_B1ms.",
  ],
  [
    "a service role that is an administrator of the server",
    "dev",
    { serviceRole: "geo_admin", admin: "geo_owner" },
    "azureServer.administrators: geo_admin is a role of this stack; an administrator of the server reaches everything, whatever its privileges.",
  ],
])("refuses %s", (_, tier, overrides, problem) => {
  expect(problems(tier, {}, overrides)).toContain(problem);
});

it("asks of a server to adopt only what is needed to look at it", () => {
  const { resourceGroup, name } = azureServerOf("prod");
  const settings = azureSettings(
    "prod",
    Object.fromEntries(
      Object.keys(azureServerOf("prod")).map((key) => [key, { resourceGroup, name }[key] ?? null]),
    ),
    {},
    "adopt",
  );
  expect(problemsOf(settings.azure, settings)).toEqual([]);
});

it("names all problems at once, in the settings too", () => {
  const wrong = { name: "X", version: "9", ticket: "no", tenantId: "no" };
  expect(problems("dev", wrong).map((line) => line.split(":")[0])).toEqual([
    "azureServer.name",
    "azureServer.version",
    "azureServer.tenantId",
    "azureServer.ticket",
  ]);
  expect(() => azureSettings("dev", { owner: null, colour: "red" })).toThrow(SettingsError);
});

it("takes every size, storage, version and range that is offered, and nothing beside", () => {
  const address = fc.integer({ min: 1, max: 2 ** 32 - 257 });
  const text = (n: number): string =>
    [24, 16, 8, 0].map((shift) => Math.floor(n / 2 ** shift) % 256).join(".");
  fc.assert(
    fc.property(
      fc.constantFrom(...tiers),
      fc.constantFrom(...skus.keys()),
      fc.constantFrom(...storageSizes),
      fc.constantFrom(...versions),
      address,
      fc.nat({ max: 255 }),
      (tier, sku, storageGiB, version, start, more) => {
        const isOpen = tier === "dev" || tier === "qa";
        const addresses = [{ name: "a", start: text(start), end: text(start + more) }];
        const found = problems(tier, {
          ...{ sku, storageGiB, version },
          ...(isOpen ? { addresses } : {}),
        });
        const isTooSmall = tier === "prod" && skus.get(sku) === "Burstable";
        expect(found).toHaveLength(isTooSmall ? 1 : 0);
        expect(problems(tier, { sku: `${sku}x` })).toHaveLength(1);
        expect(problems(tier, { storageGiB: storageGiB + 1 })).toHaveLength(1);
      },
    ),
    { numRuns: 100 },
  );
});

it("names no tenant's own words in what it takes as a GUID", () => {
  expect(problems("prod", { tenantId: tenantId.toUpperCase() })).toEqual([]);
  expect(problems("prod", { networkIds: [network, `${network}2`] })).toEqual([]);
});
