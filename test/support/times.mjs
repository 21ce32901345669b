// How long each suite took: kept by jest (as a reporter) in .build/, printed by `node test/support/times.mjs`.
// Does NOT judge: wall times on a loaded machine say little.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const file = join(root, ".build", "test-times.json");
const SHOWN = 20;

/** A reporter of jest's; nothing else than its last call matters. */
export default class Times {
  onRunComplete(_, { testResults, startTime }) {
    const suites = testResults.map(({ displayName, testFilePath, perfStats }) => ({
      project: displayName?.name ?? "",
      suite: relative(root, testFilePath),
      ms: perfStats.end - perfStats.start,
    }));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify({ startTime, ms: Date.now() - startTime, suites }));
  }
}

const seconds = (ms) => (ms / 1000).toFixed(1).padStart(8);

/** The slowest suites of the last run, and how long all took. */
function printTimes() {
  const { startTime, ms, suites } = JSON.parse(readFileSync(file, "utf8"));
  const sum = suites.reduce((total, suite) => total + suite.ms, 0);
  const slowest = [...suites].sort((a, b) => b.ms - a.ms).slice(0, SHOWN);
  const lines = [
    `Run of ${new Date(startTime).toISOString()}: ${suites.length} suites, ${seconds(ms).trim()} s,`,
    `${seconds(sum).trim()} s of all suites together. The slowest, in seconds:`,
    ...slowest.map(({ project, suite, ms }) => `${seconds(ms)}  ${project.padEnd(8)}  ${suite}`),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    printTimes();
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
    process.stderr.write("No tests were run yet.\n  Hint: run make test first.\n");
    process.exitCode = 1;
  }
}
