/**
 * What a new migration is called: the next number and version of a folder, who writes it, and today.
 * Does NOT write a file.
 */
import { readdir } from "node:fs/promises";

import { isSqlFile } from "../../migrations/engine/files/collection";
import { numberOf } from "../../migrations/engine/files/file";
import { loadMigrations } from "../../migrations/engine/survey/load";
import { run as runProgram } from "../../toolchain/run";
import { UsageError } from "../frame/command";
import { projectFolder } from "../stack/project";
import type { NewMigration } from "./newMigration";

/** The next number, and the migration before it. */
export async function next(
  folder: string,
): Promise<{ readonly number: number; readonly previous: NewMigration["previous"] }> {
  const names = (await readdir(folder).catch((): string[] => [])).filter(isSqlFile);
  const highest = Math.max(0, ...names.map((name) => numberOf(name) ?? 0));
  if (highest === 0) return { number: 1, previous: null };
  const { migrations } = await loadMigrations(folder);
  const last = migrations.at(-1);
  if (last?.number !== highest) {
    const file = names.find((name) => numberOf(name) === highest) ?? "";
    throw new UsageError(
      `${file} has problems, so the version to go on from is not known.`,
      "correct it first: npx ddl check --tier dev",
    );
  }
  return {
    number: highest + 1,
    previous: { fileName: last.fileName, version: last.header.version },
  };
}

/** git's user.name, or a placeholder. */
export async function author(): Promise<string> {
  const outcome = await runProgram("git", ["config", "user.name"], { cwd: projectFolder() }).catch(
    () => null,
  );
  const name = outcome?.status === 0 ? outcome.stdout.trim() : "";
  return name === "" ? "[Your name]" : name;
}

/** In this place's own time: the day on which somebody wrote it. */
export function today(): string {
  const now = new Date();
  const parts = [now.getFullYear(), now.getMonth() + 1, now.getDate()];
  return parts.map((part) => String(part).padStart(2, "0")).join("-");
}
