/**
 * Everything that is quick enough to be measured in one go, as one table: `make bench`. What takes long has a target of its
 * own, and sizes of its own: bench-migrations, bench-files, bench-grants, bench-latency, bench-backfill, bench-stacks.
 * Starts servers of its own, one after the other. No part of the tests, and decides nothing.
 */
import { spawnSync } from "node:child_process";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";

import { measureContract } from "./contract";
import { measureGrants } from "./grants";
import { measureLatency } from "./latency";
import { measureNothingToDo } from "./manyFiles";
import { measureMigrations } from "./migrations";
import { measureStacks } from "./stacks";
import { type BenchRow, printTable, runBenchmark } from "./tools/rows";

const root = join(__dirname, "..");

/** How long a process of `ddl` takes that has nothing to ask of a database. */
function measureStart(): BenchRow {
  const ms = Array.from({ length: 5 }, () => {
    const started = performance.now();
    const { status } = spawnSync(process.execPath, ["cli/bin/ddl.js", "--help"], { cwd: root });
    if (status !== 0) throw new Error(`ddl --help ended with ${String(status)}`);
    return performance.now() - started;
  });
  return { work: "ddl --help", size: 1, tool: "this program, whole process", ms };
}

/** What is felt by the one in a thousand that is worst off, while a migration waits for its locks. */
async function latencyRows(): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  await measureLatency(({ rows: measured }) => {
    for (const who of ["readers", "writers"] as const) {
      for (const row of measured) {
        const { p999, failed } = row[who];
        rows.push({
          ...{ work: `p99.9 of ${who}`, size: 1, tool: row.label, ms: [p999] },
          note: `${failed} failed`,
        });
      }
    }
  });
  return rows;
}

const steps: readonly (readonly [what: string, () => Promise<readonly BenchRow[]>])[] = [
  ["start of a process", () => Promise.resolve([measureStart()])],
  ["small migrations from empty", () => measureMigrations([50, 100, 200], 3)],
  ["nothing to do, and the check", () => measureNothingToDo([100, 300, 1_000], 3)],
  ["privileges", () => measureGrants([100, 1_000, 5_000])],
  ["contract", () => measureContract([10, 100, 1_000])],
  ["latencies of a busy table", latencyRows],
  ["stacks under the engine", () => measureStacks([10, 50])],
];

runBenchmark(async () => {
  const rows: BenchRow[] = [];
  for (const [what, measure] of steps) {
    process.stderr.write(`measuring: ${what}\n`);
    try {
      rows.push(...(await measure()));
    } catch (error) {
      // What was measured is told all the same.
      process.stderr.write(`failed: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    }
  }
  const load = loadavg()[0] ?? NaN;
  process.stdout.write(
    `PostgreSQL with fsync off, ${cpus().length} cores shared by server and tools; load ${load.toFixed(1)} at the end\n\n`,
  );
  printTable(rows);
});
