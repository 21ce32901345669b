/**
 * Settings of the server on Azure and of the rules of the estate, each taken away or weakened alone, and the suites that
 * should notice. Pure data. Does NOT try them (see mutate.ts).
 */
import type { Fault } from "./fault";

const server = "azure/governedServer.ts";
const spec = "azure/estate/serverSpec.ts";
const tiers = "azure/estate/tierTable.ts";
const parameters = "azure/estate/parameters.ts";
const checks = "azure/estate/checks.ts";
const differences = "azure/estate/differences.ts";
const rules = "policy/rules.ts";

/** Of what is registered, and of what the rules demand. */
const declared = ["program/azure/server", "program/azure/rules"];
const checked = ["unit/azure/checks"];

/** What is said of them, the place, what stands there, and what would stand there. */
const faultsOf = (
  suites: readonly string[],
  rows: readonly (readonly [what: string, file: string, text: string, instead: string])[],
): readonly Fault[] =>
  rows.map(([what, file, text, instead]) => ({
    what: `azure: ${what}`,
    file,
    text,
    instead,
    suites,
  }));

const registered = faultsOf(declared, [
  ["the server takes unencrypted connections", parameters, 'require_secure_transport: "on",', ""],
  ["audit of roles is not asked for", parameters, '"ddl,role"', '"ddl"'],
  ["the audit shows parameters", parameters, '"pgaudit.log_parameter": "off",', ""],
  ["waits for locks are not logged", parameters, 'log_lock_waits: "on",', ""],
  ["log lines do not name the user", parameters, "user=%u,", ""],
  ["statements with passwords are logged", parameters, 'usesPasswords ? "none" : "ddl"', '"ddl"'],
  ["logins are not throttled", parameters, '"connection_throttle.enable": "on",', ""],
  [
    "passwords may be MD5",
    parameters,
    '"azure.accepted_password_auth_method": "scram-sha-256",',
    "",
  ],
  ["the pooler is left as it is", parameters, '"pgbouncer.enabled": "false",', ""],
  ["storage does not grow", spec, 'autoGrow: "Enabled"', 'autoGrow: "Disabled"'],
  [
    "passwords are on in uat and prod",
    spec,
    'settings.server.authentication === "password"',
    "true",
  ],
  [
    "backups are as short as Azure's default",
    spec,
    "backupRetentionDays: tier.backupDays,",
    "backupRetentionDays: 7,",
  ],
  ["backups stay in one region", spec, "onOff(tier.geoRedundantBackup)", "onOff(false)"],
  ["the public door stays open", spec, "onOff(azure.subnetId === null)", "onOff(true)"],
  ["nothing is tagged with its ticket", spec, "  ticket: azure.ticket,\n", ""],
  [
    "prod is not highly available",
    tiers,
    'highAvailability: "ZoneRedundant",',
    'highAvailability: "Disabled",',
  ],
  ["prod's logs go after 31 days", tiers, "logDays: 365,", "logDays: 31,"],
  ["parameters are left as Azure's", server, ', source: "user-override"', ""],
  ["the logs have no lock", server, '      keep("logs", workspaceId);\n', ""],
  [
    "nothing is protected",
    server,
    "const options = { parent: this, protect: tier.locks };",
    "const options = { parent: this };",
  ],
  ["the size that Azure raised would be lowered", server, '  "storage.storageSizeGB",\n', ""],
  ["the database may be dropped", server, "retainOnDelete: true,", "retainOnDelete: false,"],
  ["sessions are not kept", "azure/observation.ts", '  "PostgreSQLFlexSessions",\n', ""],
  [
    "the alert is off",
    "azure/observation.ts",
    "      enabled: true,\n      severity: 1,",
    "      enabled: false,\n      severity: 1,",
  ],
  [
    "the vault gives by access policies",
    "azure/secretStore.ts",
    "        enableRbacAuthorization: true,\n",
    "",
  ],
  ["the vault forgets", "azure/secretStore.ts", "        enablePurgeProtection: true,\n", ""],
  [
    "the vault lets everybody in",
    "azure/secretStore.ts",
    'defaultAction: "Deny"',
    'defaultAction: "Allow"',
  ],
  [
    "the secret never ends",
    "azure/secretStore.ts",
    ", expires: secondsOf(azure.secretExpires)",
    "",
  ],
]);

const demanded = faultsOf(
  ["program/azure/rules"],
  [
    ["no rule asks for TLS", rules, '...demand({ require_secure_transport: "on" })(estate),', ""],
    [
      "no rule asks for a private endpoint",
      rules,
      "endpoints.length === 0",
      "endpoints.length < 0",
    ],
    ["one lock is enough for the rules", rules, "locks.length >= 2", "locks.length >= 1"],
    [
      "no rule asks for another region",
      rules,
      'isGuarded(estate) && at(props, "backup.geoRedundantBackup")',
      'at(props, "backup.geoRedundantBackup") === null && at(props, "backup.geoRedundantBackup")',
    ],
    [
      "no rule asks that disconnections are logged",
      rules,
      '          log_disconnections: "on",\n',
      "",
    ],
    [
      "no rule asks that the audit hides parameters",
      rules,
      '          "pgaudit.log_parameter": "off",\n',
      "",
    ],
    [
      "no rule asks that log files cannot be downloaded",
      rules,
      '          "logfiles.download_enable": "off",\n',
      "",
    ],
    [
      "no rule asks for SCRAM alone",
      rules,
      '          "azure.accepted_password_auth_method": "scram-sha-256",\n',
      "",
    ],
    [
      "no rule asks that a vault keeps what was deleted",
      rules,
      '          ["enableSoftDelete", true],\n',
      "",
    ],
    [
      "default privileges may stand beside ExactGrants",
      rules,
      "(Grant|DefaultPrivileges)",
      "(Grant)",
    ],
    ["roles need not be protected", rules, "|^postgresql:index\\/", ""],
    ["no rule asks for a ticket", rules, '["tier", "owner", "ticket"]', '["tier", "owner"]'],
  ],
);

const refused = faultsOf(checked, [
  [
    "a size that Azure does not offer is taken",
    checks,
    "    skus.has(sizeOf(azure, settings))\n",
    '    sizeOf(azure, settings) !== ""\n',
  ],
  [
    "a version that Azure does not offer is taken",
    checks,
    "versions.some((one) => one === version)",
    'version !== ""',
  ],
  [
    "an extension that is on no list is taken",
    checks,
    ".filter((name) => !offersExtension(name))",
    ".filter(() => false)",
  ],
  ["prod may have passwords", checks, "serverTiers[tier].allowsPasswords ||", "true ||"],
  ["all of Azure may be let in", checks, "if (from === 0) {", "if (from < 0) {"],
]);

const adopted = faultsOf(
  ["program/azure/adopt"],
  [
    [
      "prod adopts a server with passwords on",
      differences,
      'live.passwordAuth, "Disabled", { refuses: true }',
      'live.passwordAuth, "Disabled", { refuses: false }',
    ],
    [
      "a database that is not there is adopted",
      differences,
      '"there", { refuses: true }',
      '"there", { refuses: false }',
    ],
  ],
);

export const azureFaults: readonly Fault[] = [...registered, ...demanded, ...refused, ...adopted];
