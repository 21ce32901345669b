/**
 * Sees to the engine's `postgresql` plugin: the official one wherever it can be had, else the project's own stand-in
 * (see postgresql-plugin/), put into the project's own PULUMI_HOME only.
 * Does NOT shadow an official plugin, and touches no other PULUMI_HOME.
 */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

import type { Log } from "./log";
import type { Pulumi } from "./pulumi";
import { folderOf, run, searchPath } from "./run";
import { POSTGRESQL_PLUGIN_VERSION } from "./versions";

/** `path`: the engine takes it from PATH. The others lie in the project's PULUMI_HOME. */
export type PluginSource = "path" | "installed" | "download" | "stand-in";

export interface PluginOptions {
  /** The project's own PULUMI_HOME. */
  readonly home: string;
  /** Folder in which a failed download is remembered, so that every home need not learn it anew. */
  readonly memory: string;
  /** Writes the stand-in into a folder, with a file AIRGAP that holds its digest. */
  readonly bundle: (folder: string) => Promise<unknown>;
  /** Bounds one attempt to download. */
  readonly downloadWithinMs?: number;
}

const PROGRAM = "pulumi-resource-postgresql";
const FOLDER = `resource-postgresql-v${POSTGRESQL_PLUGIN_VERSION}`;
const INSTALL = ["plugin", "install", "resource", "postgresql", POSTGRESQL_PLUGIN_VERSION];
/** In the folder of a stand-in only; holds the digest of what it was bundled from. */
const STAND_IN_MARK = "AIRGAP";
const DOWNLOAD_WITHIN_MS = 20_000;
const TRY_AGAIN_AFTER_MS = 24 * 60 * 60 * 1000;

/**
 * Makes sure that the engine finds a plugin, and says where it came from.
 *
 * @throws {Error} neither the official one nor the stand-in could be installed.
 */
export async function ensurePostgresqlPlugin(
  pulumi: Pulumi,
  log: Log,
  options: PluginOptions,
): Promise<PluginSource> {
  const installed = join(options.home, "plugins", FOLDER);
  await mkdir(join(options.home, "plugins"), { recursive: true });
  const isOfficial = (folder: string): boolean =>
    existsSync(join(folder, PROGRAM)) && !existsSync(join(folder, STAND_IN_MARK));

  if (folderOf(PROGRAM, searchPath()) !== undefined) {
    // It would win all the same; away with it, so that it is not found when PATH changes.
    if (!isOfficial(installed)) await removeInstalled(installed);
    return "path";
  }
  if (isOfficial(installed)) return "installed";

  const usersOwn = join(userHome(), "plugins", FOLDER);
  if (usersOwn !== installed && isOfficial(usersOwn)) {
    await installFrom(pulumi, options.home, usersOwn);
    return "installed";
  }
  if (await download(pulumi, log, options, installed)) return "download";
  return ensureStandIn(pulumi, log, options, installed);
}

/** The home that pulumi uses outside of this project. */
const userHome = (): string => process.env.PULUMI_HOME ?? join(homedir(), ".pulumi");

/** Tries at most once a day: a machine without the internet stays without it for longer than one command. */
async function download(
  pulumi: Pulumi,
  log: Log,
  options: PluginOptions,
  installed: string,
): Promise<boolean> {
  const failure = join(options.memory, "postgresql-plugin-unavailable");
  const failedAt = (await stat(failure).catch(() => undefined))?.mtimeMs ?? 0;
  if (Date.now() - failedAt < TRY_AGAIN_AFTER_MS) return false;

  // A home of its own: a stand-in that works stays until the official one is whole.
  const scratch = await mkdtemp(join(options.home, "download-"));
  try {
    log.progress("Looking for the official postgresql plugin");
    const outcome = await run(join(pulumi.bin, "pulumi"), INSTALL, {
      env: pluginEnvironment(scratch),
      timeoutMs: options.downloadWithinMs ?? DOWNLOAD_WITHIN_MS,
    });
    const fetched = join(scratch, "plugins", FOLDER);
    if (outcome.status !== 0 || !existsSync(join(fetched, PROGRAM))) {
      await mkdir(options.memory, { recursive: true });
      await writeFile(failure, outcome.stderr);
      return false;
    }
    await removeInstalled(installed);
    await rename(fetched, installed);
    await rm(failure, { force: true });
    log.say(`Installed the official postgresql plugin ${POSTGRESQL_PLUGIN_VERSION}`);
    return true;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function ensureStandIn(
  pulumi: Pulumi,
  log: Log,
  options: PluginOptions,
  installed: string,
): Promise<"stand-in"> {
  const scratch = await mkdtemp(join(options.home, "bundle-"));
  try {
    await options.bundle(scratch);
    const digestIn = (folder: string): Promise<string | undefined> =>
      readFile(join(folder, STAND_IN_MARK), "utf8").catch(() => undefined);
    const [wanted, present] = await Promise.all([digestIn(scratch), digestIn(installed)]);
    if (wanted === undefined) throw new Error(`The bundled plugin has no file ${STAND_IN_MARK}.`);
    if (wanted === present) return "stand-in";
    await installFrom(pulumi, options.home, scratch);
    log.say(
      `Installed the project's stand-in for the postgresql plugin ${POSTGRESQL_PLUGIN_VERSION}: ` +
        "the official one cannot be had here",
    );
    return "stand-in";
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function installFrom(pulumi: Pulumi, home: string, folder: string): Promise<void> {
  const args = [...INSTALL, "--file", folder, "--reinstall"];
  const outcome = await run(join(pulumi.bin, "pulumi"), args, { env: pluginEnvironment(home) });
  if (outcome.status === 0) return;
  throw new Error(`The postgresql plugin in ${folder} could not be installed: ${outcome.stderr}`);
}

function pluginEnvironment(home: string): NodeJS.ProcessEnv {
  return { ...process.env, PULUMI_HOME: home, PULUMI_SKIP_UPDATE_CHECK: "1" };
}

async function removeInstalled(folder: string): Promise<void> {
  for (const path of [folder, `${folder}.lock`, `${folder}.partial`]) {
    await rm(path, { recursive: true, force: true });
  }
}
