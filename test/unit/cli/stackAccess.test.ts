// A stack's settings without the engine: the same texts that the engine would hand to the program.
import { configSource } from "../../../cli/stack/stackAccess";

const project = `
name: geo
config:
  port: { type: integer, default: 5432 }
  schemas: { type: array, default: [dagapp, geoapi] }
  tier: { type: string }
`;

it("takes the stack's value, else the schema's default, as text", () => {
  const config = configSource(project, "config:\n  geo:tier: uat\n  geo:port: 6432\n");
  expect(config.get("tier")).toBe("uat");
  expect(config.get("port")).toBe("6432");
  expect(config.get("schemas")).toBe('["dagapp","geoapi"]');
  expect(config.get("host")).toBe(undefined);
  expect(configSource(project, "").get("tier")).toBe(undefined);
});

it("does not take an encrypted value for the value", () => {
  const config = configSource(project, "config:\n  geo:adminPassword:\n    secure: v1:abc\n");
  expect(config.get("adminPassword")).toBe(undefined);
});
