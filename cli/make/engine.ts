/**
 * Runs one pulumi command in the foreground and passes Ctrl-C on in two steps: the first lets the running step end,
 * the second cancels it.
 * Does NOT interpret the exit status.
 */
import { spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { constants } from "node:os";
import { join } from "node:path";

import { stateFolder } from "../../sandbox/environment";
import type { ProgressLog } from "../../toolchain/log";
import { projectFolder } from "../stack/project";
import type { Prepared } from "./prepare";

const INTERRUPTIONS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs `pulumi <args>` on the prepared stack; its output goes where ours goes.
 *
 * @returns its exit status (8 when it was cancelled).
 */
export async function runPulumi(
  prepared: Prepared,
  args: readonly string[],
  log: ProgressLog,
): Promise<number> {
  const [command = "", ...rest] = args;
  const child = spawn(prepared.pulumi, [command, ...prepared.stackArguments, ...rest], {
    cwd: projectFolder(),
    env: prepared.env,
    // A session of its own, and no keyboard: the terminal's Ctrl-C comes to us alone, once, and we pass it on.
    detached: true,
    stdio: ["ignore", "inherit", "inherit"],
  });
  let interruptions = 0;
  const interrupt = (): void => {
    interruptions += 1;
    if (interruptions === 1) log.say(FIRST_INTERRUPTION);
    child.kill("SIGINT");
  };
  for (const signal of INTERRUPTIONS) process.on(signal, interrupt);
  try {
    return await new Promise<number>((done, fail) => {
      child.once("error", fail);
      child.once("exit", (status, signal) => {
        done(status ?? 128 + (signal === null ? 0 : constants.signals[signal]));
      });
    });
  } finally {
    for (const signal of INTERRUPTIONS) process.off(signal, interrupt);
  }
}

const FIRST_INTERRUPTION =
  "\nStopping: the step that runs is finished first. Press Ctrl-C once more to cancel it.";

/**
 * Whether the last update of the stack, as the backend recorded it, changed nothing.
 */
export async function changedNothing(prepared: Prepared): Promise<boolean> {
  const { project, stack, sandbox } = prepared;
  const folder = join(stateFolder(sandbox), ".pulumi", "history", project, stack);
  const newest = (await readdir(folder).catch((): string[] => []))
    .filter((name) => name.endsWith(".history.json"))
    .sort()
    .at(-1);
  if (newest === undefined) return false;
  const entry = JSON.parse(await readFile(join(folder, newest), "utf8")) as {
    resourceChanges?: Readonly<Record<string, number>>;
  };
  return Object.keys(entry.resourceChanges ?? {}).every((kind) => kind === "same");
}
