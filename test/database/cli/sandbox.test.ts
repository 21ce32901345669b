// `ddl --sandbox`: one of the sandbox's databases, and no other, whatever the environment says.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ensureSandbox, removeSandbox, stopSandbox } from "../../../sandbox/sandbox";
import { silentLog } from "../../../toolchain/log";
import { ddl } from "../../support/program/ddl";

jest.setTimeout(300_000);

let scratch: string;
let folder: string;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "ddl-sandbox-"));
  folder = join(scratch, ".sandbox");
  process.env.PG_BINARIES = "npm";
  await ensureSandbox(silentLog, folder);
});
afterAll(async () => {
  await removeSandbox(folder);
  await rm(scratch, { recursive: true });
  delete process.env.PG_BINARIES;
});

const elsewhere = {
  DDL_HOST: "127.0.0.1",
  DDL_PORT: "1",
  DDL_DATABASE: "other",
  PGHOST: "nowhere",
};

it("means the stack's database, and no other that the environment names", async () => {
  const { status, stdout } = await ddl(["status", "--stack", "uat", "--sandbox"], {
    env: { DDL_SANDBOX: folder, ...elsewhere },
  });
  expect(status).toBe(0);
  expect(stdout).toMatch(/^uat: tier uat, 127\.0\.0\.1:\d+\/rmhgeoapi_uat, PostgreSQL /);
});

it("starts the server when it does not run", async () => {
  await stopSandbox(folder);
  const { status, stdout, stderr } = await ddl(["status", "--stack", "qa", "--sandbox"], {
    env: { DDL_SANDBOX: folder },
  });
  expect(status).toBe(0);
  expect(stdout).toContain("/rmhgeoapi_qa,");
  expect(stderr).toMatch(/^Sandbox: PostgreSQL \d\S+(, PostGIS \d\S+)? on 127\.0\.0\.1:\d+\n$/);
});

it("is never meant without being named, but is mentioned when nothing else was found", async () => {
  const env = { DDL_SANDBOX: folder };
  const { status, stdout, stderr } = await ddl(["status", "--stack", "uat"], { env });
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toContain("  The sandbox's databases are meant only with --sandbox.\n");
  const named = await ddl(["status", "--stack", "uat"], { env: { ...env, ...elsewhere } });
  expect(named.stderr).not.toContain("sandbox");
});
