// A server that exists: every difference to the tier's rules is named, nothing is registered, and what the tier forbids
// ends the run.
import { parametersOf } from "../../../azure/estate/parameters";
import { serverTiers } from "../../../azure/estate/tierTable";
import type { Tier } from "../../../stack/tier";
import { azureServerOf, azureSettings, groupId, tenantId } from "../../support/azure/azureSettings";
import { type Answer, registerServer } from "../../support/azure/registerServer";

jest.setTimeout(300_000);

const settings = (tier: Tier, server: Readonly<Record<string, unknown>> = {}) =>
  azureSettings(tier, server, {}, "adopt");

const missing = (): never => {
  throw new Error('autorest/azure: Service returned an error. Code="ResourceNotFound" Message="…"');
};

/** Azure's answers for a server that is as the tier wants it, some of them changed. Null: there is none. */
function azureSays(
  tier: Tier,
  changes: Readonly<Record<string, unknown>> = {},
  parameters: Readonly<Record<string, unknown>> = {},
): Answer {
  const rules = serverTiers[tier];
  const server = {
    version: "17",
    sku: { name: rules.sku, tier: "GeneralPurpose" },
    storage: { storageSizeGB: rules.storageGiB, autoGrow: "Enabled" },
    authConfig: { activeDirectoryAuth: "Enabled", passwordAuth: "Disabled", tenantId },
    backup: { backupRetentionDays: 35, geoRedundantBackup: "Enabled" },
    highAvailability: { mode: rules.highAvailability },
    network: { publicNetworkAccess: "Disabled" },
    tags: {
      tier,
      owner: "geospatial platform",
      ticket: "CHG-2026-0142",
      "managed-by": "rmhgeoapi-database",
    },
    ...changes,
  };
  const values = new Map(parametersOf(settings(tier)).map(({ name, value }) => [name, value]));
  return (token, inputs) => {
    switch (token.split(":").at(-1)) {
      case "getServer":
        return server;
      case "getConfiguration": {
        const name = String(inputs["configurationName"]);
        const given = parameters[name];
        if (given === null) return missing();
        return { value: values.get(name), ...(given as object | undefined) };
      }
      case "getAdministratorsMicrosoftEntra":
        return inputs["objectId"] === groupId ? { objectId: groupId } : missing();
      default:
        return { name: inputs["databaseName"] };
    }
  };
}

it.each(["dev", "prod"] as const)(
  "says nothing of a server that is as %s wants it",
  async (tier) => {
    const run = await registerServer(settings(tier), { answer: azureSays(tier) });
    expect(run.warnings).toEqual([]);
    expect(run.resources.filter(({ type }) => type.startsWith("azure-native"))).toEqual([]);
    expect(run.unmade).toBeNull();
  },
);

