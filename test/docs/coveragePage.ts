/**
 * test/COVERAGE.md: what is proven by which tests, and at which level. Pure.
 * Does NOT look for the tests (see coverage.ts).
 */
import type { Coverage, Covered } from "./coverage";
import { markdownTable } from "./markdownTable";

/** The folders of tests, as levels; a long test runs in `make test-all` alone. */
const levels = ["unit", "program", "database", "stack"] as const;

const introduction = `# What is proven by which tests

A suite stands beside a rule, kind or clause when it names it, or runs through the table in which it stands. That a test
would fail if the code were wrong is another question: \`make mutations\` asks it.

Levels: \`unit\` without a server; \`program\` index.ts without the engine's process, on a real database; \`database\` a real
server; \`stack\` the real engine. Suites with \`.long\` in their name are run by \`make test-all\` alone.

This file is written by \`npm run docs\`. A test fails when something is proven by nothing, or when what stands here is no
longer so; a suite that was added need not stand here at once.`;

const shown = (level: string, { suites }: Covered): string =>
  suites
    .filter((path) => path.startsWith(`${level}/`))
    .map((path) => path.slice(level.length + 1).replace(/\.test\.ts$/, ""))
    .join(", ") || "-";

/** One row for each thing. */
const coverageRow = (covered: Covered): readonly string[] => [
  covered.name,
  ...levels.map((level) => shown(level, covered)),
];

export function coveragePage(coverage: Coverage): string {
  const chapters = Object.entries(coverage).flatMap(([title, covered]) => [
    `## ${title}`,
    markdownTable(["", ...levels], covered.map(coverageRow)),
  ]);
  return [introduction, ...chapters].join("\n\n") + "\n";
}
