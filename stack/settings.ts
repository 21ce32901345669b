/**
 * Turns configuration and environment into typed settings: the one place that knows the names of keys and variables.
 * Does NOT read files, open connections or look up passwords (see credentials.ts).
 */
import {
  parsePgstacVersion,
  pgstacExtensions,
  pgstacSchema,
  type PgstacVersion,
  pgstacVersions,
} from "../pgstac/hardening/versions";
import { type AzureServer, hostOf, parseAzure } from "./azure";
import { type FurtherRole, parseFurtherRoles } from "./furtherRoles";
import { longestName } from "./identifiers";
import { declaredKinds } from "./roleKinds";
import {
  parseDatabaseSettings,
  parseRoleSettings,
  type SettingsOfRoles,
  type StoredSettings,
} from "./storedSettings";
import { parseTier, strictestTier, type Tier } from "./tier";
import { parseWindow, type Window } from "./window";

/** Where values come from: `pulumi.Config` in the program, the request's config in a provider. */
export interface ConfigSource {
  get(key: string): string | undefined;
}

/** The environment, as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** TLS modes of libpq that both this program and the postgresql plugin understand. */
const sslModes = ["disable", "require", "verify-ca", "verify-full"] as const;
type SslMode = (typeof sslModes)[number];

/** Where the database is. */
export interface ServerSettings {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly sslmode: SslMode;
  /** File of the certificate authority, or null for the system's own. */
  readonly sslRootCert: string | null;
  readonly authentication: "password" | "entra";
}

/** Names of the roles, all in one database cluster. */
export interface RoleSettings {
  /** Owns the database, the ledger and the events; makes roles. Never a superuser. */
  readonly admin: string;
  /** Login that runs migrations, or null when none is configured. */
  readonly migrator: string | null;
  readonly migrators: readonly string[];
  /** Login that records sign-offs, validations and acknowledgements; null: the admin does. */
  readonly approver: string | null;
  readonly approvers: readonly string[];
  /** Login of sessions that only look, an auditor among the further roles; null: the admin looks. */
  readonly auditor: string | null;
  readonly auditors: readonly string[];
  readonly service: string;
  readonly infrastructure: string;
  /** Roles beside the policy's own, that this program declares or expects. */
  readonly further: readonly FurtherRole[];
}

/** What the service role may use up. Milliseconds. */
export interface ServiceLimits {
  readonly connectionLimit: number;
  readonly statementTimeoutMs: number;
  readonly lockTimeoutMs: number;
  readonly idleInTransactionTimeoutMs: number;
}

/** What is done when a migration fails after something of it was kept. */
const failureActions = ["stop", "rollback"] as const;
type FailureAction = (typeof failureActions)[number];

/** How migrations run. Milliseconds. */
interface RunSettings {
  readonly onFailure: FailureAction;
  /** A version, or `latest`. */
  readonly targetVersion: string;
  readonly tickets: readonly string[];
  /** Name of the stack of the tier below, as a stack reference has it, or null. */
  readonly promotesFrom: string | null;
  /** Maintenance windows. */
  readonly windows: readonly Window[];
  readonly lockTimeoutMs: number;
  readonly lockBudgetMs: number;
  readonly statementTimeoutMs: number;
  readonly runnerWaitMs: number;
}

/** Which PgSTAC the stack has. */
interface PgstacSettings {
  readonly version: PgstacVersion;
  /** Change ticket of this version; null: none is stated, which uat and prod refuse. */
  readonly ticket: string | null;
}

/** Longest name of a host. Source: RFC 1035, 2.3.4. */
const longestHost = 253;

/** Everything the program was told. */
export interface Settings {
  readonly tier: Tier;
  readonly server: ServerSettings;
  readonly roles: RoleSettings;
  readonly schemas: readonly string[];
  readonly extensions: readonly string[];
  /** Database that a scratch database is copied from, with the extensions in it; null: it is made from nothing. */
  readonly proofTemplate: string | null;
  /** PgSTAC as this program installs and keeps it; null: whoever wants it installs it. */
  readonly pgstac: PgstacSettings | null;
  /** The two functions that make and drop tables of datasets may run with the infrastructure role's rights. */
  readonly datasetTables: boolean;
  readonly passwordVersion: string;
  readonly serviceLimits: ServiceLimits;
  /** Stored with the database, for every login of it. Empty: what others store there is left alone. */
  readonly databaseSettings: StoredSettings;
  /** Stored with roles, for this database. */
  readonly roleSettings: SettingsOfRoles;
  readonly run: RunSettings;
  /** The server on Azure that this stack declares or looks at; null: any server that can be reached. */
  readonly azure: AzureServer | null;
  /** Tier to stamp on a database that holds objects but no stamp, or null. */
  readonly adopt: Tier | null;
  /**
   * While `adopt` is set: nothing is taken away from anybody, and no migration runs. False where the setting says "take
   * over" behind the tier, and where it is not set.
   */
  readonly onlyLooks: boolean;
}

