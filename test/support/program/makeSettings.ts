/**
 * Settings for tests, read by the program's own reader from well-formed values of which a test changes some.
 * Pure. Does NOT touch files, environment or network.
 */
import { readSettings, type Settings } from "../../../stack/settings";

/** Values of every configuration key, as text. */
export type Configuration = Readonly<Record<string, string>>;

/** A well-formed configuration: the defaults of Pulumi.yaml, with short waits. */
export const wellFormed: Configuration = {
  tier: "dev",
  host: "127.0.0.1",
  port: "5432",
  database: "geo",
  sslmode: "disable",
  sslRootCert: "",
  authentication: "password",
  admin: "geo_admin",
  migrator: "geo_migrator",
  migrators: '["geo_migrator"]',
  approver: "",
  approvers: "[]",
  serviceRole: "geo_service",
  infrastructureRole: "geo_infra",
  schemas: '["dagapp", "geoapi", "pgstac"]',
  extensions: "[]",
  proofTemplate: "",
  passwordVersion: "1",
  serviceConnectionLimit: "50",
  serviceStatementTimeoutMs: "60000",
  serviceLockTimeoutMs: "5000",
  serviceIdleInTransactionTimeoutMs: "60000",
  targetVersion: "latest",
  tickets: "[]",
  promotesFrom: "",
  window: "[]",
  lockTimeoutMs: "200",
  lockBudgetMs: "5000",
  statementTimeoutMs: "20000",
  onFailure: "stop",
  runnerWaitMs: "20000",
  adopt: "",
};

/** Where values come from, as `pulumi.Config` is. A key that is undefined here is not configured. */
export const configOf = (
  values: Readonly<Record<string, string | undefined>>,
): { get(key: string): string | undefined } => ({ get: (key) => values[key] });

/** The settings of the well-formed configuration with some values changed. */
export function makeSettings(overrides: Configuration = {}): Settings {
  return readSettings(configOf({ ...wellFormed, ...overrides }), {});
}
