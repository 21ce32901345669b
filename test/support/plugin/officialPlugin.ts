/**
 * Which `postgresql` plugin tests of the program run with: the official one wherever this machine has one, because it
 * is what users have; else the project's stand-in. And how a test gets the one it is about.
 * Does NOT fetch one.
 */
import { delimiter } from "node:path";

import { officialPlugin, PLUGIN_PROGRAM } from "../../../toolchain/pluginPlaces";
import { folderOf, searchPath } from "../../../toolchain/run";

/** PATH with the official plugin's folder first, where there is one. */
export function pathWithPlugin(): string {
  const official = officialPlugin();
  return [...(official === undefined ? [] : [official]), ...searchPath()].join(delimiter);
}

/** PATH without any folder that holds such a plugin. */
export const pathWithoutPlugin = (): string =>
  searchPath()
    .filter((folder) => folderOf(PLUGIN_PROGRAM, [folder]) === undefined)
    .join(delimiter);

/** Variables of an engine that takes what is installed in its PULUMI_HOME, whatever is on PATH. */
export const installedPluginOnly = { PULUMI_IGNORE_AMBIENT_PLUGINS: "1" } as const;

/** Says on standard error, once a test file, which plugin its stacks run with. */
export function sayPlugin(): void {
  const official = officialPlugin();
  const which = official === undefined ? "the stand-in" : `the official one in ${official}`;
  process.stderr.write(`postgresql plugin of these stacks: ${which}\n`);
}