/** Behind the tier in `adopt`: privileges and owners are mended in the same run. */
const takeOver = /,\s*take[ -]over$/;

/** Variables that win over a configuration key. Passwords have their own, see credentials.ts. */
const variableOf: Readonly<Record<string, string>> = {
  host: "DDL_HOST",
  port: "DDL_PORT",
  database: "DDL_DATABASE",
  sslmode: "DDL_SSLMODE",
  sslRootCert: "DDL_SSLROOTCERT",
  admin: "DDL_ADMIN",
  migrator: "DDL_MIGRATOR",
  approver: "DDL_APPROVER",
  tickets: "DDL_TICKETS",
};

/** Raised by readSettings: every wrong value, one line each. */
export class SettingsError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(
      [
        `The configuration has ${problems.length} problem(s):`,
        ...problems.map((p) => `  ${p}`),
      ].join("\n"),
    );
    this.name = "SettingsError";
  }
}

/** PostgreSQL keeps settings in 32 bits. */
const longestInteger = 2_147_483_647;

/**
 * Reads all settings.
 *
 * @param config       Configuration values as text; lists as JSON.
 * @param environment  Variables that win over configuration.
 * @throws {SettingsError} naming every value that is missing or wrong.
 */
export function readSettings(config: ConfigSource, environment: Environment): Settings {
  const problems: string[] = [];
  const text = (key: string): string => {
    const variable = variableOf[key];
    const fromEnvironment = variable === undefined ? undefined : environment[variable];
    return (fromEnvironment ?? config.get(key) ?? "").trim();
  };
  const attempt = <T>(key: string, fallback: T, parse: () => T): T => {
    try {
      return parse();
    } catch (error) {
      problems.push(`${key}: ${error instanceof Error ? error.message : String(error)}`);
      return fallback;
    }
  };
  const oneOf = <T extends string>(key: string, allowed: readonly T[]): T =>
    attempt(key, allowed[0] as T, () => {
      const found = allowed.find((value) => value === text(key));
      if (found === undefined)
        throw new Error(`"${text(key)}" is not one of ${allowed.join(", ")}.`);
      return found;
    });
  const whole = (key: string, least: number, most = longestInteger): number =>
    attempt(key, least, () => {
      const value = Number(text(key));
      if (text(key) === "" || !Number.isInteger(value) || value < least || value > most) {
        throw new Error(`"${text(key)}" is not a whole number from ${least} to ${most}.`);
      }
      return value;
    });
  const name = (key: string, value = text(key)): string =>
    attempt(key, value, () => {
      if (value === "") throw new Error("a name is missing.");
      if (Buffer.byteLength(value) > longestName || value.includes("\0")) {
        throw new Error(
          `"${value}" is longer than the ${longestName} bytes PostgreSQL keeps of a name.`,
        );
      }
      return value;
    });
  const list = (key: string): readonly string[] =>
    attempt(key, [], () => {
      const raw = text(key);
      if (raw === "") return [];
      if (!raw.startsWith("["))
        return raw
          .split(",")
          .map((item) => item.trim())
          .filter(Boolean);
      const parsed: unknown = JSON.parse(raw);
      if (!Array.isArray(parsed) || !parsed.every((item) => typeof item === "string")) {
        throw new Error("it is not a list of texts.");
      }
      return parsed;
    });
  const orNull = (value: string): string | null => (value === "" ? null : value);

  /** The login of this run and all logins of its kind, among which it must be. */
  const logins = (one: string, all: string): [string | null, readonly string[]] => {
    const [login, listed] = [orNull(text(one)), list(all).map((item) => name(all, item))];
    if (login !== null && !listed.includes(login)) {
      problems.push(`${one}: ${login} is not among ${all}; add it there.`);
    }
    return [login, listed];
  };

  const [migrator, migrators] = logins("migrator", "migrators");
  const [approver, approvers] = logins("approver", "approvers");
  const schemas = list("schemas").map((item) => name("schemas", item));
  const further = parseFurtherRoles(text("furtherRoles"), schemas);
  problems.push(...further.problems.map((problem) => `furtherRoles: ${problem}`));
  const roles: RoleSettings = {
    admin: name("admin"),
    migrator,
    migrators,
    approver,
    approvers,
    auditor: orNull((environment["DDL_LOOK_AS"] ?? "").trim()),
    auditors: further.roles.filter(({ kind }) => kind === "auditor").map((role) => role.name),
    service: name("serviceRole"),
    infrastructure: name("infrastructureRole"),
    further: further.roles,
  };
  // An approver who is a migrator too could approve their own run.
  const named = [
    ...[roles.admin, roles.service, roles.infrastructure, ...migrators, ...approvers],
    ...further.roles.map((role) => role.name),
  ];
  const twice = named.filter((item, index) => named.indexOf(item) !== index);
  if (twice.length > 0) {
    problems.push(
      `admin, serviceRole, infrastructureRole, migrators, approvers, furtherRoles: ${twice.join(", ")} is named twice.`,
    );
  }

  const { auditor } = roles;
  if (auditor !== null && !roles.auditors.includes(auditor)) {
    problems.push(
      `DDL_LOOK_AS: ${auditor} is no auditor; list it in furtherRoles with kind auditor.`,
    );
  }

  const databaseSettings = parseDatabaseSettings(text("databaseSettings"));
  const roleSettings = parseRoleSettings(text("roleSettings"), (key) => loginsNamed(roles, key));
  problems.push(...databaseSettings.problems, ...roleSettings.problems);

  const { azure, problems: azureProblems } = parseAzure(text("azure"), text("azureServer"));
  problems.push(...azureProblems);

  const pgstacVersion = text("pgstac");
  const pgstac = attempt<PgstacSettings | null>("pgstac", null, () => {
    if (pgstacVersion === "none" || pgstacVersion === "") return null;
    const version = parsePgstacVersion(pgstacVersion);
    if (version === undefined) {
      throw new Error(`"${pgstacVersion}" is not one of none, ${pgstacVersions.join(", ")}.`);
    }
    if (!schemas.includes(pgstacSchema)) throw new Error(`${pgstacSchema} is not among schemas.`);
    return { version, ticket: orNull(text("pgstacTicket")) };
  });

  const settings: Settings = {
    tier: attempt<Tier>("tier", strictestTier, () => parseTier(text("tier"))),
    server: {
      host: attempt("host", "", () => {
        const host = hostFrom(azure, text("host"), environment);
        if (host === "") throw new Error("a name is missing.");
        if (host.length > longestHost) {
          throw new Error(
            `"${host}" is longer than the ${longestHost} characters of a host's name.`,
          );
        }
        return host;
      }),
      port: whole("port", 1, 65_535),
      database: name("database"),
      sslmode: oneOf("sslmode", sslModes),
      sslRootCert: orNull(text("sslRootCert")),
      authentication: oneOf("authentication", ["password", "entra"]),
    },
    roles,
    schemas,
    extensions: [
      ...new Set([
        ...list("extensions").map((item) => name("extensions", item)),
        ...(pgstac === null ? [] : pgstacExtensions),
      ]),
    ],
    pgstac,
    datasetTables: attempt("datasetTables", false, () => {
      const value = text("datasetTables");
      if (!["", "true", "false"].includes(value)) {
        throw new Error(`"${value}" is not one of true, false.`);
      }
      return value === "true";
    }),
    proofTemplate: orNull(text("proofTemplate")),
    passwordVersion: text("passwordVersion"),
    serviceLimits: {
      connectionLimit: whole("serviceConnectionLimit", -1),
      statementTimeoutMs: whole("serviceStatementTimeoutMs", 0),
      lockTimeoutMs: whole("serviceLockTimeoutMs", 0),
      idleInTransactionTimeoutMs: whole("serviceIdleInTransactionTimeoutMs", 0),
    },
    databaseSettings: databaseSettings.settings,
    roleSettings: roleSettings.settings,
    run: {
      onFailure: oneOf("onFailure", failureActions),
      targetVersion: text("targetVersion"),
      tickets: list("tickets"),
      promotesFrom: orNull(text("promotesFrom")),
      windows: list("window").flatMap((item) =>
        attempt<readonly Window[]>("window", [], () => [parseWindow(item)]),
      ),
      lockTimeoutMs: whole("lockTimeoutMs", 1),
      lockBudgetMs: whole("lockBudgetMs", 0),
      statementTimeoutMs: whole("statementTimeoutMs", 0),
      runnerWaitMs: whole("runnerWaitMs", 0),
    },
    azure,
    adopt:
      text("adopt") === ""
        ? null
        : attempt<Tier | null>("adopt", null, () => parseTier(text("adopt").replace(takeOver, ""))),
    onlyLooks: text("adopt") !== "" && !takeOver.test(text("adopt")),
  };
  if (settings.schemas.length === 0) problems.push("schemas: there is nothing to govern.");
  if (settings.schemas.includes("public")) {
    problems.push("schemas: public holds the ledger and cannot be governed.");
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return settings;
}

/** Logins that are declared here: all of a kind, or the one of that name. */
function loginsNamed(roles: RoleSettings, key: string): readonly string[] {
  const kinds: readonly (readonly [string, readonly string[]])[] = [
    ["service", [roles.service]],
    ["migrator", roles.migrators],
    ["approver", roles.approvers],
    ...declaredKinds.map(
      (kind) =>
        [kind, roles.further.filter((role) => role.kind === kind).map(({ name }) => name)] as const,
    ),
  ];
  const ofKind = kinds.find(([kind]) => kind === key)?.[1] ?? [];
  return ofKind.length > 0 ? ofKind : kinds.flatMap(([, names]) => names).filter((n) => n === key);
}

/** On Azure the host follows from the server's name, unless the environment leads there another way (a tunnel). */
function hostFrom(azure: AzureServer | null, host: string, environment: Environment): string {
  return azure === null || environment["DDL_HOST"] !== undefined ? host : hostOf(azure);
}
