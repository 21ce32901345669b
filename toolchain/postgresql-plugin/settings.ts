/**
 * Reads the provider's configuration. Pure: values and environment in, settings out.
 * Does NOT connect nor read a certificate (see connection). Source: the official plugin's configuration, whose keys,
 * environment variables and defaults are kept; libpq, "SSL Mode Descriptions".
 */
import { PluginError } from "./errors";
import type { Value, Values } from "./wire";

/** The modes the official plugin's driver has; `allow` and `prefer` it refuses too. */
const TLS_MODES = ["disable", "require", "verify-ca", "verify-full"] as const;
type TlsMode = (typeof TLS_MODES)[number];

/** How to reach the server. `password` must not be shown. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string | undefined;
  readonly tlsMode: TlsMode;
  /** Path of a PEM file with trusted roots; undefined is what Node.js trusts. */
  readonly rootCertificateFile: string | undefined;
  /** Seconds; 0 waits for ever. */
  readonly connectTimeoutSeconds: number;
  /** Connections to one database at a time. */
  readonly maxConnections: number;
}

/** Environment variables, as in process.env. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Configuration that needs the official plugin. Each is refused when set to anything but its "off". */
const UNSUPPORTED = [
  "azureIdentityAuth",
  "azureTenantId",
  "awsRdsIamAuth",
  "awsRdsIamProfile",
  "awsRdsIamProviderRoleArn",
  "awsRdsIamRegion",
  "gcpIamImpersonateServiceAccount",
  "clientcert",
  "databaseUsername",
] as const;

const OFF: readonly string[] = ["", "false", "null", "[]", "{}"];

/** The official plugin's default number of connections; its 0 means no limit, which a pool must not have. */
const DEFAULT_MAX_CONNECTIONS = 20;
const DEFAULT_CONNECT_TIMEOUT_SECONDS = 180;

function text(value: Value | undefined): string | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value === "object") return JSON.stringify(value);
  return String(value);
}

function wholeNumber(name: string, value: string, minimum: number): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= minimum) return number;
  throw new PluginError(
    `the provider's ${name} is ${JSON.stringify(value)}: it must be a whole number of ${minimum} or more`,
  );
}

function parseTlsMode(value: string): TlsMode {
  const mode = TLS_MODES.find((known) => known === value);
  if (mode !== undefined) return mode;
  throw new PluginError(
    `the provider's sslmode is ${JSON.stringify(value)}: use one of ${TLS_MODES.join(", ")}`,
  );
}

/**
 * Reads the configuration of one provider instance.
 *
 * @param args         As the engine sends it, unwrapped: every value a string.
 * @param environment  Answers where `args` does not.
 * @throws {PluginError} a value is malformed, or asks for what only the official plugin has.
 */
export function parseSettings(args: Values, environment: Environment): Settings {
  for (const key of UNSUPPORTED) {
    if (OFF.includes(text(args[key]) ?? "")) continue;
    throw new PluginError(
      `the air-gap postgresql plugin does not support ${key}: use the official plugin, or log in with a password`,
    );
  }
  const scheme = text(args.scheme) ?? "postgres";
  if (scheme !== "postgres") {
    throw new PluginError(
      `the air-gap postgresql plugin has no scheme ${JSON.stringify(scheme)}: only postgres`,
    );
  }
  const setting = (key: string, variable: string): string | undefined =>
    text(args[key]) ?? text(environment[variable]);
  const maxConnections = wholeNumber(
    "maxConnections",
    text(args.maxConnections) ?? String(DEFAULT_MAX_CONNECTIONS),
    -1,
  );
  return {
    host: setting("host", "PGHOST") ?? "localhost",
    port: wholeNumber("port", setting("port", "PGPORT") ?? "5432", 1),
    database: setting("database", "PGDATABASE") ?? "postgres",
    user: setting("username", "PGUSER") ?? "postgres",
    password: setting("password", "PGPASSWORD"),
    tlsMode: parseTlsMode(setting("sslmode", "PGSSLMODE") ?? text(args.sslMode) ?? "require"),
    rootCertificateFile: setting("sslrootcert", "PGSSLROOTCERT"),
    connectTimeoutSeconds: Math.max(
      0,
      wholeNumber(
        "connectTimeout",
        setting("connectTimeout", "PGCONNECT_TIMEOUT") ?? String(DEFAULT_CONNECT_TIMEOUT_SECONDS),
        -1,
      ),
    ),
    maxConnections: maxConnections > 0 ? maxConnections : DEFAULT_MAX_CONNECTIONS,
  };
}
