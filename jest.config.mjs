// Which tests run where. A project is chosen by `jest --selectProjects`, a file by its path (`npx jest test/unit/sql`).
//
//   unit, program, database, stack   by `make test`: all but the long ones, on the newest PostgreSQL
//   long                             by `make test-all` as well: files named *.long.test.ts, of whatever folder
//   older                            by `make test-all` as well: every file that asks for `serverVersions`, on older
//                                    PostgreSQL; it exists only where it is selected, so that a path runs a file once
//
// Does NOT say what else a make target does (see Makefile).
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = import.meta.dirname ?? new URL(".", import.meta.url).pathname;
const LONG = "\\.long\\.test\\.ts$";

/** Suites that hold on every version alike say so by this name (test/support/servers/versions.ts). */
const suitesOfEveryVersion = () =>
  readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts"))
    .filter((file) => readFileSync(join(root, "test", file), "utf8").includes("serverVersions"))
    .map((file) => `<rootDir>/test/${file}`);

const project = (displayName, testMatch, more = {}) => ({
  displayName,
  testMatch,
  testPathIgnorePatterns: ["/node_modules/", LONG],
  testEnvironment: "node",
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      { jsc: { parser: { syntax: "typescript" }, target: "es2022" }, module: { type: "commonjs" } },
    ],
  },
  ...more,
});

const inFolder = (name) => project(name, [`<rootDir>/test/${name}/**/*.test.ts`]);

const everyday = [
  ...["unit", "program", "database", "stack"].map(inFolder),
  project("long", ["<rootDir>/test/**/*.long.test.ts"], { testPathIgnorePatterns: [] }),
];
const older = () =>
  project("older", suitesOfEveryVersion(), {
    testPathIgnorePatterns: [],
    globals: { testedVersions: "older" },
  });

export default {
  // More than the cores of the smallest machine only makes waits longer.
  maxWorkers: 2,
  // A test ends by what it waits for. This only ends one that hangs, on the slowest machine, too.
  testTimeout: 300_000,
  // A suite leaves the memory of its parser (WebAssembly) behind until it is collected: a worker begins anew before long.
  workerIdleMemoryLimit: "250MB",
  projects: [...everyday, ...(process.argv.includes("older") ? [older()] : [])],
  reporters: ["default", "<rootDir>/test/support/times.mjs"],
};
