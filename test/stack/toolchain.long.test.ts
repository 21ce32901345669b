/** How `pulumi` gets onto a machine: every way but the build, which takes minutes and is run by `make up`. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { version as pluginVersion } from "@pulumi/postgresql/package.json";
import { version as sdkVersion } from "@pulumi/pulumi/package.json";

import { installInto } from "../../toolchain/cache";
import { silentLog } from "../../toolchain/log";
import { ensurePulumi } from "../../toolchain/pulumi";
import { run } from "../../toolchain/run";
import {
  ENGINE_VERSION,
  engineFolder,
  LANGUAGE_HOST_VERSION,
  POSTGRESQL_PLUGIN_VERSION,
  RELEASE_CHECKSUMS,
  releaseArchive,
} from "../../toolchain/versions";

jest.setTimeout(300_000);

const archiveName = releaseArchive(process.platform, process.arch) ?? "";
const folderName = engineFolder(process.platform, process.arch);
const environment = { ...process.env };
let scratch: string;
let servers: Server[] = [];

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), "toolchain-test-"));
  process.env.DDL_CACHE = join(scratch, "cache");
  process.env.PATH = await pathWithout("pulumi", "go", "python3", "python");
});

afterEach(async () => {
  process.env = { ...environment };
  for (const server of servers) server.close();
  servers = [];
  await rm(scratch, { recursive: true });
});

describe("ensurePulumi", () => {
  it("takes a compatible one from PATH and writes nothing", async () => {
    const bin = await fakeEngine(join(scratch, "bin"), "v3.260.1");
    process.env.PATH = [bin, process.env.PATH].join(delimiter);
    expect(await ensurePulumi(silentLog)).toEqual({ bin, version: "3.260.1", source: "path" });
    expect(await readdir(scratch)).not.toContain("cache");
  });

  it("downloads the archive when the one on PATH is too old, says so, and finds it in the cache afterwards", async () => {
    const old = await fakeEngine(join(scratch, "bin"), "v3.100.0");
    process.env.PATH = [old, process.env.PATH].join(delimiter);
    const requests = await serveArchive(await packedEngine());

    const bin = join(scratch, "cache", folderName);
    const version = ENGINE_VERSION;
    const said: string[] = [];
    const log = { ...silentLog, say: (line: string) => said.push(line) };
    expect(await ensurePulumi(log)).toEqual({ bin, version, source: "download" });
    expect(await ensurePulumi(log)).toEqual({ bin, version, source: "cache" });
    const unfit = `The pulumi on PATH is left alone: ${old}/pulumi is "v3.100.0", but >=3.250.0 <4 is needed`;
    expect(said).toEqual([unfit, expect.stringMatching(/^Downloaded pulumi /), unfit]);
    expect(requests).toEqual([`/${RELEASE_CHECKSUMS}`, `/${archiveName}`]);
    expect(await readdir(join(scratch, "cache"))).toEqual([folderName]);
  });

  it("refuses an archive that is not what the published sum says, and leaves nothing", async () => {
    await serveArchive(await packedEngine(), "0".repeat(64));
    await expect(ensurePulumi(silentLog)).rejects.toThrow(
      /official download: .* has the SHA-256 sum [0-9a-f]{64}, but 0{64} is published/,
    );
    expect(await readdir(join(scratch, "cache"))).toEqual([]);
  });

  it("refuses an archive with another version in it", async () => {
    await serveArchive(await packedEngine("v3.1.0"));
    await expect(ensurePulumi(silentLog)).rejects.toThrow(/is "v3.1.0", but >=3.250.0 <4/);
  });

  it("lists what was tried, why each failed and what to do, within seconds", async () => {
    process.env.DDL_PULUMI_DOWNLOADS = "http://127.0.0.1:1";
    const startedAt = Date.now();
    await expect(ensurePulumi(silentLog)).rejects.toThrow(
      new RegExp(
        "cannot be had on this machine:\n" +
          "  on PATH: no pulumi\n" +
          "  official download: http://127.0.0.1:1/.*\n" +
          "  build from Go modules: .*no python3 on PATH.*\n" +
          "Hint: Install pulumi",
      ),
    );
    expect(Date.now() - startedAt).toBeLessThan(10_000);
  });

  it("gives up on a server that does not answer", async () => {
    const silent = createServer(() => undefined);
    process.env.DDL_PULUMI_DOWNLOADS = await listen(silent);
    await expect(ensurePulumi(silentLog)).rejects.toThrow(/no answer within 5 s/);
    silent.closeAllConnections();
  });
});

describe("through a proxy", () => {
  const target = "https://mirror.example/pulumi";

  it("the archive is asked for by HTTPS_PROXY, whose password is never shown", async () => {
    const asked: (string | undefined)[] = [];
    const proxy = createServer().on("connect", (request, socket) => {
      asked.push(request.url, request.headers["proxy-authorization"]);
      socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    });
    const { host } = new URL(await listen(proxy));
    process.env.DDL_PULUMI_DOWNLOADS = target;
    process.env.HTTPS_PROXY = `http://ada:hidden%20word@${host}`;
    for (const name of ["https_proxy", "NO_PROXY", "no_proxy"]) {
      Reflect.deleteProperty(process.env, name);
    }
    const error = await ensurePulumi(silentLog).catch((reason: unknown) => String(reason));
    expect(asked).toEqual([
      "mirror.example:443",
      `Basic ${Buffer.from("ada:hidden word").toString("base64")}`,
    ]);
    expect(error).toContain(`${target}/${RELEASE_CHECKSUMS} through the proxy ${host}: `);
    expect(error).not.toContain("hidden");
  });
});

describe("installInto", () => {
  const cache = (): string => join(scratch, "cache");

  it("leaves nothing behind when it fails half-way", async () => {
    const failing = installInto(cache(), "tool", async (folder, work) => {
      await writeFile(join(folder, "half"), "");
      await writeFile(join(work, "more"), "");
      throw new Error("no space left");
    });
    await expect(failing).rejects.toThrow("no space left");
    expect(await readdir(cache())).toEqual([]);
  });

  it("lets the first of two win, whole, when they run at once", async () => {
    const install = (content: string): Promise<string> =>
      installInto(cache(), "tool", async (folder) => {
        await writeFile(join(folder, "a"), content);
        await writeFile(join(folder, "b"), content);
      });
    await Promise.all([install("one"), install("two")]);
    const [a, b] = await Promise.all(
      ["a", "b"].map((name) => readFile(join(cache(), "tool", name), "utf8")),
    );
    expect(a).toBe(b);
    expect(await readdir(cache())).toEqual(["tool"]);
  });

  it("clears the work of a process that is gone, not of one that runs", async () => {
    const ended = await run("/bin/sh", ["-c", "echo $$"]);
    const [dead, alive] = [`work-${ended.stdout.trim()}-x`, `work-${process.pid}-x`];
    for (const name of [dead, alive]) await mkdir(join(cache(), name), { recursive: true });
    await installInto(cache(), "tool", () => Promise.resolve());
    expect((await readdir(cache())).sort()).toEqual(["tool", alive].sort());
  });
});

describe("the versions", () => {
  it("agree with the npm packages", () => {
    expect(sdkVersion).toBe(ENGINE_VERSION);
    expect(pluginVersion).toBe(POSTGRESQL_PLUGIN_VERSION);
  });

  it.each([
    ["engine", `github.com/pulumi/pulumi/pkg/v3 v${ENGINE_VERSION}`],
    ["language-host", `github.com/pulumi/pulumi/sdk/v3 v${LANGUAGE_HOST_VERSION}`],
  ])("agree with go.mod of %s", async (module, line) => {
    const folder = join(__dirname, "..", "..", "toolchain", module);
    expect(await readFile(join(folder, "go.mod"), "utf8")).toContain(`${line} `);
  });
});

/** Folder with the three programs, of which `pulumi` prints a version. */
async function fakeEngine(folder: string, version: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const name of ["pulumi", "pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"]) {
    await writeFile(join(folder, name), `#!/bin/sh\necho ${version}\n`);
    await chmod(join(folder, name), 0o755);
  }
  return folder;
}

