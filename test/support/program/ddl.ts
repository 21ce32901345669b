/**
 * Runs the `ddl` command in this process, one at a time, with an environment, a folder and streams of its own; and names
 * the real shim for the tests that are about the process.
 * Does NOT judge what comes out.
 */
import { join } from "node:path";

import { execute } from "../../../cli/frame/execute";
import { styleFor } from "../../../cli/frame/terminal";
import { ddlProgram } from "../../../cli/program";

const repository = join(__dirname, "../../..");
/** The file that package.json names as `bin`: `ddl` as npx starts it. */
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
  const all: NodeJS.ProcessEnv = { ...Object.fromEntries(kept), ...gitName, ...own };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** Resolves when the command before has ended: the environment of a process is one. */
let queue: Promise<unknown> = Promise.resolve();

/** Runs `ddl <args>`. Commands that are started together run one after another. */
export function ddl(args: readonly string[], options: DdlOptions = {}): Promise<DdlOutcome> {
  const outcome = queue.then(() => runAlone(args, options));
  queue = outcome.catch(() => undefined);
  return outcome;
}

async function runAlone(
  args: readonly string[],
  { env, cwd = repository }: DdlOptions,
): Promise<DdlOutcome> {
  const before = process.env;
  const environment = ddlEnvironment(env);
  let [stdout, stderr] = ["", ""];
  const terminal = {
    print: (text: string) => (stdout += `${text}\n`),
    say: (text: string) => (stderr += `${text}\n`),
    style: styleFor(false, environment),
  };
  process.env = environment;
  try {
    const status = await execute(ddlProgram, args, { terminal, environment, folder: cwd });
    return { status, stdout, stderr };
  } finally {
    process.env = before;
  }
}
