/**
 * The environment in which a command meets the sandbox: credentials for the program, backend and home for pulumi.
 * Does NOT change the environment of this process.
 */
import { join } from "node:path";

import type { Tier } from "../stack/tier";
import { databaseOf, loginOf } from "./record";
import type { Sandbox } from "./sandbox";

/** Pulumi's home: plugins and credentials of the project, apart from the user's own. */
export const pulumiHome = (sandbox: Sandbox): string => join(sandbox.folder, "pulumi-home");

/** Folder of the file backend. */
export const stateFolder = (sandbox: Sandbox): string => join(sandbox.folder, "state");

/**
 * Variables for pulumi and the program on one tier's stack.
 *
 * @param bin  Folder of `pulumi`, put first on PATH.
 */
export function sandboxEnvironment(
  sandbox: Sandbox,
  tier: Tier,
  bin: string,
): Readonly<Record<string, string>> {
  const passwords = sandbox.record.passwords[tier];
  return {
    DDL_HOST: sandbox.host,
    DDL_PORT: String(sandbox.port),
    DDL_DATABASE: databaseOf(tier),
    DDL_SSLMODE: "disable",
    DDL_ADMIN: loginOf(tier, "admin"),
    DDL_ADMIN_PASSWORD: passwords.admin,
    DDL_MIGRATOR_PASSWORD: passwords.migrator,
    DDL_APPROVER_PASSWORD: passwords.approver,
    DDL_SERVICE_PASSWORD: passwords.service,
    PGPASSFILE: join(sandbox.folder, "pgpass"),
    PULUMI_BACKEND_URL: `file://${stateFolder(sandbox)}`,
    PULUMI_CONFIG_PASSPHRASE_FILE: join(sandbox.folder, "passphrase"),
    PULUMI_HOME: pulumiHome(sandbox),
    PULUMI_SKIP_UPDATE_CHECK: "1",
    // For a host on PATH that ignores `typescript: false`: types are checked by `make test`, not by each command.
    PULUMI_NODEJS_TRANSPILE_ONLY: "true",
    PATH: [bin, process.env.PATH ?? ""].join(":"),
  };
}

/**
 * Variables of the user's that would lead a command elsewhere than to the sandbox: other credentials of pulumi's, and
 * the PG… ones, which drivers take for whatever is not said.
 */
export function isMisleading(name: string): boolean {
  return MISLEADING.has(name) || /^PG[A-Z]+$/.test(name);
}

const MISLEADING: ReadonlySet<string> = new Set([
  "PULUMI_ACCESS_TOKEN",
  "PULUMI_CONFIG",
  "PULUMI_CONFIG_PASSPHRASE",
  "PULUMI_ORGANIZATION",
  "PULUMI_STACK",
]);

/** This process's environment, with the sandbox's in place of what would mislead. */
export function environmentFor(
  variables: Readonly<Record<string, string>>,
  inherited: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
  const kept = Object.entries(inherited).filter(([name]) => !isMisleading(name));
  return { ...Object.fromEntries(kept), ...variables };
}
