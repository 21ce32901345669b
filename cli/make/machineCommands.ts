/**
 * The commands behind the Makefile that are about this machine: programs, the sandbox, the tour.
 * Does NOT hold their work: each is a few calls.
 */
import { rm } from "node:fs/promises";

import { serverAccount } from "../../sandbox/account";
import { packagedBinaries } from "../../sandbox/packagedBinaries";
import { removeSandbox, stopSandbox } from "../../sandbox/sandbox";
import { removeSharedFolder } from "../../sandbox/sharedFolder";
import { cacheFolder } from "../../toolchain/cache";
import { type ProgressLog, streamLog } from "../../toolchain/log";
import { ensurePulumi } from "../../toolchain/pulumi";
import { type Call, type Command, type ExitStatus, exitStatus } from "../frame/command";
import { tour, tourSandbox } from "./tour";

/** One that takes nothing. */
const command = (
  name: string,
  summary: string,
  run: (call: Call) => Promise<ExitStatus>,
): Command => ({ name, summary, arguments: [], options: {}, examples: [], run });

/** One that says a line at its end, or nothing. */
const saying = (
  name: string,
  summary: string,
  work: (log: ProgressLog) => Promise<string | null>,
): Command =>
  command(name, summary, async () => {
    const log = streamLog();
    const line = await work(log);
    if (line !== null) log.say(line);
    return exitStatus.fine;
  });

async function removeSandboxes(): Promise<void> {
  await removeSandbox(tourSandbox());
  await removeSandbox();
}

export const machineCommands: readonly Command[] = [
  saying("engine", "Fetch or build Pulumi's engine", async (log) => {
    await ensurePulumi(log);
    return null;
  }),

  saying("postgis", "Fetch PostgreSQL with PostGIS from this machine's packages", async (log) => {
    return (await packagedBinaries(serverAccount(), log)).description;
  }),

  command("tour", "Walk a change from dev to prod in databases of its own", ({ terminal }) =>
    tour(terminal.print),
  ),

  saying("sandbox-stop", "Stop the sandbox; its data stays", async () =>
    (await stopSandbox()) ? "Sandbox stopped; its data stays" : "The sandbox does not run",
  ),

  saying("clean", "Stop the sandbox and remove it with all its data", async () => {
    await removeSandboxes();
    return "Sandbox removed";
  }),

  saying("distclean", "The same, and the cache of built or downloaded programs", async () => {
    await removeSandboxes();
    await rm(cacheFolder(), { recursive: true, force: true });
    await removeSharedFolder();
    return "Sandbox and the cache of programs removed";
  }),
];
