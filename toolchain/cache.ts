/**
 * The project's own cache of programs: where it is, and installations into it that are whole or not there.
 * Does NOT know what is installed.
 */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

import { isRunning } from "./processes";

const NAME = "rmhgeoapi-database";
const WORK_PREFIX = "work-";

/** `DDL_CACHE`, else a folder below XDG_CACHE_HOME or ~/.cache. Never made by this function. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.DDL_CACHE) return resolve(env.DDL_CACHE);
  return join(env.XDG_CACHE_HOME ?? join(env.HOME ?? homedir(), ".cache"), NAME);
}

/**
 * Makes `<cache>/<name>` from what `fill` writes into a folder of its own, by one rename: it is there whole or not
 * at all, also when two processes install at once (the first wins, the second's work is thrown away).
 *
 * @param fill  Gets an empty folder to fill, and another for what it needs only meanwhile.
 * @returns     The installed folder.
 */
export async function installInto(
  cache: string,
  name: string,
  fill: (folder: string, scratch: string) => Promise<void>,
): Promise<string> {
  await mkdir(cache, { recursive: true });
  await removeAbandonedWork(cache);
  const work = await mkdtemp(join(cache, `${WORK_PREFIX}${process.pid}-`));
  const [folder, scratch] = [join(work, "install"), join(work, "scratch")];
  const target = join(cache, name);
  try {
    await mkdir(folder);
    await mkdir(scratch);
    await fill(folder, scratch);
    await rename(folder, target).catch((error: unknown) => {
      if (!existsSync(target)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true, maxRetries: 3 });
  }
  return target;
}

/** A build that was killed leaves gigabytes; its folder carries the process id. */
async function removeAbandonedWork(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    const pid = Number.parseInt(name.slice(WORK_PREFIX.length), 10);
    if (!name.startsWith(WORK_PREFIX) || Number.isNaN(pid) || isRunning(pid)) continue;
    await rm(join(cache, name), { recursive: true, force: true });
  }
}
