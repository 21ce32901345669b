/**
 * Has the engine download the official `postgresql` plugin, for as long as something arrives.
 * Does NOT remember a failure, or put the plugin where the project uses it (plugin.ts).
 */
import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

import type { ProgressLog } from "./log";
import { isOfficial, pluginFolder } from "./pluginPlaces";
import { run } from "./run";
import { POSTGRESQL_PLUGIN_VERSION } from "./versions";

export interface PluginDownload {
  /** Path of the `pulumi` program. */
  readonly pulumi: string;
  /** An empty folder, to be the download's PULUMI_HOME; everything is written there. */
  readonly scratch: string;
  /** Given up when nothing arrives for so long. Milliseconds. */
  readonly stalledAfterMs: number;
  readonly log: ProgressLog;
}

const LOOK_EVERY_MS = 500;
/** The engine explains itself at length; this much of its last error is said. */
const LONGEST_REASON = 300;

/** Address of the mirror that the environment names, for `pulumi plugin install --server`. */
const mirror = (): readonly string[] =>
  process.env.DDL_PULUMI_DOWNLOADS ? ["--server", process.env.DDL_PULUMI_DOWNLOADS] : [];

/**
 * Downloads into `pluginFolder(scratch)`. The engine itself honours HTTPS_PROXY and NO_PROXY.
 *
 * @returns why it cannot be had, in one line, or null when it is there.
 */
export async function downloadPlugin(download: PluginDownload): Promise<string | null> {
  const { pulumi, scratch, stalledAfterMs, log } = download;
  const controller = new AbortController();
  let received = 0;
  let arrivedAt = Date.now();
  const watch = setInterval(
    () => {
      void bytesIn(scratch).then((bytes) => {
        if (bytes !== received) arrivedAt = Date.now();
        received = bytes;
        log.progress(
          received < 1_000_000
            ? "Looking for the official postgresql plugin"
            : `Downloading the official postgresql plugin: ${Math.round(received / 1_000_000)} MB`,
        );
        if (Date.now() - arrivedAt > stalledAfterMs) controller.abort();
      });
    },
    Math.min(LOOK_EVERY_MS, stalledAfterMs),
  );
  try {
    const args = ["plugin", "install", "resource", "postgresql", POSTGRESQL_PLUGIN_VERSION];
    const outcome = await run(pulumi, [...args, ...mirror()], {
      // The engine keeps the archive in the temporary folder while it arrives.
      env: { ...process.env, PULUMI_HOME: scratch, TMPDIR: scratch, PULUMI_SKIP_UPDATE_CHECK: "1" },
      signal: controller.signal,
    });
    if (outcome.status === 0 && isOfficial(pluginFolder(scratch))) return null;
    if (controller.signal.aborted) {
      const seconds = Math.max(1, Math.round(stalledAfterMs / 1000));
      return `nothing came for ${seconds} s, after ${(received / 1_000_000).toFixed(1)} MB`;
    }
    return reasonIn(outcome.stderr);
  } finally {
    clearInterval(watch);
  }
}

/** What the engine said of its last attempt, else its last error, in one line and without credentials of an address. */
export function reasonIn(stderr: string): string {
  const said = stderr
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const lastOf = (form: RegExp): string | undefined =>
    said.flatMap((line) => form.exec(line)?.[1] ?? []).at(-1);
  const reason =
    lastOf(/Error downloading plugin: (.+)/) ??
    lastOf(/^error: (.+)/i) ??
    said.at(-1) ??
    "no reason given";
  const shown = reason.replaceAll(/:\/\/[^/@\s"]+@/g, "://");
  return shown.length > LONGEST_REASON ? `${shown.slice(0, LONGEST_REASON)} …` : shown;
}

/** What the files below a folder hold; what is renamed or removed meanwhile counts for nothing. */
async function bytesIn(folder: string): Promise<number> {
  if (!existsSync(folder)) return 0;
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".log"))
    .map(async ({ parentPath, name }) =>
      stat(join(parentPath, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
