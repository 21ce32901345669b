/** Which `postgresql` plugin the engine gets: the official one wherever there is one, else the stand-in. */
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { cacheFolder } from "../../toolchain/cache";
import { type ProgressLog, silentLog } from "../../toolchain/log";
import { ensurePostgresqlPlugin, type PluginSource } from "../../toolchain/plugin";
import { ensurePulumi, type Pulumi } from "../../toolchain/pulumi";
import { run } from "../../toolchain/run";
import { pathWithoutPlugin } from "../support/plugin/officialPlugin";
import { listening } from "../support/program/listening";

jest.setTimeout(300_000);

const FOLDER = "resource-postgresql-v3.18.1";
const PROGRAM = "pulumi-resource-postgresql";
const environment = { ...process.env };

let pulumi: Pulumi;
let scratch: string;
let home: string;
let bundled: number;
let said: string[];
let servers: Server[] = [];

beforeAll(async () => {
  const someone = await mkdtemp(join(tmpdir(), "plugin-test-home-"));
  process.env.DDL_CACHE = cacheFolder();
  process.env.HOME = someone;
  Reflect.deleteProperty(process.env, "PULUMI_HOME");
  pulumi = await ensurePulumi(silentLog);
  // Not even the log of the question for the engine's version.
  expect(await readdir(someone)).toEqual([]);
  process.env = { ...environment };
  await rm(someone, { recursive: true });
});

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), "plugin-test-"));
  home = join(scratch, "home");
  bundled = 0;
  said = [];
  process.env.PATH = pathWithoutPlugin();
  process.env.PULUMI_HOME = join(scratch, "users-home");
  // As on a machine that found out today that the official one cannot be had.
  await writeFile(join(scratch, "postgresql-plugin-unavailable"), "");
});

afterEach(async () => {
  process.env = { ...environment };
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  servers = [];
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

it("says which plugin serves where that is news, and nothing where it is not", async () => {
  const words = "The postgresql plugin 3.18.1 is";
  await ensure("one");
  await ensure("one");
  expect(said).toEqual([`${words} the project's stand-in`]);
  await writeOfficial(join(scratch, "bin"));
  process.env.PATH = [join(scratch, "bin"), process.env.PATH].join(delimiter);
  await ensure("one");
  await ensure("one");
  process.env.PATH = pathWithoutPlugin();
  await ensure("one");
  const onPath = `the one on PATH (${join(scratch, "bin")})`;
  expect(said.slice(1)).toEqual([
    `${words} ${onPath} from now on, no longer the project's stand-in`,
    `${words} the project's stand-in from now on, no longer ${onPath}`,
  ]);
});

describe("a download", () => {
  const memory = (): string => join(scratch, "postgresql-plugin-unavailable");
  beforeEach(() => rm(memory()));

  it("is taken from the mirror that the environment names", async () => {
    await writeOfficial(join(scratch, "official"));
    const archive = join(scratch, "archive.tgz");
    await run("tar", ["-czf", archive, "-C", join(scratch, "official"), PROGRAM]);
    const paths: string[] = [];
    const content = await readFile(archive);
    await serve((request, response) => {
      paths.push(request.url ?? "");
      response.end(content);
    });
    expect(await ensure("one")).toBe("download");
    expect(paths.at(-1)).toMatch(/^\/pulumi-resource-postgresql-v3\.18\.1-\w+-\w+\.tar\.gz$/);
    expect(await readFile(installed(PROGRAM), "utf8")).toContain("official");
    expect(said).toEqual(["The postgresql plugin 3.18.1 is the official one"]);
    expect(existsSync(join(scratch, "users-home"))).toBe(false);
  });

  it("that is slow goes on for as long as something comes, and is cut when nothing does", async () => {
    const stalledAfterMs = 30_000;
    let pieces = 0;
    let firstAt = 0;
    await serve((_, response) => {
      firstAt = Date.now();
      response.writeHead(200, { "content-length": 10_000_000 });
      const timer = setInterval(() => {
        pieces += 1;
        if (pieces > 7) clearInterval(timer);
        else response.write(Buffer.alloc(200_000));
      }, 5_000);
    });
    expect(await ensure("one", stalledAfterMs)).toBe("stand-in");
    // Longer in all than it may stand still.
    expect(pieces).toBe(8);
    expect(Date.now() - firstAt).toBeGreaterThan(2 * stalledAfterMs);
    expect(said[0]).toMatch(/cannot be had: nothing came for 30 s, after 1\.4 MB\n/);
  });

  it("that fails says why and when it is tried again, which is after a day, and leaves the stand-in", async () => {
    await serve((_, response) => response.writeHead(503).end());
    await ensure("one");
    expect(said[0]).toMatch(/3\.18\.1 cannot be had: .*503/);
    expect(said[0]).toMatch(
      /\nIt is tried again after \d{4}-\d\d-\d\d \d\d:\d\d UTC, or when .*unavailable is removed\.$/,
    );
    const attempts = said.length;
    await ensure("one");
    expect(said).toHaveLength(attempts);

    const yesterday = Date.now() / 1000 - 25 * 60 * 60;
    await utimes(memory(), yesterday, yesterday);
    expect(await ensure("one")).toBe("stand-in");
    expect(said).toHaveLength(attempts + 1);
    expect(await readFile(memory(), "utf8")).toContain("503");
    expect(await readFile(installed("AIRGAP"), "utf8")).toBe("one");
  });

  it("goes through HTTPS_PROXY", async () => {
    const asked: string[] = [];
    const proxy = createServer().on("connect", (request, socket) => {
      asked.push(request.url ?? "");
      socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    });
    servers.push(proxy);
    process.env.HTTPS_PROXY = await listening(proxy);
    process.env.DDL_PULUMI_DOWNLOADS = "https://mirror.example/pulumi";
    for (const name of ["https_proxy", "NO_PROXY", "no_proxy"])
      Reflect.deleteProperty(process.env, name);
    expect(await ensure("one")).toBe("stand-in");
    expect(asked).toContain("mirror.example:443");
  });
});

const installed = (name: string): string => join(home, "plugins", FOLDER, name);

async function serve(answer: Parameters<typeof createServer>[1]): Promise<void> {
  const server = createServer(answer as never);
  servers.push(server);
  process.env.DDL_PULUMI_DOWNLOADS = await listening(server);
}

function ensure(digest: string, stalledAfterMs = 20_000): Promise<PluginSource> {
  const log: ProgressLog = { ...silentLog, say: (line) => said.push(line) };
  return ensurePostgresqlPlugin(pulumi, log, {
    home,
    memory: scratch,
    stalledAfterMs,
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
