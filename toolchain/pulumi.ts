/**
 * Brings a `pulumi` onto the machine, by the first way that works: PATH, the project's cache, the official download,
 * a build from Go modules.
 * Does NOT install plugins (see plugin.ts) and writes nowhere but the cache.
 */
import { existsSync } from "node:fs";
import { chmod, copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { buildEngine } from "./build";
import { cacheFolder, installInto } from "./cache";
import { downloadEngine } from "./download";
import { findGo } from "./go";
import type { ProgressLog } from "./log";
import { folderOf, run, searchPath } from "./run";
import {
  compatibleEngine,
  ENGINE_RANGE,
  ENGINE_VERSION,
  engineFolder,
  LANGUAGE_HOST_PROGRAM,
} from "./versions";

export interface Pulumi {
  /** Folder that holds `pulumi` and its language host; to be first on PATH. */
  readonly bin: string;
  readonly version: string;
  readonly source: "path" | "cache" | "download" | "built";
}

/** How `pulumi preview --expect-no-changes` ends when it would change something. */
export const CHANGES_EXPECTED = 7;

const LANGUAGE_HOST = "pulumi-language-nodejs";
const DYNAMIC_PROVIDER = "pulumi-resource-pulumi-nodejs";
const VERSION_WITHIN_MS = 30_000;

/**
 * Finds or installs the engine.
 *
 * @throws {Error} it cannot be had: what was tried, why each failed, what to do.
 */
export async function ensurePulumi(log: ProgressLog): Promise<Pulumi> {
  const cache = cacheFolder();
  const name = engineFolder(process.platform, process.arch);
  const failures: string[] = [];
  const failed = (way: string, error: unknown): void => {
    failures.push(`  ${way}: ${error instanceof Error ? error.message : String(error)}`);
  };

  try {
    return await onPath();
  } catch (error) {
    failed("on PATH", error);
    if (error instanceof UnfitError) log.say(`The pulumi on PATH is left alone: ${error.message}`);
  }
  if (existsSync(join(cache, name))) {
    try {
      return {
        bin: join(cache, name),
        version: await versionIn(join(cache, name)),
        source: "cache",
      };
    } catch (error) {
      // Nothing of ours is half installed: a person, or a new system library, has broken it.
      failed("the cache", error);
      throw cannotBeHad(failures, `Remove ${join(cache, name)} and try again.`);
    }
  }
  try {
    const bin = await installInto(cache, name, async (folder, scratch) => {
      await downloadEngine(folder, scratch, log);
      await versionIn(folder);
    });
    log.say(`Downloaded pulumi ${ENGINE_VERSION} to ${bin}`);
    return { bin, version: ENGINE_VERSION, source: "download" };
  } catch (error) {
    failed("official download", error);
  }
  try {
    const go = await findGo(cache, log);
    log.say(`Building pulumi ${ENGINE_VERSION} from Go modules: a few minutes, once per machine`);
    const bin = await installInto(cache, name, async (folder, scratch) => {
      await buildEngine(go, folder, scratch, log);
      await copyDynamicProvider(folder);
      await versionIn(folder);
    });
    log.say(`Built pulumi ${ENGINE_VERSION} in ${bin}`);
    return { bin, version: ENGINE_VERSION, source: "built" };
  } catch (error) {
    failed("build from Go modules", error);
  }
  throw cannotBeHad(
    failures,
    `Install pulumi ${ENGINE_RANGE} (https://www.pulumi.com/docs/install/), or Go 1.21 or newer, or python3 with pip, and try again.`,
  );
}

/** Folder of a `pulumi` that is here already, on PATH or in the project's cache, or null. Installs nothing. */
export function findPulumi(): string | null {
  const cached = join(cacheFolder(), engineFolder(process.platform, process.arch));
  return folderOf("pulumi", [...searchPath(), cached]) ?? null;
}

function cannotBeHad(failures: readonly string[], hint: string): Error {
  return new Error(`Pulumi cannot be had on this machine:\n${failures.join("\n")}\nHint: ${hint}`);
}

/** A pulumi that is there and cannot be taken: its user is told why another one runs. */
class UnfitError extends Error {}

async function onPath(): Promise<Pulumi> {
  const bin = folderOf("pulumi", searchPath());
  if (bin === undefined) throw new Error("no pulumi");
  for (const program of [LANGUAGE_HOST, DYNAMIC_PROVIDER]) {
    if (folderOf(program, [bin, ...searchPath()]) === undefined) {
      throw new UnfitError(`${join(bin, "pulumi")} is there without ${program}`);
    }
  }
  return { bin, version: await versionIn(bin), source: "path" };
}

/** Runs the engine that is in a folder and returns its version, when that is one we take. */
async function versionIn(folder: string): Promise<string> {
  const pulumi = join(folder, "pulumi");
  // Even this command writes a log into its home, and the user's own is not ours to write to.
  const home = await mkdtemp(join(tmpdir(), "pulumi-version-"));
  const env = { ...process.env, PULUMI_HOME: home, PULUMI_SKIP_UPDATE_CHECK: "1" };
  const outcome = await run(pulumi, ["version"], { env, timeoutMs: VERSION_WITHIN_MS });
  await rm(home, { recursive: true, force: true, maxRetries: 3 });
  const version = outcome.status === 0 ? compatibleEngine(outcome.stdout) : undefined;
  if (version !== undefined) return version;
  const said = (outcome.stdout.trim() || outcome.stderr.trim()).split("\n").at(-1) ?? "";
  throw new UnfitError(`${pulumi} is "${said}", but ${ENGINE_RANGE} is needed`);
}

/**
 * The script finds @pulumi/pulumi from the folder of the program, wherever the script itself is. Beside `pulumi` the
 * engine takes it for its own and does not warn of a plugin on PATH.
 */
async function copyDynamicProvider(folder: string): Promise<void> {
  const sdk = dirname(require.resolve("@pulumi/pulumi/package.json"));
  const manifest = await readFile(join(sdk, "package.json"), "utf8");
  const { version } = JSON.parse(manifest) as { version: string };
  if (version !== ENGINE_VERSION) {
    throw new Error(
      `@pulumi/pulumi is ${version}, but the engine that is built is ${ENGINE_VERSION}`,
    );
  }
  await copyFile(join(sdk, DYNAMIC_PROVIDER), join(folder, DYNAMIC_PROVIDER));
  await chmod(join(folder, DYNAMIC_PROVIDER), 0o755);
  await writeLanguageHost(folder);
  await writeFile(join(folder, "BUILT"), `pulumi ${ENGINE_VERSION}, built from Go modules\n`);
}

/**
 * The host that Go can build takes the options of Pulumi.yaml's runtime as flags, which the engine no longer sends. So
 * they are repeated here: without them the host would type-check the whole program at every command.
 */
async function writeLanguageHost(folder: string): Promise<void> {
  const options = `-typescript=false -nodeargs="--import tsx"`;
  const script = `#!/bin/sh\nexec "$(dirname "$0")/${LANGUAGE_HOST_PROGRAM}" ${options} "$@"\n`;
  await writeFile(join(folder, LANGUAGE_HOST), script, { mode: 0o755 });
}
