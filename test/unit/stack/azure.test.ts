// The keys azure and azureServer: their shape, every fault by name, all at once; the host that follows from the name.
import { parseAzure } from "../../../stack/azure";
import { readSettings } from "../../../stack/settings";
import { azureConfig, azureServerOf } from "../../support/azure/azureSettings";
import { configOf, wellFormed } from "../../support/program/makeSettings";

const parse = (server: unknown, mode = "create") => parseAzure(mode, JSON.stringify(server));

it.each(["", "none"])("knows no server where azure is %p", (mode) => {
  expect(parseAzure(mode, "not even JSON")).toEqual({ azure: null, problems: [] });
});

it("refuses a mode that there is not", () => {
  expect(parseAzure("make", "{}").problems).toEqual([
    'azure: "make" is not one of none, adopt, create.',
  ]);
});

it("fills in what was not said", () => {
  expect(parse({ resourceGroup: "rg", name: "geo" }, "adopt").azure).toEqual({
    mode: "adopt",
    resourceGroup: "rg",
    name: "geo",
    location: "",
    tenantId: "",
    version: null,
    sku: null,
    storageGiB: null,
    administrators: [],
    subnetId: null,
    networkIds: [],
    addresses: [],
    principals: [],
    federations: [],
    alertEmails: [],
    secretExpires: null,
    owner: "",
    ticket: "",
  });
});

it.each<[string, unknown, readonly string[]]>([
  ["[]", [], ["azureServer: it is not a record of keys and values."]],
  [
    "nothing",
    {},
    [
      "resourceGroup",
      "name",
      "location",
      "tenantId",
      "administrators",
      "alertEmails",
      "owner",
      "ticket",
    ].map((key) => `azureServer.${key}: it is missing (azure: create).`),
  ],
  [
    "wrong kinds of values",
    {
      ...azureServerOf("dev"),
      ...{ name: 4, storageGiB: "64", networkIds: [1], alertEmails: "dba@example.org" },
      administrators: [
        "dba",
        { name: "dba", objectId: "x", type: "group" },
        { name: "dba", rank: 1 },
      ],
    },
    [
      "azureServer.name: it is not a text.",
      "azureServer.storageGiB: it is not a whole number.",
      "azureServer.administrators[0] is not a record with name, objectId, type.",
      'azureServer.administrators[1] has type "group", which is not one of User, Group, ServicePrincipal.',
      "azureServer.administrators[2] has rank, which is none of name, objectId, type.",
      "azureServer.administrators[2] lacks objectId.",
      "azureServer.administrators[2] lacks type.",
      "azureServer.networkIds: it is not a list of texts.",
      "azureServer.alertEmails: it is not a list.",
    ],
  ],
])("refuses %s", (_, server, problems) => {
  expect(parse(server).problems).toEqual(problems);
});

it("refuses a key that there is not, and names those that there are", () => {
  const [problem] = parse({ ...azureServerOf("dev"), SKU: "Standard_B1ms" }).problems;
  expect(problem).toMatch(
    /^azureServer\.SKU: there is no such key; known are resourceGroup, name,/,
  );
});

it("refuses text that is not JSON", () => {
  expect(parseAzure("create", "{").problems).toEqual([
    "azureServer: it is not a record of keys and values.",
  ]);
});

it("takes the host from the server's name, unless the environment leads another way", () => {
  const hostIn = (environment: Readonly<Record<string, string>>): string =>
    readSettings(configOf({ ...wellFormed, ...azureConfig("dev") }), environment).server.host;
  expect(hostIn({})).toBe("geo-dev.postgres.database.azure.com");
  expect(hostIn({ DDL_HOST: "localhost" })).toBe("localhost");
});

it("takes names of hosts that are longer than names in PostgreSQL, and none that no resolver takes", () => {
  const hostOf = (host: string): string =>
    readSettings(configOf({ ...wellFormed, host }), {}).server.host;
  const long = `${"a".repeat(63)}.example.org`;
  expect(hostOf(long)).toBe(long);
  expect(() => hostOf("a.".repeat(130))).toThrow(
    /^.*\n {2}host: .* longer than the 253 characters/,
  );
  expect(() => hostOf("")).toThrow("host: a name is missing.");
});
