// The rules of the estate: the server that the program declares keeps all of them in each tier; each property broken alone
// is told in exact words; no message holds what may be secret.
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { type EstateResource, tierOf } from "../../../policy/estate";
import { estateRules, plainSecrets } from "../../../policy/rules";
import { type Tier, tiers } from "../../../stack/tier";
import { azureSettings } from "../../support/azure/azureSettings";
import { registerServer } from "../../support/azure/registerServer";

jest.setTimeout(300_000);

/** Signature of a secret in a request. Source: sdk/nodejs/runtime/rpc.ts, specialSecretSig. */
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const isSecret = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.values(value).includes(secretSignature);

const declared = new Map<Tier, readonly EstateResource[]>();
beforeAll(async () => {
  for (const tier of tiers) {
    const { resources } = await registerServer(azureSettings(tier));
    declared.set(
      tier,
      resources.map(({ type, name, inputs, protect }) => ({ type, name, props: inputs, protect })),
    );
  }
});

const judge = (resources: readonly EstateResource[]): readonly string[] =>
  estateRules.flatMap(({ name, judge: judged }) =>
    judged({ tier: tierOf(resources), resources }).map((line) => `${name}: ${line}`),
  );
const good = (tier: Tier): readonly EstateResource[] => declared.get(tier) ?? [];

it.each(tiers)("are kept by the server of tier %s", (tier) => {
  expect(good(tier).length).toBeGreaterThan(30);
  expect(tierOf(good(tier))).toBe(tier);
  expect(judge(good(tier))).toEqual([]);
  expect(plainSecrets({ tier, resources: good(tier) }, isSecret)).toEqual([]);
});

/** The resources with one property of one resource set, or (undefined) taken away. */
function broken(tier: Tier, name: string, path: string, value: unknown): readonly EstateResource[] {
  return good(tier).map((resource) => {
    if (resource.name !== name) return resource;
    const props = structuredClone(resource.props) as Record<string, unknown>;
    const keys = path.split(".");
    const last = keys.pop() ?? "";
    let place = props;
    for (const key of keys) place = place[key] as Record<string, unknown>;
    if (value === undefined) Reflect.deleteProperty(place, last);
    else place[last] = value;
    return { ...resource, props };
  });
}

/** How the engine hands properties to a pack. Internal to the SDK, and kept out of its declarations. */
const { unknownCheckingProxy } = jest.requireActual<{
  readonly unknownCheckingProxy: (props: object) => Readonly<Record<string, unknown>>;
}>("@pulumi/policy/proxy");

const parameter = (name: string): string => `azure-parameter-${name}`;

