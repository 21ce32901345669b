/**
 * Brings the other tools onto this machine, as their lock file says, when they are not there.
 * Does NOT touch the program's own packages.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { peersFolder } from "./peers";

/** @throws {Error} npm failed; it has said why. */
export function installPeers(): void {
  if (existsSync(join(peersFolder, "node_modules", ".package-lock.json"))) return;
  process.stderr.write("Installing the other migration tools\n");
  const quiet = ["--loglevel=error", "--no-audit", "--no-fund", "--no-update-notifier"];
  execFileSync("npm", ["ci", ...quiet], {
    cwd: peersFolder,
    stdio: ["ignore", "ignore", "inherit"],
  });
}
