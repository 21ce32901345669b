/**
 * Where things are: the folder of the program and its migrations, and how paths are shown.
 * Does NOT read a migration.
 */
import { readFile } from "node:fs/promises";
import { isAbsolute, join, relative, resolve, sep } from "node:path";

import { migrationsFolder } from "../../migrations/engine/survey/load";
import { configSource } from "./stackAccess";

/** Folder of the Pulumi program. */
export const projectFolder = (): string => process.env.DDL_PROJECT ?? join(__dirname, "..", "..");

/** The migrations of the program. */
export const projectMigrations = (): string => join(projectFolder(), migrationsFolder);

/** A path as seen from a folder, with slashes; absolute when it lies outside and is shorter so. */
export function shownPath(from: string, path: string): string {
  const near = relative(from, resolve(from, path));
  const shown = isAbsolute(near) || near.startsWith(`..${sep}..${sep}..`) ? path : near;
  return shown.split(sep).join("/");
}

/** The schemas that a tier's stack governs: what its file says, else the default. */
export async function governedSchemas(tier: string): Promise<readonly string[]> {
  const read = (name: string): Promise<string> => readFile(join(projectFolder(), name), "utf8");
  const stack = await read(`Pulumi.${tier}.yaml`).catch(() => "");
  const schemas = configSource(await read("Pulumi.yaml"), stack).get("schemas") ?? "[]";
  return JSON.parse(schemas) as readonly string[];
}
