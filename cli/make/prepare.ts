/**
 * Gets everything ready for one pulumi command on one stack of the sandbox: engine, plugin, server, configuration,
 * the stack itself, and a state without leftovers.
 * Does NOT run the command (see engine.ts).
 */
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { parse } from "yaml";

import {
  environmentFor,
  pulumiHome,
  sandboxEnvironment,
  stateFolder,
} from "../../sandbox/environment";
import { writePrivate } from "../../sandbox/record";
import { ensureSandbox, type Sandbox } from "../../sandbox/sandbox";
import type { Tier } from "../../stack/tier";
import { cacheFolder } from "../../toolchain/cache";
import type { ProgressLog } from "../../toolchain/log";
import { ensurePostgresqlPlugin } from "../../toolchain/plugin";
import { bundlePlugin } from "../../toolchain/postgresql-plugin/bundle";
import { ensurePulumi, type Pulumi } from "../../toolchain/pulumi";
import { run } from "../../toolchain/run";
import { projectFolder } from "../stack/project";
import { sandboxConfig } from "../stack/stackConfig";
import { sandboxPgstac } from "./pgstacDefault";
import { recoverState, removeDeadLocks, waitForStack } from "./recover";

export interface Prepared {
  readonly sandbox: Sandbox;
  readonly stack: Tier;
  readonly project: string;
  /** Path of the `pulumi` program. */
  readonly pulumi: string;
  /** What differs from the user's environment. */
  readonly variables: Readonly<Record<string, string>>;
  /** The whole environment for a child. */
  readonly env: NodeJS.ProcessEnv;
  /** The stack's configuration as every command gets it. */
  readonly configFile: string;
  /** `--stack` and `--config-file`, which every command gets. */
  readonly stackArguments: readonly string[];
}

async function install(log: ProgressLog): Promise<{ pulumi: Pulumi; sandbox: Sandbox }> {
  const pulumi = await ensurePulumi(log);
  const sandbox = await ensureSandbox(log);
  await ensurePostgresqlPlugin(pulumi, log, {
    home: pulumiHome(sandbox),
    memory: cacheFolder(),
    bundle: bundlePlugin,
  });
  return { pulumi, sandbox };
}

/**
 * What a command does to the stack: `change` needs it alone; `look` works beside somebody who changes it; `none` only
 * wants the environment.
 */
export type Access = "change" | "look" | "none";

/**
 * Makes one stack ready.
 *
 * @throws {Error} something cannot be had or somebody else holds the stack; the message says what to do.
 */
export async function prepare(stack: Tier, access: Access, log: ProgressLog): Promise<Prepared> {
  const { pulumi, sandbox } = await install(log);
  const variables = sandboxEnvironment(sandbox, stack, pulumi.bin);
  const configFile = join(sandbox.folder, `Pulumi.${stack}.yaml`);
  const prepared: Prepared = {
    sandbox,
    stack,
    project: await projectName(),
    pulumi: join(pulumi.bin, "pulumi"),
    variables,
    env: environmentFor(variables),
    configFile,
    stackArguments: ["--stack", stack, "--config-file", configFile],
  };
  const target = { ...prepared, cwd: projectFolder(), state: stateFolder(sandbox) };
  const look = access === "change" ? waitForStack : removeDeadLocks;
  const holder = await look(target, log);
  if (holder !== undefined && access === "change") {
    throw new Error(
      `Stack ${stack} is locked by ${holder.who}.\n` +
        `Hint: wait until it ends. If it never will, end it or remove its lock: rm ${holder.file}`,
    );
  }
  const salt = await ensureStack(prepared);
  const committed = await readFile(join(projectFolder(), `Pulumi.${stack}.yaml`), "utf8").catch(
    () => "",
  );
  const defaults = await sandboxPgstac(prepared, committed, access === "change", log);
  await writePrivate(configFile, sandboxConfig(committed, salt, defaults));
  if (holder === undefined && access !== "none") await recoverState(target, log);
  return prepared;
}

async function projectName(): Promise<string> {
  const text = await readFile(join(projectFolder(), "Pulumi.yaml"), "utf8");
  return (parse(text) as { name: string }).name;
}

/**
 * Makes the stack on first use and returns its salt. `pulumi stack init` writes into the project that it finds, so it
 * is run on a project of the same name inside the sandbox.
 */
async function ensureStack(prepared: Prepared): Promise<string> {
  const { sandbox, stack, project } = prepared;
  const folder = join(sandbox.folder, "stacks");
  const saltFile = join(folder, `Pulumi.${stack}.yaml`);
  const stateFile = join(stateFolder(sandbox), ".pulumi", "stacks", project, `${stack}.json`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (!existsSync(stateFile) || !existsSync(saltFile)) {
    await writeFile(join(folder, "Pulumi.yaml"), `name: ${project}\nruntime: nodejs\n`);
    const args = ["stack", "init", stack, "--no-select", "--non-interactive"];
    const outcome = await run(prepared.pulumi, args, { cwd: folder, env: prepared.env });
    if (outcome.status !== 0) {
      throw new Error(
        `Stack ${stack} could not be made: ${outcome.stderr.trim()}\n` +
          'Hint: "make clean" removes the sandbox; the next command makes a new one.',
      );
    }
  }
  const made = parse(await readFile(saltFile, "utf8")) as { encryptionsalt: string };
  return made.encryptionsalt;
}
