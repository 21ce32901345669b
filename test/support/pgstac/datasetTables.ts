/**
 * A database with all shipped migrations and the optional one that makes tables of datasets, as if a team had taken it in.
 * Does NOT call its functions.
 */
import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { impactsAmong } from "../../../migrations/engine/impact/classify";
import { applyMigration } from "../../../migrations/engine/run/run";
import { withRunner } from "../../../migrations/engine/server/runner";
import { loadMigrations } from "../../../migrations/engine/survey/load";
import { migrationsFolder } from "../files/migrationFiles";
import type { ProgramDatabase } from "../servers/programDatabase";

const optionalFolder = join(migrationsFolder, "optional");

/** Copies the shipped files and the optional pair into one folder, and returns it. The caller removes it. */
async function withOptionalFiles(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "datasets-"));
  for (const from of [migrationsFolder, optionalFolder]) {
    const names = (await readdir(from)).filter((name) => name.endsWith(".sql"));
    for (const name of names) await cp(join(from, name), join(folder, name));
  }
  return folder;
}

/** Applies every file, the optional one last, and heals what is left to heal. */
export async function applyWithOptional(database: ProgramDatabase): Promise<void> {
  const folder = await withOptionalFiles();
  try {
    const { migrations, problems } = await loadMigrations(folder);
    if (problems.length > 0) throw new Error(JSON.stringify(problems));
    for (const migration of migrations) {
      await withRunner(database.access, (runner) =>
        applyMigration(
          runner,
          { migration, lower: [], expected: impactsAmong(migrations, migration) },
          () => undefined,
        ),
      );
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  const { left } = await database.heal();
  if (left.length > 0) throw new Error(`not governed: ${JSON.stringify(left)}`);
}
