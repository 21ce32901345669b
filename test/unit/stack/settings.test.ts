// Settings: every key's faults by name, all at once, and the environment before the configuration.
import { readSettings, SettingsError } from "../../../stack/settings";
import {
  configOf,
  type Configuration,
  makeSettings,
  wellFormed,
} from "../../support/program/makeSettings";

const problemsOf = (
  changes: Readonly<Record<string, string | undefined>>,
  environment: Configuration = {},
): readonly string[] => {
  try {
    readSettings(configOf({ ...wellFormed, ...changes }), environment);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
};

describe("readSettings", () => {
  it("reads every value of a well-formed configuration", () => {
    expect(makeSettings({ tickets: '["CHG-2026-0001"]', adopt: "dev" })).toEqual({
      tier: "dev",
      server: {
        host: "127.0.0.1",
        port: 5432,
        database: "geo",
        sslmode: "disable",
        sslRootCert: null,
        authentication: "password",
      },
      roles: {
        admin: "geo_admin",
        migrator: "geo_migrator",
        migrators: ["geo_migrator"],
        approver: null,
        approvers: [],
        auditor: null,
        auditors: [],
        service: "geo_service",
        infrastructure: "geo_infra",
        further: [],
      },
      schemas: ["dagapp", "geoapi", "pgstac"],
      extensions: [],
      proofTemplate: null,
      pgstac: null,
      datasetTables: false,
      passwordVersion: "1",
      serviceLimits: {
        connectionLimit: 50,
        statementTimeoutMs: 60000,
        lockTimeoutMs: 5000,
        idleInTransactionTimeoutMs: 60000,
      },
      databaseSettings: [],
      roleSettings: [],
      run: {
        targetVersion: "latest",
        tickets: ["CHG-2026-0001"],
        promotesFrom: null,
        onFailure: "stop",
        windows: [],
        lockTimeoutMs: 200,
        lockBudgetMs: 5000,
        statementTimeoutMs: 20000,
        runnerWaitMs: 20000,
      },
      azure: null,
      adopt: "dev",
      onlyLooks: true,
    });
  });

  it.each([
    ["", null, false],
    ["prod", "prod", true],
    ["prod, take over", "prod", false],
    ["prod,take-over", "prod", false],
  ] as const)("reads adopt: %j", (adopt, tier, onlyLooks) => {
    expect(makeSettings({ adopt })).toMatchObject({ adopt: tier, onlyLooks });
  });

  it.each([
    ["tier", "production", /^tier: Tier "production" is unknown/],
    ["tier", undefined, /^tier: Tier "" is unknown/],
    ["host", "", /^host: a name is missing/],
    ["host", "h".repeat(254), /^host: .* longer than the 253 characters/],
    ["port", "", /^port: "" is not a whole number from 1 to/],
    ["port", "70000", /^port: "70000" is not a whole number from 1 to 65535/],
    ["port", "5432.5", /^port: "5432.5" is not a whole number/],
    ["port", "0", /^port: "0" is not a whole number from 1 to/],
    ["port", "five", /^port: "five" is not a whole number/],
    ["database", " ", /^database: a name is missing/],
    [
      "sslmode",
      "prefer",
      /^sslmode: "prefer" is not one of disable, require, verify-ca, verify-full/,
    ],
    ["authentication", "kerberos", /^authentication: "kerberos" is not one of password, entra/],
    ["admin", "", /^admin: a name is missing/],
    ["serviceRole", "ä".repeat(32), /^serviceRole: .* longer than the 63 bytes/],
    ["infrastructureRole", "a\0b", /^infrastructureRole: /],
    ["migrators", "[1]", /^migrators: it is not a list of texts/],
    ["migrators", '["a"', /^migrators: /],
    ["migrator", "stranger", /^migrator: stranger is not among migrators/],
    ["window", '["tonight", "2026-12-01T22:00Z/PT4H"]', /^window: "tonight" is not an interval/],
    ["approver", "stranger", /^approver: stranger is not among approvers/],
    [
      "approvers",
      '["geo_migrator"]',
      /^admin, .*approvers, furtherRoles: geo_migrator is named twice/,
    ],
    ["approvers", '["geo_admin"]', /^admin, .*approvers, furtherRoles: geo_admin is named twice/],
    ["schemas", '["public"]', /^schemas: public holds the ledger/],
    ["schemas", '[""]', /^schemas: a name is missing/],
    ["extensions", '["x", 2]', /^extensions: it is not a list of texts/],
    [
      "serviceConnectionLimit",
      "-2",
      /^serviceConnectionLimit: "-2" is not a whole number from -1 to/,
    ],
    ["serviceStatementTimeoutMs", "-1", /^serviceStatementTimeoutMs: /],
    ["serviceLockTimeoutMs", "5s", /^serviceLockTimeoutMs: "5s"/],
    ["serviceIdleInTransactionTimeoutMs", "", /^serviceIdleInTransactionTimeoutMs: /],
    ["tickets", "[true]", /^tickets: it is not a list of texts/],
    ["lockTimeoutMs", "0", /^lockTimeoutMs: "0" is not a whole number from 1 to/],
    ["lockBudgetMs", "-1", /^lockBudgetMs: /],
    ["statementTimeoutMs", "1e999", /^statementTimeoutMs: /],
    ["runnerWaitMs", "soon", /^runnerWaitMs: "soon"/],
    ["adopt", "test", /^adopt: Tier "test" is unknown/],
  ] as const)("finds the fault of %s: %j", (key, value, problem) => {
    // Without migrators a configured migrator would be a second fault.
    const alone = key === "migrators" ? { migrator: "" } : {};
    expect(problemsOf({ ...alone, [key]: value })).toEqual([expect.stringMatching(problem)]);
  });

  it.each(["serviceRole", "infrastructureRole", "migrator"])(
    "refuses %s as the name of the admin too",
    (key) => {
      const changes = { [key]: "geo_admin", migrators: '["geo_migrator", "geo_admin"]' };
      expect(problemsOf(changes).join("\n")).toMatch(/geo_admin.* is named twice/);
    },
  );

  it("names all faults at once", () => {
    const problems = problemsOf({ tier: "x", port: "y", sslmode: "z", admin: "", adopt: "w" });
    expect(problems.map((problem) => problem.split(":")[0])).toEqual(
      expect.arrayContaining(["tier", "port", "sslmode", "admin", "adopt"]),
    );
    expect(problems).toHaveLength(5);
    expect(new SettingsError(problems).message).toMatch(
      /^The configuration has 5 problem\(s\):\n {2}/,
    );
  });

  it.each([
    ["DDL_HOST", "db.example.org", (s: ReturnType<typeof makeSettings>) => s.server.host],
    ["DDL_PORT", "6543", (s: ReturnType<typeof makeSettings>) => String(s.server.port)],
    ["DDL_DATABASE", "other", (s: ReturnType<typeof makeSettings>) => s.server.database],
    ["DDL_SSLMODE", "verify-full", (s: ReturnType<typeof makeSettings>) => s.server.sslmode],
    ["DDL_SSLROOTCERT", "/ca.pem", (s: ReturnType<typeof makeSettings>) => s.server.sslRootCert],
    ["DDL_ADMIN", "boss", (s: ReturnType<typeof makeSettings>) => s.roles.admin],
    ["DDL_MIGRATOR", "ada", (s: ReturnType<typeof makeSettings>) => s.roles.migrator],
    ["DDL_TICKETS", "A-1, B-2,", (s: ReturnType<typeof makeSettings>) => s.run.tickets.join(", ")],
  ])("lets %s win over the configuration", (variable, value, read) => {
    const config = configOf({ ...wellFormed, migrators: "geo_migrator, ada" });
    const settings = readSettings(config, { [variable]: value });
    expect(read(settings)).toBe(value.replace(/,$/, ""));
    expect(read(readSettings(config, {}))).not.toBe(value.replace(/,$/, ""));
  });

  it("lets an auditor look in the admin's place, and nobody else", () => {
    const furtherRoles =
      '[{ "name": "ann", "kind": "auditor" }, { "name": "t", "kind": "reader" }]';
    const config = configOf({ ...wellFormed, furtherRoles });
    expect(readSettings(config, { DDL_LOOK_AS: " ann " }).roles.auditor).toBe("ann");
    expect(readSettings(config, { DDL_LOOK_AS: "" }).roles.auditor).toBeNull();
    expect(() => readSettings(config, { DDL_LOOK_AS: "t" })).toThrow(
      "DDL_LOOK_AS: t is no auditor; list it in furtherRoles with kind auditor.",
    );
  });

  it("takes a list as JSON or separated by commas, and trims what it reads", () => {
    expect(makeSettings({ schemas: " one , two " }).schemas).toEqual(["one", "two"]);
    expect(makeSettings({ schemas: '["one, two"]' }).schemas).toEqual(["one, two"]);
    expect(makeSettings({ host: " here " }).server.host).toBe("here");
  });

  it("knows no migrator when none is configured", () => {
    expect(makeSettings({ migrator: "", migrators: "" }).roles).toMatchObject({
      migrator: null,
      migrators: [],
    });
  });
});
