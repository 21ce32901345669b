// What a stack with `azure: create` registers for its server, tier by tier: every property, its order, its protection.
import { type Tier, tiers } from "../../../stack/tier";
import { azureConfig, azureSettings } from "../../support/azure/azureSettings";
import { registerServer, type ServerRun } from "../../support/azure/registerServer";
import { makeSettings } from "../../support/program/makeSettings";
import type { Registered } from "../../support/program/mockedProgram";

jest.setTimeout(300_000);

const isGuarded = (tier: Tier): boolean => tier === "uat" || tier === "prod";
const ofType = ({ resources }: ServerRun, type: string): readonly Registered[] =>
  resources.filter((resource) => resource.type.endsWith(type));
const named = ({ resources }: ServerRun, name: string): Registered => {
  const found = resources.find((resource) => resource.name === name);
  if (found === undefined) throw new Error(`no resource ${name} was registered`);
  return found;
};

describe.each(tiers)("the server of tier %s", (tier) => {
  let run: ServerRun;
  beforeAll(async () => {
    run = await registerServer(azureSettings(tier));
  });

  it("is registered with exactly these resources and properties", () => {
    const tree = run.resources.map(
      ({ type, name, inputs, protect, retainOnDelete, ignoreChanges }) => ({
        resource: `${type} ${name}`,
        inputs: Object.fromEntries(Object.entries(inputs).filter(([key]) => key !== "__provider")),
        protect,
        retainOnDelete,
        ignoreChanges,
      }),
    );
    tree.sort((a, b) => (a.resource < b.resource ? -1 : 1));
    expect(tree).toMatchSnapshot();
  });

  it("changes the server one thing at a time: Azure refuses the second as busy", () => {
    const chain = run.resources.filter(({ type }) =>
      /dbforpostgresql:(Server|Admin|Firewall|Configuration)|ServerRestart$/.test(type),
    );
    expect(chain.length).toBeGreaterThan(20);
    for (const [index, { name, dependencies }] of chain.entries()) {
      const before = chain[index - 1];
      if (before !== undefined) {
        expect({ name, after: dependencies.includes(before.urn) }).toEqual({ name, after: true });
      }
    }
  });

  it("makes the database last, as the admin's, when it can be reached", () => {
    const { dependencies, inputs, retainOnDelete } = named(run, "azure-database");
    expect(dependencies).toContain(named(run, "azure-restart").urn);
    expect(inputs).toMatchObject({ database: "geo", owner: "geo_admin" });
    expect(retainOnDelete).toBe(true);
    const records = isGuarded(tier)
      ? [named(run, "azure-records"), named(run, "azure-link-1")]
      : [];
    for (const { urn } of records) expect(dependencies).toContain(urn);
  });

  it(`${isGuarded(tier) ? "protects and locks" : "neither protects nor locks"} it`, () => {
    const locks = ofType(run, ":ManagementLockByScope");
    expect(locks.map(({ inputs }) => inputs["level"])).toEqual(
      isGuarded(tier) ? ["CanNotDelete", "CanNotDelete"] : [],
    );
    // A lock that came first would refuse what a failed creation has to replace.
    for (const { dependencies } of locks) {
      expect(dependencies).toContain(named(run, "azure-database").urn);
    }
    for (const { name, protect, type } of run.resources) {
      if (type.startsWith("azure-native")) {
        expect({ name, protect }).toEqual({ name, protect: isGuarded(tier) });
      }
    }
  });

  it("leaves alone what Azure changes by itself", () => {
    expect(named(run, "azure-server").ignoreChanges).toEqual([
      "availabilityZone",
      "highAvailability.standbyAvailabilityZone",
      "storage.storageSizeGB",
      "administratorLogin",
    ]);
  });

  it(isGuarded(tier) ? "knows no password" : "sends passwords as secrets only", () => {
    const plain = JSON.stringify(run.resources.map(({ inputs }) => withoutSecrets(inputs)));
    expect(plain).not.toMatch(/the admin's|the service role's/);
    const server = JSON.stringify(named(run, "azure-server").inputs);
    const login = isGuarded(tier) ? [] : ["administratorLogin", "administratorLoginPassword"];
    expect(login.filter((key) => !server.includes(`"${key}"`))).toEqual([]);
    if (isGuarded(tier)) expect(server).not.toMatch(/administratorLogin|the admin's/);
    expect(ofType(run, "keyvault:Vault")).toHaveLength(isGuarded(tier) ? 0 : 1);
  });

  it("declares principals where logins have tokens only", () => {
    const [principals] = ofType(run, "ddl:EntraPrincipals");
    const object = "44444444-4444-4444-4444-444444444444";
    expect(principals?.inputs["principals"]).toEqual(
      isGuarded(tier)
        ? [
            { role: "geo_service", objectId: object, type: "service" },
            { role: "geo_migrator", objectId: object, type: "service" },
          ]
        : undefined,
    );
  });
});

/** Signature of a secret in a request. Source: sdk/nodejs/runtime/rpc.ts, specialSecretSig. */
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

function withoutSecrets(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Object.values(value).includes(secretSignature)) return "a secret";
  return Array.isArray(value)
    ? value.map(withoutSecrets)
    : Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutSecrets(one)]));
}

it("says in a preview that the server is not made yet, and waits for it in an update", async () => {
  const settings = azureSettings("prod");
  const preview = await registerServer(settings, { preview: true });
  expect(preview.unmade).toBe(
    "The server geo-prod is made by up; the survey looks as soon as it is there.",
  );
  expect((await registerServer(settings)).unmade).toBeNull();
});

it("keeps the vault of a server with a private endpoint private as well", async () => {
  const { subnetId, networkIds } = azureSettings("prod").azure;
  const run = await registerServer(azureSettings("dev", { subnetId, networkIds, addresses: [] }));
  expect(named(run, "azure-vault").inputs["properties"]).toMatchObject({
    publicNetworkAccess: "Disabled",
    networkAcls: { defaultAction: "Deny", ipRules: [] },
  });
  expect(named(run, "azure-vault-endpoint").inputs["privateLinkServiceConnections"]).toEqual([
    expect.objectContaining({ groupIds: ["vault"] }),
  ]);
  expect(named(run, "azure-vault-zone").inputs["privateZoneName"]).toBe(
    "privatelink.vaultcore.azure.net",
  );
});

it("asks for the passwords that it must hand on, all at once, before anything is registered", async () => {
  await expect(registerServer(azureSettings("dev"), { passwords: {} })).rejects.toThrow(
    /2 problem\(s\):\n {2}adminPassword: .*DDL_ADMIN_PASSWORD\.\n {2}servicePassword: .*DDL_SERVICE_PASSWORD\./,
  );
});

it("registers nothing and never loads azure-native where there is no server on Azure", async () => {
  const { isLoaded } = jest.requireActual<typeof import("../../support/azure/isLoaded")>(
    "../../support/azure/isLoaded",
  );
  expect(await isLoaded(makeSettings())).toEqual({ azureNative: [], registered: 0 });
  const create = await isLoaded(makeSettings(azureConfig("dev")));
  expect(create.azureNative.length).toBeGreaterThan(0);
});