it.each<[Tier, string, string, unknown, string]>([
  [
    "dev",
    parameter("require_secure_transport"),
    "value",
    "off",
    "tls: parameter require_secure_transport is off, must be on.",
  ],
  [
    "prod",
    parameter("ssl_min_protocol_version"),
    "value",
    "TLSv1.1",
    "tls: parameter ssl_min_protocol_version is TLSv1.1, must be TLSv1.2 or TLSv1.3.",
  ],
  [
    "prod",
    "azure-server",
    "network.publicNetworkAccess",
    "Enabled",
    "no-public-access: azure-server: network.publicNetworkAccess is Enabled, must be Disabled.",
  ],
  [
    "dev",
    "azure-address-office",
    "startIpAddress",
    "0.0.0.0",
    "no-public-access: azure-address-office: it starts at 0.0.0.0 and lets in every customer of Azure.",
  ],
  [
    "uat",
    "azure-keep-server",
    "level",
    "ReadOnly",
    "locked: 1 CanNotDelete lock(s) are declared, server and logs must each have one.",
  ],
  [
    "prod",
    "azure-server",
    "backup.backupRetentionDays",
    7,
    "backups: azure-server: backup.backupRetentionDays is 7, must be 35 or more.",
  ],
  [
    "uat",
    "azure-server",
    "backup.geoRedundantBackup",
    "Disabled",
    "backups: azure-server: backup.geoRedundantBackup must be Enabled.",
  ],
  [
    "prod",
    "azure-server",
    "highAvailability.mode",
    "Disabled",
    "available: azure-server: highAvailability.mode must be ZoneRedundant or SameZone.",
  ],
  ["dev", parameter("pgaudit.log"), "value", "ddl", "audit: parameter pgaudit.log lacks role."],
  [
    "dev",
    parameter("shared_preload_libraries"),
    "value",
    "pg_stat_statements",
    "audit: parameter shared_preload_libraries lacks pgaudit.",
  ],
  [
    "dev",
    parameter("azure.extensions"),
    "value",
    "postgis",
    "audit: parameter azure.extensions lacks pgaudit.",
  ],
  [
    "qa",
    parameter("log_line_prefix"),
    "value",
    "%t-%c-",
    "audit: parameter log_line_prefix lacks %u: no line says who it was.",
  ],
  [
    "qa",
    parameter("log_connections"),
    "value",
    "off",
    "audit: parameter log_connections is off, must be on.",
  ],
  [
    "qa",
    parameter("log_lock_waits"),
    "value",
    "off",
    "audit: parameter log_lock_waits is off, must be on.",
  ],
  [
    "qa",
    parameter("pgaudit.log_client"),
    "value",
    "on",
    "audit: parameter pgaudit.log_client is on, must be off.",
  ],
  ["prod", "azure-diagnostics", "logs", [], "audit: no diagnostic setting keeps PostgreSQLLogs."],
  [
    "prod",
    "azure-ddl-by-others",
    "enabled",
    false,
    "audit: no alert tells of structure that others changed.",
  ],
  [
    "dev",
    parameter("log_statement"),
    "value",
    "ddl",
    "no-password-in-logs: parameter log_statement must be none where logins have passwords; pgaudit hides them.",
  ],
  [
    "dev",
    "azure-server",
    "authConfig.activeDirectoryAuth",
    "Disabled",
    "entra-only: azure-server: authConfig.activeDirectoryAuth is Disabled, must be Enabled.",
  ],
  [
    "prod",
    "azure-server",
    "administratorLoginPassword",
    "p",
    "entra-only: azure-server: it has an administrator with a password.",
  ],
  [
    "dev",
    parameter("connection_throttle.enable"),
    "value",
    "off",
    "parameters-not-weakened: parameter connection_throttle.enable is off, must be on.",
  ],
  [
    "dev",
    parameter("logfiles.retention_days"),
    "value",
    "3",
    "parameters-not-weakened: parameter logfiles.retention_days is 3, must be 7.",
  ],
  [
    "dev",
    parameter("password_encryption"),
    "value",
    "md5",
    "parameters-not-weakened: parameter password_encryption is md5, must be scram-sha-256.",
  ],
  [
    "dev",
    parameter("idle_in_transaction_session_timeout"),
    "value",
    "0",
    "parameters-not-weakened: parameter idle_in_transaction_session_timeout must be 1 to 600000.",
  ],
  [
    "dev",
    parameter("log_checkpoints"),
    "source",
    "system-default",
    `parameters-not-weakened: ${parameter("log_checkpoints")}: its source must be user-override, else Azure ignores it.`,
  ],
  [
    "dev",
    "azure-vault",
    "properties.enableRbacAuthorization",
    false,
    "vaults: azure-vault: properties.enableRbacAuthorization must be true.",
  ],
  [
    "dev",
    "azure-vault",
    "properties.enablePurgeProtection",
    undefined,
    "vaults: azure-vault: properties.enablePurgeProtection must be true.",
  ],
  [
    "dev",
    "azure-vault",
    "properties.networkAcls.defaultAction",
    "Allow",
    "vaults: azure-vault: properties.networkAcls.defaultAction must be Deny.",
  ],
  [
    "dev",
    "azure-password",
    "properties.attributes.expires",
    undefined,
    "vaults: azure-password: its secret never ends.",
  ],
  ["qa", "azure-group", "tags.owner", undefined, "tagged: azure-group: the tag owner is missing."],
])("in %s, %s with %s %p", (tier, name, path, value, line) => {
  expect(judge(broken(tier, name, path, value))).toEqual([line]);
});

/** Every path to a value that is no object: `backup.backupRetentionDays`, `logs.0.enabled`. */
const pathsOf = (value: unknown): readonly string[] =>
  Object.entries(value as Readonly<Record<string, unknown>>).flatMap(([key, one]) =>
    typeof one === "object" && one !== null && Object.keys(one).length > 0
      ? pathsOf(one).map((path) => `${key}.${path}`)
      : [key],
  );

// A rule that asks for less takes a line from this list: what is demanded of each resource, and which must be there.
it.each(["dev", "prod"] as const)("notice of tier %s whatever of it they demand", (tier) => {
  const all = good(tier);
  const isNoticed = (resources: readonly EstateResource[]): boolean => judge(resources).length > 0;
  const without = (name: string): readonly EstateResource[] =>
    all.filter((one) => one.name !== name);
  const open = (name: string): readonly EstateResource[] =>
    all.map((one) => (one.name === name ? { ...one, protect: false } : one));
  expect({
    missing: all.map(({ name }) => name).filter((name) => isNoticed(without(name))),
    unprotected: all.map(({ name }) => name).filter((name) => isNoticed(open(name))),
    properties: all.flatMap(({ name, props }) =>
      pathsOf(props)
        .filter((path) => isNoticed(broken(tier, name, path, undefined)))
        .map((path) => `${name} ${path}`),
    ),
  }).toMatchSnapshot();
});

