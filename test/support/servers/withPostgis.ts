/**
 * Suites that need PostGIS: they run where the packages of the distribution can be had, and else say that they do not.
 * Does NOT start a server.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const root = join(__dirname, "..", "..", "..");

/** `describe`, or `describe.skip` with the reason on standard error. */
export function describeWithPostgis(title: string, suite: () => void): void {
  const command = ["--import", "tsx", "cli/make/main.ts", "postgis"];
  const fetched = spawnSync(process.execPath, command, { cwd: root, encoding: "utf8" });
  if (fetched.status === 0) {
    describe(title, suite);
    return;
  }
  process.stderr.write(`Skipped, for want of PostGIS: ${title}: ${fetched.stderr.trim()}\n`);
  describe.skip(title, suite);
}