it("names every difference, each once, and takes what is larger or spelt another way", async () => {
  const run = await registerServer(
    settings("prod", {
      version: "18",
      sku: "Standard_D8ds_v5",
      administrators: [
        { name: "geo_admin", objectId: groupId, type: "Group" },
        { name: "ops", objectId: tenantId, type: "Group" },
      ],
    }),
    {
      answer: azureSays(
        "prod",
        {
          storage: { storageSizeGB: 512, autoGrow: "Disabled" },
          backup: { backupRetentionDays: 7, geoRedundantBackup: "Disabled" },
          highAvailability: { mode: "Disabled" },
          network: { publicNetworkAccess: "Enabled" },
          authConfig: {
            activeDirectoryAuth: "Enabled",
            passwordAuth: "Disabled",
            tenantId: groupId,
          },
          tags: { tier: "prod" },
        },
        {
          "azure.extensions": { value: "UNACCENT,postgis, pgaudit,BTREE_GIST" },
          log_connections: { value: "on" },
          "pgaudit.log": { value: "none" },
          shared_preload_libraries: { isConfigPendingRestart: true },
          "pgbouncer.enabled": null,
        },
      ),
    },
  );
  expect(run.warnings.join("\n").split("\n").slice(0, 1)).toEqual([
    expect.stringContaining("geo-prod differs from the rules of prod in 16 point(s)"),
  ]);
  const lines = run.warnings.join("\n").split("\n").slice(1);
  expect(lines.map((line) => line.trim())).toEqual([
    "version is 17, should be 18",
    "sku.name is Standard_D4ds_v5, should be Standard_D8ds_v5",
    "storage.autoGrow is Disabled, should be Enabled",
    `authConfig.tenantId is ${groupId}, should be ${tenantId}`,
    "backup.backupRetentionDays is 7, should be 35",
    "backup.geoRedundantBackup is Disabled, should be Enabled",
    "highAvailability.mode is Disabled, should be ZoneRedundant",
    "network.publicNetworkAccess is Enabled, should be Disabled",
    "tags.owner is not set, should be geospatial platform",
    "tags.ticket is not set, should be CHG-2026-0142",
    "tags.managed-by is not set, should be rmhgeoapi-database",
    "parameter log_connections is on, should be all",
    "parameter pgaudit.log is none, should be ddl,role",
    "parameter pgbouncer.enabled is not set, should be false",
    "parameter shared_preload_libraries is waiting for a restart, should be in force",
    `administrator ops is not set, should be ${tenantId}`,
  ]);
});

it("refuses a server with passwords in prod, naming all that the tier forbids", async () => {
  const answer = azureSays("prod", {
    authConfig: { activeDirectoryAuth: "Disabled", passwordAuth: "Enabled" },
  });
  await expect(registerServer(settings("prod"), { answer })).rejects.toThrow(
    "geo-prod may not be governed as prod as it is:\n" +
      "    authConfig.activeDirectoryAuth is Disabled, should be Enabled\n" +
      "    authConfig.passwordAuth is Enabled, should be Disabled\n" +
      "  Hint: Change it on the server, then run preview again; nothing was changed.",
  );
});

it("lets passwords be where the tier allows them", async () => {
  const answer = azureSays("dev", {
    authConfig: { activeDirectoryAuth: "Enabled", passwordAuth: "Enabled", tenantId },
  });
  expect((await registerServer(settings("dev"), { answer })).warnings).toEqual([]);
});

it("says in one sentence that there is no such server", async () => {
  await expect(registerServer(settings("prod"), { answer: missing })).rejects.toThrow(
    "There is no server geo-prod in the resource group rg-geo-prod.\n" +
      "  Hint: Correct azureServer.name and azureServer.resourceGroup, or set azure to create.",
  );
});

it("says in one sentence that Azure may not be asked", async () => {
  const answer = (): never => {
    throw new Error("AuthorizationFailed: the client has no right\nto read");
  };
  await expect(registerServer(settings("prod"), { answer })).rejects.toThrow(
    /^Azure does not show the server geo-prod: .*AuthorizationFailed.*\n {2}Hint: Log in \(az login/,
  );
});

it("refuses a server without the stack's database", async () => {
  const says = azureSays("prod");
  const answer: Answer = (token, inputs) =>
    token.endsWith("getDatabase") ? missing() : says(token, inputs);
  await expect(registerServer(settings("prod"), { answer })).rejects.toThrow(
    "database geo is not set, should be there",
  );
});

it("declares the principals that the stack names", async () => {
  const principals = [{ role: "geo_service", objectId: tenantId, type: "service" }];
  const { administrators } = azureServerOf("prod");
  const run = await registerServer(settings("prod", { principals, administrators }), {
    answer: azureSays("prod"),
  });
  expect(
    run.resources.map(({ type, inputs, protect, retainOnDelete }) => ({
      type,
      principals: inputs["principals"],
      expected: inputs["expected"],
      protect,
      retainOnDelete,
    })),
  ).toEqual([
    {
      type: "pulumi-nodejs:dynamic/ddl:EntraPrincipals",
      principals,
      expected: ["geo_admin"],
      protect: true,
      retainOnDelete: true,
    },
  ]);
});