it("names passwords that are on in prod, and every parameter that is not declared", () => {
  expect(judge(broken("prod", "azure-server", "authConfig.passwordAuth", "Enabled"))).toEqual([
    "no-password-in-logs: parameter log_statement must be none where logins have passwords; pgaudit hides them.",
    "entra-only: azure-server: authConfig.passwordAuth is Enabled, must be Disabled.",
  ]);
  const without = (name: string): readonly string[] =>
    judge(good("prod").filter((resource) => resource.name !== name));
  expect(without(parameter("pgbouncer.enabled"))).toEqual([
    "parameters-not-weakened: parameter pgbouncer.enabled is not declared, must be false.",
  ]);
  expect(without(parameter("pgaudit.log"))).toEqual([
    "audit: parameter pgaudit.log lacks ddl.",
    "audit: parameter pgaudit.log lacks role.",
  ]);
  expect(without("azure-endpoint")).toEqual(["no-public-access: prod has no private endpoint."]);
  expect(without("azure-administrator-geo_admin")).toEqual([
    "entra-only: the server has no administrator of Entra.",
  ]);
});

it("names what is not protected, and a grant beside ExactGrants", () => {
  const open = good("uat").map((one) =>
    one.name === "azure-database" ? { ...one, protect: false } : one,
  );
  expect(judge(open)).toEqual(["protected: azure-database: it is not protected."]);
  // What is in the database as well: roles and schemas, and the program's own.
  for (const type of ["postgresql:index/role:Role", "pulumi-nodejs:dynamic/ddl:ExactGrants"]) {
    const inside = { type, name: "inside", props: {}, protect: false };
    expect(judge([...good("uat"), inside])).toEqual(["protected: inside: it is not protected."]);
  }
  for (const type of ["grant:Grant", "defaultPrivileges:DefaultPrivileges"]) {
    const grant = { type: `postgresql:index/${type}`, name: "g", props: {}, protect: true };
    expect(judge([...good("dev"), grant])).toEqual([
      "one-owner-of-privileges: g: privileges belong to ExactGrants alone.",
    ]);
  }
  const rule = good("dev").filter(({ type }) => type.endsWith(":FirewallRule"));
  const guarded = rule.map((one) => ({ ...one, protect: true }));
  expect(judge([...good("prod"), ...guarded])).toEqual([
    "no-public-access: azure-address-office: prod has no public addresses.",
  ]);
});

it("judges a stack without a server on Azure by what is in the database alone", () => {
  expect(judge([])).toEqual([]);
});

it("take the tier from the ledger as well, and the strictest where they differ or say none", () => {
  const ledger = (tier: unknown): EstateResource => ({
    ...{ type: "pulumi-nodejs:dynamic/ddl:Ledger", name: "ledger", protect: true },
    props: { tier },
  });
  expect(tierOf([ledger("dev")])).toBe("dev");
  expect(tierOf([...good("qa"), ledger("uat")])).toBe("uat");
  expect(tierOf([...good("uat"), ledger("dev")])).toBe("uat");
  expect(tierOf([ledger("DEV")])).toBe("prod");
  expect(tierOf([])).toBe("prod");
});

it.each(["dev", "prod"] as const)(
  "judge a preview of tier %s, in which ids are not known yet",
  async (tier) => {
    const { resources } = await registerServer(azureSettings(tier), { preview: true });
    const hidden = resources.map(({ type, name, inputs, protect }): EstateResource => ({
      ...{ type, name, protect },
      props: unknownCheckingProxy(inputs),
    }));
    expect(() => JSON.stringify(hidden)).toThrow(/can't be known/);
    expect(judge(hidden)).toEqual([]);
  },
);

it("finds a secret that is sent in clear, and repeats none", () => {
  const resources = broken("dev", "azure-server", "administratorLoginPassword", "hunter2");
  const lines = plainSecrets({ tier: "dev", resources }, isSecret);
  expect(lines).toEqual([
    "azure-server: administratorLoginPassword is sent in clear; wrap it in pulumi.secret.",
  ]);
  expect(judge(resources).join()).not.toContain("hunter2");
});

it("stand, each of them, in the table beside Microsoft's baseline and CIS", () => {
  const page = readFileSync(join(__dirname, "../../../docs/azure.md"), "utf8");
  const table = page.slice(page.indexOf("| row | about |"), page.indexOf("## Cost"));
  expect(
    estateRules.map(({ name }) => name).filter((name) => !table.includes(`\`${name}\``)),
  ).toEqual([]);
});
