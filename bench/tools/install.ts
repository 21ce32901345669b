/**
 * Brings the other tools onto this machine, as their lock file says, when they are not there.
 * Does NOT touch the program's own packages, or bring Java: without it the tools of the JVM are left out.
 */
import { execFileSync, type ExecFileSyncOptions, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

import type { Form } from "./folders";
import { jvmFolder, peersFolder } from "./peers";

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

const isThere = (program: string): boolean =>
  spawnSync(program, ["-version"], { stdio: "ignore" }).status === 0;

/**
 * The tools of the JVM, as far as they can be had: with Java, its compiler and Maven on PATH. What is missing is said.
 */
export function installJvmPeers(): readonly Form[] {
  const forms = ["flyway", "liquibase"] as const;
  const built = join(jvmFolder, "node_modules");
  try {
    if (!existsSync(join(built, "classes", "Peer.class"))) {
      const missing = ["java", "javac", "mvn"].filter((program) => !isThere(program));
      if (missing.length > 0) throw new Error(`${missing.join(" and ")} is not on PATH`);
      process.stderr.write("Installing flyway and liquibase\n");
      const quiet: ExecFileSyncOptions = {
        ...{ cwd: jvmFolder, stdio: ["ignore", "ignore", "inherit"] },
      };
      const copy = [
        "-q",
        "-B",
        "dependency:copy-dependencies",
        "-DoutputDirectory=node_modules/lib",
      ];
      execFileSync("mvn", copy, quiet);
      execFileSync(
        "javac",
        ["-cp", "node_modules/lib/*", "-d", "node_modules/classes", "Peer.java"],
        quiet,
      );
    }
    return forms;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`Left out: ${forms.join(", ")}: ${reason}\n`);
    return [];
  }
}
