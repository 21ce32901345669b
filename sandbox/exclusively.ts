/**
 * Lets one process at a time do something, on this machine.
 * Does NOT survive a restart with a process id used again by a long-lived process: then the error names the file.
 */
import { readFile, rm, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

import { isRunning } from "../toolchain/processes";

const POLL_MS = 100;
const GIVE_UP_AFTER_MS = 120_000;

/**
 * Runs `work` while no other process runs work under the same file.
 *
 * @param file  Made with this process's id in it; taken over from a process that is gone.
 */
export async function exclusively<T>(file: string, work: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + GIVE_UP_AFTER_MS;
  for (;;) {
    try {
      await writeFile(file, `${process.pid}\n`, { flag: "wx", mode: 0o600 });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const holder = Number.parseInt(await readFile(file, "utf8").catch(() => ""), 10);
    if (!Number.isNaN(holder) && !isRunning(holder)) await rm(file, { force: true });
    if (Date.now() > deadline) {
      throw new Error(`Process ${holder} holds ${file} for too long.\nHint: remove the file.`);
    }
    await sleep(POLL_MS);
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}
