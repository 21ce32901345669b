/**
 * The rules of the estate for a server on Azure, each a value: what it demands, and how it is seen to be broken. Pure.
 * Does NOT start a policy server (index.ts) and repeats no value of a resource that may be secret.
 */
import { strictestTier } from "../stack/tier";
import { at, type Estate, type EstateRule, isGuarded, ofType, servers } from "./estate";

/** Values of the server's parameters that are declared, by name. */
const parametersOf = (estate: Estate): ReadonlyMap<string, string> =>
  new Map(
    ofType(estate, "dbforpostgresql:Configuration").map(({ props }) => [
      String(props["configurationName"]),
      String(props["value"]),
    ]),
  );

const listed = (text: string | undefined): readonly string[] =>
  (text ?? "").split(",").map((part) => part.trim().toLowerCase());

/** Parameters that must be declared with exactly a value: taking one out of the program writes Azure's default back. */
function demand(values: Readonly<Record<string, string>>): (estate: Estate) => readonly string[] {
  return (estate) => {
    if (servers(estate).length === 0) return [];
    const parameters = parametersOf(estate);
    return Object.entries(values).flatMap(([name, value]) => {
      const found = parameters.get(name);
      if (found === value) return [];
      return [`parameter ${name} is ${found ?? "not declared"}, must be ${value}.`];
    });
  };
}

/** What each server must have, path by path. */
function ofServers(estate: Estate, values: Readonly<Record<string, string>>): readonly string[] {
  return servers(estate).flatMap(({ name, props }) =>
    Object.entries(values).flatMap(([path, value]) => {
      const found = at(props, path);
      return found === value ? [] : [`${name}: ${path} is ${shown(found)}, must be ${value}.`];
    }),
  );
}

const shown = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : "not set";

const backupDays: Readonly<Record<string, number>> = { dev: 7, qa: 7, uat: 14, prod: 35 };

