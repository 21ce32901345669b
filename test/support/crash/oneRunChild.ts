/**
 * A process of its own that applies several migrations in one run, and says on standard output when one is done and
 * whether it goes on with the next. To be killed in between. Takes one argument, a OneRunTask as JSON.
 * Does NOT end before its parent says so (a line on standard input), or kills it.
 */
import { once } from "node:events";

import { applyMigration } from "../../../migrations/engine/run/run";
import { KeptRunner } from "../../../migrations/engine/server/keptRunner";
import { loadParser } from "../../../migrations/engine/statements/statements";
import type { Settings } from "../../../stack/settings";
import { makeMigration, type MigrationParts } from "../files/makeMigration";
import { nothingKnown } from "../program/runs";

/** What the parent says. */
export interface OneRunTask {
  readonly settings: Settings;
  readonly password: string;
  readonly migrations: readonly MigrationParts[];
}

async function main(): Promise<void> {
  const { settings, password, migrations } = JSON.parse(process.argv[2] ?? "") as OneRunTask;
  await loadParser();
  const access = { settings, passwordOf: () => Promise.resolve(password) };
  const kept = new KeptRunner(600_000);
  const lower: string[] = [];
  for (const migration of migrations.map((parts) => makeMigration(parts))) {
    const request = { migration, lower: [...lower], expected: nothingKnown };
    await kept.use(access, (runner) => applyMigration(runner, request, () => undefined));
    lower.push(migration.header.version);
    process.stdout.write(`${migration.header.version}\n`);
    await once(process.stdin, "data");
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
