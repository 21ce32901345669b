/** The sandbox's server over its life: made once, found again, stopped, started with its data, removed. */
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Client } from "pg";

import {
  databaseOf,
  loginOf,
  readRecord,
  type SandboxRecord,
  writeRecord,
} from "../../../sandbox/record";
import { ensureSandbox, removeSandbox, type Sandbox, stopSandbox } from "../../../sandbox/sandbox";
import { type Tier, tiers } from "../../../stack/tier";
import { silentLog } from "../../../toolchain/log";

jest.setTimeout(300_000);

let parent: string;
let folder: string;
let sandbox: Sandbox;
const environment = { ...process.env };

beforeAll(async () => {
  // Nothing is fetched here.
  process.env.PG_BINARIES = "npm";
  delete process.env.PG_MAJOR;
  parent = await mkdtemp(join(tmpdir(), "sandbox-test-"));
  folder = join(parent, ".sandbox");
  // Two commands at once on a machine that has none: one makes it, the other finds it.
  const [first, second] = await Promise.all([
    ensureSandbox(silentLog, folder),
    ensureSandbox(silentLog, folder),
  ]);
  expect(second.record).toEqual(first.record);
  sandbox = first;
});

afterAll(async () => {
  await removeSandbox(folder);
  await rm(parent, { recursive: true });
  process.env = environment;
});

it("gives a sandbox that was made when there were fewer logins what it lacks, and changes nothing else", async () => {
  const lacking = structuredClone(sandbox.record) as { passwords: Record<Tier, object> };
  for (const tier of tiers) Reflect.deleteProperty(lacking.passwords[tier], "approver");
  await writeRecord(folder, lacking as SandboxRecord);
  const { record } = await ensureSandbox(silentLog, folder);
  expect(record.passwords.qa.approver).toMatch(/^[\w-]{32}$/);
  expect(record).toMatchObject(lacking);
  expect(await readRecord(folder)).toEqual(record);
  const passfile = await readFile(join(folder, "pgpass"), "utf8");
  expect(passfile).toContain(`:rmhgeoapi_qa_approver:${record.passwords.qa.approver}\n`);
  // For the tests that follow.
  await writeRecord(folder, sandbox.record);
});

it.each(tiers)("gives %s a database, owned by an admin who is no superuser", async (tier) => {
  const [row] = await queryAsAdmin(
    sandbox,
    tier,
    `SELECT current_database() AS database, pg_get_userbyid(datdba) AS owner,
            rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls,
            current_setting('fsync') AS fsync
       FROM pg_database, pg_roles
      WHERE datname = current_database() AND rolname = session_user`,
  );
  expect(row).toEqual({
    database: databaseOf(tier),
    owner: loginOf(tier, "admin"),
    rolsuper: false,
    rolcreaterole: true,
    rolcreatedb: true,
    rolreplication: false,
    rolbypassrls: false,
    fsync: "on",
  });
});

it("makes no role but the admins", async () => {
  const rows = await queryAsAdmin(
    sandbox,
    "dev",
    `SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY rolname COLLATE "C"`,
  );
  const admins = tiers.map((tier) => loginOf(tier, "admin")).sort();
  expect(rows.map((row) => row.rolname)).toEqual(["postgres", ...admins]);
});

it("keeps what it wrote from other users", async () => {
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  for (const name of ["sandbox.json", "passphrase", "pgpass"]) {
    expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  }
});

it("refuses another major and says how to change it", async () => {
  process.env.PG_MAJOR = "15";
  await expect(ensureSandbox(silentLog, folder)).rejects.toThrow(/has PostgreSQL 18[^]*make clean/);
  delete process.env.PG_MAJOR;
});

it("refuses programs from elsewhere, and one that was made before there were others stays npm's", async () => {
  const { binaries, ...older } = sandbox.record;
  expect(binaries).toBe("npm");
  await writeRecord(folder, older);
  process.env.PG_BINARIES = "packages";
  await expect(ensureSandbox(silentLog, folder)).rejects.toThrow(
    /PostgreSQL of npm, but PG_BINARIES asks for that of packages[^]*make clean/,
  );
  process.env.PG_BINARIES = "elsewhere";
  await expect(ensureSandbox(silentLog, folder)).rejects.toThrow(/PG_BINARIES=elsewhere is not/);
  process.env.PG_BINARIES = "npm";
  expect((await ensureSandbox(silentLog, folder)).hasPostgis).toBe(false);
  await writeRecord(folder, sandbox.record);
});

it("keeps data, passwords and port over a stop", async () => {
  await queryAsAdmin(sandbox, "dev", "CREATE TABLE kept AS SELECT 7 AS n");
  expect(await stopSandbox(folder)).toBe(true);
  expect(await stopSandbox(folder)).toBe(false);

  const after = await ensureSandbox(silentLog, folder);
  expect(after.record).toEqual(sandbox.record);
  expect(await queryAsAdmin(after, "dev", "SELECT n FROM kept")).toEqual([{ n: 7 }]);
});

it("moves to another port when its own is taken, and remembers it", async () => {
  await stopSandbox(folder);
  const rival = createServer().listen(sandbox.port, "127.0.0.1");
  await once(rival, "listening");

  const after = await ensureSandbox(silentLog, folder);
  rival.close();
  expect(after.port).not.toBe(sandbox.port);
  expect((await readRecord(folder))?.port).toBe(after.port);
  expect(await readFile(join(folder, "pgpass"), "utf8")).toContain(`:${after.port}:`);
});

it("leaves nothing when it is removed, and can be made anew with PostgreSQL 15", async () => {
  const before = await ensureSandbox(silentLog, folder);
  await removeSandbox(folder);
  expect(existsSync(folder)).toBe(false);
  await expect(queryAsAdmin(before, "dev", "SELECT 1")).rejects.toMatchObject({
    code: "ECONNREFUSED",
  });

  process.env.PG_MAJOR = "15";
  expect((await ensureSandbox(silentLog, folder)).major).toBe(15);
  delete process.env.PG_MAJOR;
});

async function queryAsAdmin(
  sandbox: Sandbox,
  tier: Tier,
  sql: string,
): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({
    host: sandbox.host,
    port: sandbox.port,
    user: loginOf(tier, "admin"),
    password: sandbox.record.passwords[tier].admin,
    database: databaseOf(tier),
    application_name: "sandbox test",
  });
  client.on("error", () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return rows;
  } finally {
    await client.end();
  }
}
