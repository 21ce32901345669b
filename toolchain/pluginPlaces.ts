/**
 * Where a `postgresql` plugin may be on this machine, and which kind it is.
 * Does NOT install, remove or fetch one (plugin.ts, pluginDownload.ts).
 */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

import { folderOf, searchPath } from "./run";
import { POSTGRESQL_PLUGIN_VERSION } from "./versions";

/** The program that the engine starts. */
export const PLUGIN_PROGRAM = "pulumi-resource-postgresql";
/** In the folder of a stand-in only; holds the digest of what it was bundled from. */
export const STAND_IN_MARK = "AIRGAP";

/** Folder of the plugin's version below a PULUMI_HOME. */
export const pluginFolder = (home: string): string =>
  join(home, "plugins", `resource-postgresql-v${POSTGRESQL_PLUGIN_VERSION}`);

/** Whether a folder holds an official plugin. */
export const isOfficial = (folder: string): boolean =>
  existsSync(join(folder, PLUGIN_PROGRAM)) && !existsSync(join(folder, STAND_IN_MARK));

/** The home that pulumi uses outside of this project. */
export const userHome = (): string => process.env.PULUMI_HOME ?? join(homedir(), ".pulumi");

/** The folder on PATH whose plugin the engine takes before any that is installed, or `undefined`. */
export const pluginOnPath = (): string | undefined =>
  /^(?:1|t|true)$/i.test(process.env.PULUMI_IGNORE_AMBIENT_PLUGINS ?? "")
    ? undefined
    : folderOf(PLUGIN_PROGRAM, searchPath());

/** Folder of an official plugin that is on this machine: on PATH, else in the user's own home; or `undefined`. */
export function officialPlugin(): string | undefined {
  const onPath = pluginOnPath();
  return [...(onPath === undefined ? [] : [onPath]), pluginFolder(userHome())].find(isOfficial);
}
