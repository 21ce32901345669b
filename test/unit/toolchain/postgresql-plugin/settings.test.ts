/** The provider's configuration, every value of which arrives as text. */
import { PluginError } from "../../../../toolchain/postgresql-plugin/errors";
import { parseSettings } from "../../../../toolchain/postgresql-plugin/settings";

describe("parseSettings", () => {
  it("has the official plugin's defaults", () => {
    expect(parseSettings({}, {})).toEqual({
      host: "localhost",
      port: 5432,
      database: "postgres",
      user: "postgres",
      password: undefined,
      tlsMode: "require",
      rootCertificateFile: undefined,
      connectTimeoutSeconds: 180,
      maxConnections: 20,
    });
  });

  it("reads text", () => {
    const args = {
      host: "db",
      port: "6432",
      maxConnections: "3",
      connectTimeout: "5",
      azureIdentityAuth: "false",
    };
    expect(parseSettings(args, {})).toMatchObject({
      host: "db",
      port: 6432,
      maxConnections: 3,
      connectTimeoutSeconds: 5,
    });
  });

  it("takes from the environment what is not configured", () => {
    const environment = {
      PGHOST: "env",
      PGPORT: "1",
      PGUSER: "u",
      PGPASSWORD: "p",
      PGDATABASE: "d",
      PGSSLMODE: "verify-full",
    };
    expect(parseSettings({ host: "args" }, environment)).toMatchObject({
      host: "args",
      port: 1,
      user: "u",
      password: "p",
      database: "d",
      tlsMode: "verify-full",
    });
  });

  it.each([
    [{ azureIdentityAuth: "true" }, "azureIdentityAuth"],
    [{ awsRdsIamAuth: "true" }, "awsRdsIamAuth"],
    [{ clientcert: '[{"cert":"c"}]' }, "clientcert"],
    [{ scheme: "gcppostgres" }, "gcppostgres"],
    [{ sslmode: "prefer" }, "verify-full"],
    [{ port: "abc" }, "port"],
    [{ port: "0" }, "port"],
  ])("refuses %j and names %s", (args, word) => {
    expect(() => parseSettings(args, {})).toThrow(PluginError);
    expect(() => parseSettings(args, {})).toThrow(word);
  });
});
