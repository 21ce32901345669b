/** The local servers that every other database test relies on: real, closed to others, gone afterwards. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

import { connect } from "../../../sandbox/ready";
import { freePort, type PostgresServer, startServer } from "../../../sandbox/server";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

const root = join(__dirname, "..", "..", "..");

describe.each(serverVersions)("PostgreSQL %d", (major) => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startServer({ major });
  });
  afterAll(() => server.stop());

  it("is that major, with UTF-8, locale C and no socket file", async () => {
    const client = await connect(server);
    const { rows } = await client.query(`
      SELECT current_setting('server_version_num')::integer / 10000 AS major,
             pg_encoding_to_char(encoding) AS encoding, datcollate AS collate,
             current_setting('unix_socket_directories') AS sockets,
             current_setting('listen_addresses') AS addresses
        FROM pg_database WHERE datname = current_database()`);
    await client.end();
    expect(rows).toEqual([
      { major, encoding: "UTF8", collate: "C", sockets: "", addresses: "127.0.0.1" },
    ]);
  });

  it("stores SCRAM and refuses a wrong password", async () => {
    const client = await connect(server);
    const { rows } = await client.query("SELECT rolpassword FROM pg_authid WHERE rolcanlogin");
    await client.end();
    expect(rows).toEqual([{ rolpassword: expect.stringMatching(/^SCRAM-SHA-256\$/) as string }]);

    const wrong = { ...server.superuser, password: "wrong" };
    await expect(connect({ ...server, superuser: wrong })).rejects.toMatchObject({ code: "28P01" });
  });
});

describe("the end of a server", () => {
  it("removes a throw-away's files and may be asked for twice", async () => {
    const server = await startServer();
    await server.stop();
    await server.stop("immediate");
    expect(existsSync(dirname(server.dataDir))).toBe(false);
    await expect(connect(server)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it.each(serverVersions)("follows the end of its starter by SIGKILL (%d)", async (major) => {
    const starter = startInAnotherProcess(`{ major: ${major} }`);
    const { pid, dataDir } = await firstLine(starter);
    expect(isAlive(pid)).toBe(true);

    starter.kill("SIGKILL");
    await until(() => !isAlive(pid) && !existsSync(dirname(dataDir)));
  });

  it("keeps the data of a folder that was named, also over a crash", async () => {
    const folder = await openFolder();
    const dataDir = join(folder, "data");
    const first = await startServer({ dataDir });
    const before = await connect(first);
    await before.query("CREATE TABLE kept AS SELECT 1 AS n");
    await before.end();
    await first.stop("immediate");

    const again = { dataDir, port: first.port, password: first.superuser.password };
    const second = await startServer(again);
    const after = await connect(second);
    const { rows } = await after.query("SELECT n FROM kept");
    await after.end();
    await second.stop();
    await rm(folder, { recursive: true });
    expect(rows).toEqual([{ n: 1 }]);
  });

  it("a detached server outlives its starter", async () => {
    const folder = await openFolder();
    const options = { dataDir: join(folder, "data"), lifetime: "detached" };
    const starter = startInAnotherProcess(JSON.stringify(options));
    const { pid } = await firstLine(starter);
    starter.kill("SIGKILL");
    await once(starter, "exit");
    await sleep(300);
    expect(isAlive(pid)).toBe(true);

    process.kill(pid, "SIGINT");
    await until(() => !isAlive(pid));
    await rm(folder, { recursive: true });
  });
});

describe("a server that cannot start", () => {
  it("names the port that is taken and shows the end of the log", async () => {
    const port = await freePort();
    const rival = createServer((socket) => socket.destroy()).listen(port, "127.0.0.1");
    await once(rival, "listening");
    const attempt = startServer({ port });
    await expect(attempt).rejects.toThrow(
      new RegExp(`did not start on port ${port}[^]*Last lines[^]*Address already in use`),
    );
    rival.close();
  });

  it("shows what the server says of a bad setting", async () => {
    await expect(startServer({ settings: { work_mem: "plenty" } })).rejects.toThrow(
      /Last lines[^]*invalid value for parameter "work_mem"/,
    );
  });

  it("leaves a folder alone that it did not make", async () => {
    const folder = await openFolder();
    await writeFile(join(folder, "notes.txt"), "mine");
    await expect(startServer({ dataDir: folder })).rejects.toThrow(/made by something else/);
    await rm(folder, { recursive: true });
  });
});

interface Started {
  readonly pid: number;
  readonly dataDir: string;
}

function startInAnotherProcess(options: string): ChildProcess {
  const code = `require("./sandbox/server.ts").startServer(${options}).then((server) => {
    console.log(JSON.stringify(server)); setInterval(() => {}, 1000); });`;
  return spawn(process.execPath, ["--import", "tsx", "-e", code], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
}

async function firstLine(child: ChildProcess): Promise<Started> {
  if (child.stdout === null) throw new Error("no standard output");
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  return JSON.parse(line) as Started;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not within 20 s: ${condition.toString()}`);
    await sleep(50);
  }
}

/** A folder that the account the server runs under can enter. */
async function openFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "server-test-"));
  await chmod(folder, 0o755);
  return folder;
}
