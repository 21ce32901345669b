/**
 * Sees to the engine's `postgresql` plugin: the official one wherever it can be had, else the project's own stand-in
 * (see postgresql-plugin/), put into the project's own PULUMI_HOME only.
 * Does NOT shadow an official plugin, and touches no other PULUMI_HOME.
 */
import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { ProgressLog } from "./log";
import { downloadPlugin } from "./pluginDownload";
import { isOfficial, pluginFolder, pluginOnPath, STAND_IN_MARK, userHome } from "./pluginPlaces";
import type { Pulumi } from "./pulumi";
import { run } from "./run";
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
  /** A download is given up when nothing arrives for so long. */
  readonly stalledAfterMs?: number;
}

const STALLED_AFTER_MS = 20_000;
const TRY_AGAIN_AFTER_MS = 24 * 60 * 60 * 1000;
/** In the home: which plugin served the last command. */
const LAST_SERVED = "postgresql-plugin-in-use";

/**
 * Makes sure that the engine finds a plugin, and says where it came from. A change from one to the other is said: both
 * work on the same state, but they are not the same program.
 *
 * @throws {Error} neither the official one nor the stand-in could be installed.
 */
export async function ensurePostgresqlPlugin(
  pulumi: Pulumi,
  log: ProgressLog,
  options: PluginOptions,
): Promise<PluginSource> {
  await mkdir(join(options.home, "plugins"), { recursive: true });
  const source = await ensureAny(pulumi, log, options);
  await sayChange(log, options.home, source);
  return source;
}

async function ensureAny(
  pulumi: Pulumi,
  log: ProgressLog,
  options: PluginOptions,
): Promise<PluginSource> {
  const installed = pluginFolder(options.home);
  if (pluginOnPath() !== undefined) {
    // It would win all the same; away with it, so that it is not found when PATH changes.
    if (!isOfficial(installed)) await removeInstalled(installed);
    return "path";
  }
  if (isOfficial(installed)) return "installed";

  const usersOwn = pluginFolder(userHome());
  if (usersOwn !== installed && isOfficial(usersOwn)) {
    await installFrom(pulumi, options.home, usersOwn);
    return "installed";
  }
  if (await download(pulumi, log, options, installed)) return "download";
  return ensureStandIn(pulumi, options, installed);
}

/** The plugin that serves, in words. */
function describe(source: PluginSource): string {
  if (source === "stand-in") return "the project's stand-in";
  return source === "path" ? `the one on PATH (${pluginOnPath() ?? ""})` : "the official one";
}

/** Says which plugin serves from now on, where that is news. */
async function sayChange(log: ProgressLog, home: string, source: PluginSource): Promise<void> {
  const memory = join(home, LAST_SERVED);
  const before = await readFile(memory, "utf8").catch(() => undefined);
  const now = describe(source);
  if (before === now) return;
  await writeFile(memory, now);
  const what = `The postgresql plugin ${POSTGRESQL_PLUGIN_VERSION}`;
  log.say(
    before === undefined
      ? `${what} is ${now}`
      : `${what} is ${now} from now on, no longer ${before}`,
  );
}

/** Tries at most once a day: a machine without the internet stays without it for longer than one command. */
async function download(
  pulumi: Pulumi,
  log: ProgressLog,
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
    const reason = await downloadPlugin({
      pulumi: join(pulumi.bin, "pulumi"),
      scratch,
      stalledAfterMs: options.stalledAfterMs ?? STALLED_AFTER_MS,
      log,
    });
    if (reason !== null) {
      await mkdir(options.memory, { recursive: true });
      await writeFile(failure, `${reason}\n`);
      const again = new Date(Date.now() + TRY_AGAIN_AFTER_MS);
      log.say(
        `The official postgresql plugin ${POSTGRESQL_PLUGIN_VERSION} cannot be had: ${reason}\n` +
          `It is tried again after ${again.toISOString().slice(0, 16).replace("T", " ")} UTC, or when ${failure} is removed.`,
      );
      return false;
    }
    await removeInstalled(installed);
    await rename(pluginFolder(scratch), installed);
    await rm(failure, { force: true });
    return true;
  } finally {
    // The engine may still be writing its log when it was ended.
    await rm(scratch, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function ensureStandIn(
  pulumi: Pulumi,
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
    if (wanted !== present) await installFrom(pulumi, options.home, scratch);
    return "stand-in";
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function installFrom(pulumi: Pulumi, home: string, folder: string): Promise<void> {
  const args = ["plugin", "install", "resource", "postgresql", POSTGRESQL_PLUGIN_VERSION];
  const env = { ...process.env, PULUMI_HOME: home, PULUMI_SKIP_UPDATE_CHECK: "1" };
  const outcome = await run(
    join(pulumi.bin, "pulumi"),
    [...args, "--file", folder, "--reinstall"],
    { env },
  );
  if (outcome.status === 0) return;
  throw new Error(`The postgresql plugin in ${folder} could not be installed: ${outcome.stderr}`);
}

async function removeInstalled(folder: string): Promise<void> {
  for (const path of [folder, `${folder}.lock`, `${folder}.partial`]) {
    await rm(path, { recursive: true, force: true });
  }
}
