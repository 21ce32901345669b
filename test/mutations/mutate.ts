/**
 * Breaks the engine in one place at a time, in a copy of the project, and tells which faults the suites concerned notice:
 * `make mutations`, or with ARGS="words of its description" some of them.
 * Does NOT change the project itself, and does not run the real engine.
 */
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { run } from "../../toolchain/run";
import type { Fault } from "./fault";
import { faults } from "./faults";

const root = join(__dirname, "..", "..");

/** What the suites need of the project. */
const copied = [
  ...[
    "index.ts",
    "stack",
    "roles",
    "migrations",
    "cli",
    "sandbox",
    "toolchain",
    "azure",
    "policy",
    "pgstac",
    "pipelines",
    "docs",
    "test",
    "types",
  ],
  ...["Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.qa.yaml", "Pulumi.uat.yaml", "Pulumi.prod.yaml"],
  ...["package.json", "tsconfig.json", "jest.config.mjs"],
];

type Verdict = "noticed" | "missed" | "does not apply" | "does not run";

/** The fault is in the data then: a program that cannot be read is noticed by anything. */
const unreadable = /Syntax Error|SyntaxError|Cannot find module|No tests found/;

async function tried(folder: string, fault: Fault): Promise<Verdict> {
  const path = join(folder, fault.file);
  const text = await readFile(path, "utf8");
  if (text.split(fault.text).length !== 2) return "does not apply";
  await writeFile(
    path,
    text.replace(fault.text, () => fault.instead),
  );
  try {
    const suites = fault.suites.map((suite) => `test/${suite}`);
    const args = ["--selectProjects", "unit", "program", "database", "--bail", "--silent"];
    const jest = join(folder, "node_modules/jest/bin/jest.js");
    const { status, stdout, stderr } = await run(
      process.execPath,
      [jest, ...args, "--", ...suites],
      { cwd: folder },
    );
    if (unreadable.test(stdout + stderr)) return "does not run";
    return status === 0 ? "missed" : "noticed";
  } finally {
    await writeFile(path, text);
  }
}

async function main(): Promise<void> {
  const words = process.argv.slice(2).join(" ");
  const folder = await mkdtemp(join(tmpdir(), "mutations-"));
  const counts: Record<Verdict, number> = {
    ...{ noticed: 0, missed: 0 },
    ...{ "does not apply": 0, "does not run": 0 },
  };
  try {
    for (const name of copied) await cp(join(root, name), join(folder, name), { recursive: true });
    await symlink(join(root, "node_modules"), join(folder, "node_modules"));
    for (const fault of faults.filter(({ what }) => what.includes(words))) {
      const verdict = await tried(folder, fault);
      counts[verdict] += 1;
      process.stdout.write(`${verdict.padEnd(15)} ${fault.what} (${fault.file})\n`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const told = Object.entries(counts).map(([verdict, count]) => `${count}: ${verdict}`);
  process.stdout.write(`${told.join(", ")}\n`);
  if (counts.missed + counts["does not apply"] + counts["does not run"] > 0) process.exitCode = 1;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