async function packedEngine(version = `v${ENGINE_VERSION}`): Promise<Buffer> {
  await fakeEngine(join(scratch, "release", "pulumi"), version);
  const file = join(scratch, "release.tar.gz");
  await run("tar", ["-czf", file, "-C", join(scratch, "release"), "pulumi"]);
  return readFile(file);
}

/** Serves it as the official site does and returns the requests so far, which grow. */
async function serveArchive(archive: Buffer, sum?: string): Promise<readonly string[]> {
  const requests: string[] = [];
  const actual = createHash("sha256").update(archive).digest("hex");
  const answers: Readonly<Record<string, string | Buffer>> = {
    [`/${RELEASE_CHECKSUMS}`]: `${sum ?? actual}  ${archiveName}\n`,
    [`/${archiveName}`]: archive,
  };
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    requests.push(path);
    response.writeHead(path in answers ? 200 : 404).end(answers[path]);
  });
  process.env.DDL_PULUMI_DOWNLOADS = await listen(server);
  return requests;
}

async function listen(server: Server): Promise<string> {
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A folder with links to the few programs that are needed, so that nothing else can be found. */
async function pathWithout(...hidden: readonly string[]): Promise<string> {
  const folder = join(scratch, "programs");
  await mkdir(folder);
  for (const name of ["sh", "tar", "gzip", "chmod", "node"]) {
    if (hidden.includes(name)) continue;
    await writeFile(join(folder, name), `#!/bin/sh\nexec ${await realPath(name)} "$@"\n`);
    await chmod(join(folder, name), 0o755);
  }
  return folder;
}

async function realPath(name: string): Promise<string> {
  const found = await run("/bin/sh", ["-c", `command -v ${name}`], { env: environment });
  return found.stdout.trim();
}
