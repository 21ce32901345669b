/**
 * A process of its own that rebuilds a database, to be killed in the middle.
 * Takes one argument, a RebuildTask as JSON. Does NOT say anything but why it failed.
 */
import { rebuildSchemas } from "../../../migrations/engine/run/rebuild";
import type { Settings } from "../../../stack/settings";

/** What the parent says. */
export interface RebuildTask {
  readonly settings: Settings;
  readonly password: string;
}

async function main(): Promise<void> {
  const { settings, password } = JSON.parse(process.argv[2] ?? "") as RebuildTask;
  const access = { settings, passwordOf: () => Promise.resolve(password) };
  await rebuildSchemas(access, () => undefined);
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