export const estateRules: readonly EstateRule[] = [
  {
    name: "tls",
    description: "The server takes encrypted connections only, by TLS 1.2 or newer.",
    judge: (estate) => {
      if (servers(estate).length === 0) return [];
      const least = parametersOf(estate).get("ssl_min_protocol_version");
      return [
        ...demand({ require_secure_transport: "on" })(estate),
        ...(least === "TLSv1.2" || least === "TLSv1.3"
          ? []
          : [
              `parameter ssl_min_protocol_version is ${least ?? "not declared"}, must be TLSv1.2 or TLSv1.3.`,
            ]),
      ];
    },
  },
  {
    name: "no-public-access",
    description: "uat and prod have a private endpoint only; nowhere is all of Azure let in.",
    judge: (estate) => {
      const rules = ofType(estate, "dbforpostgresql:FirewallRule");
      const everybody = rules
        .filter(({ props }) => props["startIpAddress"] === "0.0.0.0")
        .map(({ name }) => `${name}: it starts at 0.0.0.0 and lets in every customer of Azure.`);
      if (!isGuarded(estate) || servers(estate).length === 0) return everybody;
      const endpoints = ofType(estate, "network:PrivateEndpoint");
      return [
        ...everybody,
        ...rules.map(({ name }) => `${name}: ${estate.tier} has no public addresses.`),
        ...ofServers(estate, { "network.publicNetworkAccess": "Disabled" }),
        ...(endpoints.length === 0 ? [`${estate.tier} has no private endpoint.`] : []),
      ];
    },
  },
  {
    name: "locked",
    description: "In uat and prod locks keep server and logs from being deleted.",
    judge: (estate) => {
      if (!isGuarded(estate) || servers(estate).length === 0) return [];
      const locks = ofType(estate, "authorization:ManagementLockByScope").filter(
        ({ props }) => props["level"] === "CanNotDelete",
      );
      return locks.length >= 2
        ? []
        : [
            `${locks.length} CanNotDelete lock(s) are declared, server and logs must each have one.`,
          ];
    },
  },
  {
    name: "protected",
    description: "In uat and prod Pulumi destroys nothing that holds data, access or evidence.",
    judge: (estate) =>
      isGuarded(estate)
        ? estate.resources
            .filter(
              ({ type, protect }) =>
                !protect &&
                /^azure-native:|^postgresql:index\/|ddl:(OwnedDatabase|EntraPrincipals|Ledger|ExactGrants)$/.test(
                  type,
                ),
            )
            .map(({ name }) => `${name}: it is not protected.`)
        : [],
  },
  {
    name: "backups",
    description: "Backups are kept for the tier's days, in uat and prod in another region as well.",
    judge: (estate) =>
      servers(estate).flatMap(({ name, props }) => {
        const days = Number(at(props, "backup.backupRetentionDays") ?? 0);
        const least = backupDays[estate.tier] ?? 35;
        return [
          ...(days >= least
            ? []
            : [`${name}: backup.backupRetentionDays is ${days}, must be ${least} or more.`]),
          ...(isGuarded(estate) && at(props, "backup.geoRedundantBackup") !== "Enabled"
            ? [`${name}: backup.geoRedundantBackup must be Enabled.`]
            : []),
        ];
      }),
  },
  {
    name: "available",
    description: "prod survives the loss of a machine.",
    judge: (estate) =>
      estate.tier === strictestTier
        ? servers(estate)
            .filter(
              ({ props }) =>
                !["SameZone", "ZoneRedundant"].includes(shown(at(props, "highAvailability.mode"))),
            )
            .map(({ name }) => `${name}: highAvailability.mode must be ZoneRedundant or SameZone.`)
        : [],
  },
  {
    name: "audit",
    description: "Changes of structure and of roles are recorded, kept, and told of.",
    judge: (estate) => {
      if (servers(estate).length === 0) return [];
      const parameters = parametersOf(estate);
      const audited = listed(parameters.get("pgaudit.log"));
      const sets: readonly (readonly [string, string])[] = [
        ["shared_preload_libraries", "pgaudit"],
        ["azure.extensions", "pgaudit"],
        ...["ddl", "role"]
          .filter(() => !audited.includes("all"))
          .map((word) => ["pgaudit.log", word] as const),
      ];
      const missing = sets
        .filter(([name, word]) => !listed(parameters.get(name)).includes(word))
        .map(([name, word]) => `parameter ${name} lacks ${word}.`);
      const kept = ofType(estate, "monitor:DiagnosticSetting").some(
        ({ props }) =>
          Array.isArray(props["logs"]) &&
          props["logs"].some(
            (log) => at(log, "category") === "PostgreSQLLogs" && at(log, "enabled") === true,
          ),
      );
      const alert = ofType(estate, "monitor:ScheduledQueryRule").some(
        ({ props }) => props["enabled"] === true,
      );
      return [
        ...missing,
        ...demand({
          log_connections: parameters.get("log_connections") === "all" ? "all" : "on",
          log_disconnections: "on",
          log_checkpoints: "on",
          log_lock_waits: "on",
          "pgaudit.log_client": "off",
          "pgaudit.log_parameter": "off",
        })(estate),
        ...((parameters.get("log_line_prefix") ?? "").includes("%u")
          ? []
          : ["parameter log_line_prefix lacks %u: no line says who it was."]),
        ...(kept ? [] : ["no diagnostic setting keeps PostgreSQLLogs."]),
        ...(alert ? [] : ["no alert tells of structure that others changed."]),
      ];
    },
  },
  {
    name: "no-password-in-logs",
    description: "log_statement writes no statement where one may hold a password.",
    judge: (estate) =>
      servers(estate).some(({ props }) => at(props, "authConfig.passwordAuth") !== "Disabled") &&
      parametersOf(estate).get("log_statement") !== "none"
        ? ["parameter log_statement must be none where logins have passwords; pgaudit hides them."]
        : [],
  },
  {
    name: "entra-only",
    description: "Logins may use tokens everywhere; in uat and prod they have no passwords.",
    judge: (estate) => {
      if (servers(estate).length === 0) return [];
      const nobody = ofType(estate, "dbforpostgresql:AdministratorsMicrosoftEntra").length === 0;
      return [
        ...ofServers(estate, { "authConfig.activeDirectoryAuth": "Enabled" }),
        ...(isGuarded(estate)
          ? [
              ...ofServers(estate, { "authConfig.passwordAuth": "Disabled" }),
              ...servers(estate)
                .filter(({ props }) => props["administratorLoginPassword"] !== undefined)
                .map(({ name }) => `${name}: it has an administrator with a password.`),
            ]
          : []),
        ...(nobody ? ["the server has no administrator of Entra."] : []),
      ];
    },
  },
  {
    name: "parameters-not-weakened",
    description: "Parameters that guard the server are declared, with these values.",
    judge: (estate) => {
      if (servers(estate).length === 0) return [];
      const idle = Number(parametersOf(estate).get("idle_in_transaction_session_timeout") ?? 0);
      return [
        ...demand({
          "connection_throttle.enable": "on",
          "logfiles.download_enable": "off",
          "logfiles.retention_days": "7",
          "azure.accepted_password_auth_method": "scram-sha-256",
          password_encryption: "scram-sha-256",
          "pgbouncer.enabled": "false",
        })(estate),
        ...(idle > 0 && idle <= 600_000
          ? []
          : ["parameter idle_in_transaction_session_timeout must be 1 to 600000."]),
        ...ofType(estate, "dbforpostgresql:Configuration")
          .filter(({ props }) => props["source"] !== "user-override")
          .map(({ name }) => `${name}: its source must be user-override, else Azure ignores it.`),
      ];
    },
  },
  {
    name: "one-owner-of-privileges",
    description:
      "No Grant or DefaultPrivileges stands beside ExactGrants: two owners would undo each other.",
    judge: ({ resources }) =>
      resources
        .filter(({ type }) => /^postgresql:.*:(Grant|DefaultPrivileges)$/.test(type))
        .map(({ name }) => `${name}: privileges belong to ExactGrants alone.`),
  },
  {
    name: "vaults",
    description:
      "A vault gives by roles, forgets nothing, lets nobody in by default, and its secrets end.",
    judge: (estate) => [
      ...ofType(estate, "keyvault:Vault").flatMap(({ name, props }) => {
        const must: readonly (readonly [string, unknown])[] = [
          ["enableRbacAuthorization", true],
          ["enablePurgeProtection", true],
          ["enableSoftDelete", true],
          ["networkAcls.defaultAction", "Deny"],
        ];
        return must.flatMap(([path, value]) =>
          at(props, `properties.${path}`) === value
            ? []
            : [`${name}: properties.${path} must be ${String(value)}.`],
        );
      }),
      ...ofType(estate, "keyvault:Secret")
        .filter(({ props }) => !(Number(at(props, "properties.attributes.expires")) > 0))
        .map(({ name }) => `${name}: its secret never ends.`),
    ],
  },
  {
    name: "tagged",
    description: "Whatever can be tagged says its tier, its owner and its ticket.",
    judge: ({ resources }) =>
      resources
        .filter(({ props }) => props["tags"] !== undefined)
        .flatMap(({ name, props }) =>
          ["tier", "owner", "ticket"]
            .filter(
              (key) =>
                shown(at(props, `tags.${key}`)) === "not set" || at(props, `tags.${key}`) === "",
            )
            .map((key) => `${name}: the tag ${key} is missing.`),
        ),
  },
];

/** Properties that are secret wherever they stand, as paths. */
const secretPaths = [
  ...["administratorLoginPassword", "password", "passwordWo", "properties.value"],
] as const;

/**
 * Secrets that a program sends in clear. A pack cannot see that (the engine unwraps them for it): this judges what the
 * program itself sends, in tests.
 *
 * @param isSecret  Whether a value is wrapped.
 */
export function plainSecrets(
  { resources }: Estate,
  isSecret: (value: unknown) => boolean,
): readonly string[] {
  return resources.flatMap(({ name, props }) =>
    secretPaths
      .filter((path) => at(props, path) !== undefined && !isSecret(at(props, path)))
      .map((path) => `${name}: ${path} is sent in clear; wrap it in pulumi.secret.`),
  );
}
