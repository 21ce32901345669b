/** Which `postgresql` plugin the engine gets: the official one wherever there is one, else the stand-in. */
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { silentLog } from "../../toolchain/log";
import { ensurePostgresqlPlugin, type PluginSource } from "../../toolchain/plugin";
import { ensurePulumi, type Pulumi } from "../../toolchain/pulumi";

jest.setTimeout(60_000);

const FOLDER = "resource-postgresql-v3.18.1";
const PROGRAM = "pulumi-resource-postgresql";
const environment = { ...process.env };

let pulumi: Pulumi;
let scratch: string;
let home: string;
let bundled: number;

beforeAll(async () => {
  pulumi = await ensurePulumi(silentLog);
});

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), "plugin-test-"));
  home = join(scratch, "home");
  bundled = 0;
  process.env.PULUMI_HOME = join(scratch, "users-home");
  // As on a machine that found out today that the official one cannot be had.
  await writeFile(join(scratch, "postgresql-plugin-unavailable"), "");
});

afterEach(async () => {
  process.env = { ...environment };
  await rm(scratch, { recursive: true });
});

it("installs the stand-in where no official one can be had, and again only when it changed", async () => {
  expect(await ensure("one")).toBe("stand-in");
  expect(await readFile(installed("AIRGAP"), "utf8")).toBe("one");
  await writeFile(installed("witness"), "");
  await ensure("one");
  expect(existsSync(installed("witness"))).toBe(true);

  await ensure("two");
  expect(await readFile(installed("AIRGAP"), "utf8")).toBe("two");
  expect(existsSync(installed("witness"))).toBe(false);
});

it("leaves an official one that is installed alone", async () => {
  await writeOfficial(join(home, "plugins", FOLDER));
  expect(await ensure("one")).toBe("installed");
  expect(bundled).toBe(0);
});

it("takes the user's own official one in place of the stand-in", async () => {
  await ensure("one");
  await writeOfficial(join(scratch, "users-home", "plugins", FOLDER));
  expect(await ensure("one")).toBe("installed");
  expect(existsSync(installed("AIRGAP"))).toBe(false);
  expect(await readFile(installed(PROGRAM), "utf8")).toContain("official");
});

it("does not take a stand-in from another home for an official one", async () => {
  const other = join(scratch, "users-home", "plugins", FOLDER);
  await writeOfficial(other);
  await writeFile(join(other, "AIRGAP"), "theirs");
  expect(await ensure("one")).toBe("stand-in");
  expect(await readFile(installed("AIRGAP"), "utf8")).toBe("one");
});

it("leaves the field to one on PATH", async () => {
  await ensure("one");
  await writeOfficial(join(scratch, "bin"));
  process.env.PATH = [join(scratch, "bin"), process.env.PATH].join(delimiter);
  expect(await ensure("one")).toBe("path");
  expect(existsSync(installed(PROGRAM))).toBe(false);
});

it("tries to download again after a day, and keeps the stand-in when that fails", async () => {
  await ensure("one");
  const memory = join(scratch, "postgresql-plugin-unavailable");
  const yesterday = Date.now() / 1000 - 25 * 60 * 60;
  await utimes(memory, yesterday, yesterday);
  expect(await ensure("one", 1)).toBe("stand-in");
  expect(await readFile(memory, "utf8")).toContain("ended by SIGTERM");
  expect(await readFile(installed("AIRGAP"), "utf8")).toBe("one");
});

const installed = (name: string): string => join(home, "plugins", FOLDER, name);

function ensure(digest: string, downloadWithinMs = 20_000): Promise<PluginSource> {
  return ensurePostgresqlPlugin(pulumi, silentLog, {
    home,
    memory: scratch,
    downloadWithinMs,
    async bundle(folder) {
      bundled += 1;
      await writeProgram(folder, "stand-in");
      await writeFile(join(folder, "AIRGAP"), digest);
    },
  });
}

async function writeOfficial(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeProgram(folder, "official");
}

async function writeProgram(folder: string, kind: string): Promise<void> {
  await writeFile(join(folder, PROGRAM), `#!/bin/sh\n# ${kind}\n`);
  await chmod(join(folder, PROGRAM), 0o755);
}
