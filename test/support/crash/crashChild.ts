/**
 * A process of its own that applies the crash matrix's version, or rolls it back, to be killed in the middle.
 * Takes one argument, a ChildTask as JSON. Does NOT say anything but why it failed.
 */
import { rollBackVersion } from "../../../migrations/engine/run/rollback";
import { applyMigration } from "../../../migrations/engine/run/run";
import { withRunner } from "../../../migrations/engine/server/runner";
import { loadParser } from "../../../migrations/engine/statements/statements";
import type { Settings } from "../../../stack/settings";
import { nothingKnown } from "../program/runs";
import { crashMigration } from "./crashScenario";

/** What the parent says. */
export interface ChildTask {
  readonly settings: Settings;
  readonly password: string;
  readonly step: "apply" | "rollback";
}

async function main(): Promise<void> {
  const { settings, password, step } = JSON.parse(process.argv[2] ?? "") as ChildTask;
  await loadParser();
  const access = { settings, passwordOf: () => Promise.resolve(password) };
  const migration = crashMigration();
  const quiet = (): void => undefined;
  if (step === "apply")
    await withRunner(access, (runner) =>
      applyMigration(runner, { migration, lower: [], expected: nothingKnown }, quiet),
    );
  else
    await withRunner(access, (runner) =>
      rollBackVersion(runner, { migration, higher: [], expected: nothingKnown }, quiet),
    );
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
