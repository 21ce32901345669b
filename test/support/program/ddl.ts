/**
 * Runs the `ddl` command as npx does: the real shim in a process of its own. Does NOT judge what comes out.
 */
import { join } from "node:path";

import { run } from "../../../toolchain/run";

const repository = join(__dirname, "../../..");
/** The file that package.json names as `bin`. */
export const ddlShim = join(repository, "cli/bin/ddl.js");

export interface DdlOptions {
  /** Set on top of this process's environment, less what would lead to a database. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The repository by default. */
  readonly cwd?: string;
}

export interface DdlOutcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Variables of whoever runs the tests that would change what a command does or looks like. */
const misleading = /^(DDL_|PG|GITHUB_|NO_COLOR|FORCE_COLOR|NODE_OPTIONS)/;

/** A name for git, which has none on a new machine and anybody's on another. */
const gitName = {
  GIT_CONFIG_COUNT: "1",
  GIT_CONFIG_KEY_0: "user.name",
  GIT_CONFIG_VALUE_0: "Ada",
};

/** This process's environment, less what would mislead, and what is given. */
export function ddlEnvironment(own: DdlOptions["env"] = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !misleading.test(name));
  return { ...Object.fromEntries(kept), ...gitName, ...own };
}

/** Runs `ddl <args>`. */
export function ddl(args: readonly string[], options: DdlOptions = {}): Promise<DdlOutcome> {
  return run(process.execPath, [ddlShim, ...args], {
    cwd: options.cwd ?? repository,
    env: ddlEnvironment(options.env),
  });
}
