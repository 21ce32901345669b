// The whole program with a server that it makes: what was made first, what waits for it, and the look at the database that
// comes after. The engine is mocked; the database that stands for the made one is real, and led to by DDL_HOST.
import { type PostgresServer, startServer } from "../../../sandbox/server";
import { azureServerOf } from "../../support/azure/azureSettings";
import {
  type ManagementServer,
  offering,
  startManagement,
} from "../../support/azure/managementServer";
import { registerProgram, type Run } from "../../support/program/mockedProgram";
import { makeTierDatabase, type TierDatabase } from "../../support/servers/tierDatabase";

jest.mock("@azure/identity", () => ({
  DefaultAzureCredential: class {
    getToken = () => Promise.resolve({ token: "t", expiresOnTimestamp: Date.now() + 3_600_000 });
  },
}));
jest.setTimeout(300_000);

let server: PostgresServer;
let database: TierDatabase;
let management: ManagementServer;
let run: Run;

beforeAll(async () => {
  management = await startManagement();
  management.answers = {
    checkNameAvailability: { body: { nameAvailable: true } },
    capabilities: { body: offering("Standard_B1ms", "17") },
  };
  process.env["DDL_AZURE_MANAGEMENT"] = management.endpoint;
  process.env["ARM_SUBSCRIPTION_ID"] = "s";
  server = await startServer();
  database = await makeTierDatabase(server);
  run = await registerProgram("dev", database, {
    azure: "create",
    azureServer: azureServerOf("dev"),
    serviceConnectionLimit: 20,
    extensions: ["pgaudit"],
  });
});
afterAll(async () => {
  Reflect.deleteProperty(process.env, "DDL_AZURE_MANAGEMENT");
  Reflect.deleteProperty(process.env, "ARM_SUBSCRIPTION_ID");
  await management.stop();
  await server.stop();
});

const named = (name: string) => {
  const found = run.resources.find((resource) => resource.name === name);
  if (found === undefined) throw new Error(`no resource ${name} was registered`);
  return found;
};

it("asks for the server before anything that is inside of it", () => {
  const order = run.resources.map(({ name }) => name);
  for (const inside of ["admin", "service-role", "ledger", "privileges", "migration-001"]) {
    expect(order.indexOf("azure-database")).toBeGreaterThan(-1);
    expect(order.indexOf(inside)).toBeGreaterThan(order.indexOf("azure-database"));
  }
});

it("gives the provider of roles its host as an output of the server, and looks at the database", () => {
  const { dependencies, inputs } = named("admin");
  expect(inputs["host"]).toBe(server.host);
  expect(dependencies).toEqual(
    expect.arrayContaining([named("azure-server").urn, named("azure-database").urn]),
  );
  expect(run.logged.warn.join("\n")).not.toContain("cannot be looked at");
  expect(run.resources.filter(({ type }) => type.endsWith("ddl:Migration")).length).toBeGreaterThan(
    3,
  );
});

it("makes identities' credentials one after the other", () => {
  expect(named("azure-federation-github").dependencies).toContain(named("azure-pipeline").urn);
  expect(named("azure-federation-devops").dependencies).toContain(
    named("azure-federation-github").urn,
  );
});

it("refuses what is wrong with the server before anything is registered", async () => {
  const azureServer = { ...azureServerOf("dev"), sku: "Standard_X", version: "9" };
  const given = { azure: "create", azureServer, extensions: ["pgaudit", "h3"] };
  await expect(registerProgram("dev", database, given)).rejects.toThrow(
    /3 problem\(s\):\n.*PostgreSQL 9[^]*h3[^]*Standard_X/,
  );
  expect(management.asked).toHaveLength(3);
});
