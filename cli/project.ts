/**
 * Where things are: the folder of the program and its migrations, and how paths are shown.
 * Does NOT read any file.
 */
import { isAbsolute, join, relative, resolve, sep } from "node:path";

import { migrationsFolder } from "../migrations/engine/load";

/** Folder of the Pulumi program. */
export const projectFolder = (): string => process.env.DDL_PROJECT ?? join(__dirname, "..");

/** The migrations of the program. */
export const projectMigrations = (): string => join(projectFolder(), migrationsFolder);

/** A path as seen from a folder, with slashes; absolute when it lies outside and is shorter so. */
export function shownPath(from: string, path: string): string {
  const near = relative(from, resolve(from, path));
  const shown = isAbsolute(near) || near.startsWith(`..${sep}..${sep}..`) ? path : near;
  return shown.split(sep).join("/");
}
