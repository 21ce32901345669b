/** The commands behind the Makefile, with the real engine, a real sandbox and a tiny program of their own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { removeSandbox } from "../../sandbox/sandbox";
import { run } from "../../toolchain/run";
import { isStillThere, providersBelow } from "../support/program/providers";

jest.setTimeout(300_000);

const root = join(__dirname, "..", "..");
const PROJECT = "commands-test";

/** A file of the repository, for a project of the tests' name. */
const ofProject = async (file: string): Promise<string> =>
  (await readFile(join(root, file), "utf8")).replaceAll("rmhgeoapi-database", PROJECT);

/** One resource of a dynamic provider; what it is set to and how long that takes come from the environment. */
const PROGRAM = `
import * as pulumi from "@pulumi/pulumi";
const wait = () => new Promise((done) => setTimeout(done, Number(process.env.SLOW ?? 0)));
class Thing extends pulumi.dynamic.Resource {
  constructor(name: string, inputs: object) {
    super({
      async create(inputs: object) { await wait(); return { id: "thing", outs: inputs }; },
      async update(_id: string, _olds: object, news: object) { await wait(); return { outs: news }; },
    }, name, inputs);
  }
}
if (process.env.BROKEN) throw new Error("broken on purpose");
new Thing("thing", { value: process.env.VALUE ?? "one", tier: new pulumi.Config().require("tier") });
`;

let scratch: string;
let project: string;
let sandbox: string;
let committed: string;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "commands-test-"));
  project = join(scratch, "project");
  sandbox = join(scratch, ".sandbox");
  await mkdir(project);
  committed = `${await ofProject("Pulumi.dev.yaml")}  ${PROJECT}:key:\n    secure: v1:x\n`;
  await writeFile(join(project, "Pulumi.yaml"), await ofProject("Pulumi.yaml"));
  await writeFile(join(project, "Pulumi.dev.yaml"), committed);
  await writeFile(join(project, "package.json"), '{ "name": "commands-test" }\n');
  await writeFile(join(project, "index.ts"), PROGRAM);
  await symlink(join(root, "node_modules"), join(project, "node_modules"));
});

afterAll(async () => {
  await removeSandbox(sandbox);
  await rm(scratch, { recursive: true });
});

it("brings a stack up, and says so when there was nothing to do", async () => {
  const first = await command("up");
  expect(first).toMatchObject({ status: 0 });
  expect(first.stdout).toMatch(/dev: rmhgeoapi_dev on 127\.0\.0\.1:\d+[^]*resources: 2 created/);
  expect(first.stdout).not.toContain("Nothing changed");
  expect((await command("up")).stdout).toContain("Nothing changed");
});

it("leaves the project as it was committed", async () => {
  expect((await readdir(project)).sort()).toEqual(
    ["Pulumi.dev.yaml", "Pulumi.yaml", "index.ts", "node_modules", "package.json"].sort(),
  );
  expect(await readFile(join(project, "Pulumi.dev.yaml"), "utf8")).toBe(committed);
  const own = await readFile(join(sandbox, "Pulumi.dev.yaml"), "utf8");
  expect(own).toMatch(/commands-test:tier: dev[^]*encryptionsalt: v1:/);
  expect(own).not.toContain("secure");
});

it.each([
  ["no drift", {}, 0],
  ["drift", { VALUE: "two" }, 1],
  ["a program that fails", { BROKEN: "yes" }, 2],
])("drift ends with the status for %s", async (_, env, status) => {
  expect(await command("drift", env)).toMatchObject({ status });
});

it("gives the environment of each stack", async () => {
  const { stdout } = await command("env", { PULUMI_ACCESS_TOKEN: "theirs" }, "qa");
  expect(stdout).toContain("unset PULUMI_ACCESS_TOKEN\n");
  expect(stdout).toContain("export DDL_DATABASE='rmhgeoapi_qa'\n");
  expect(stdout).toContain("export DDL_ADMIN='rmhgeoapi_qa_admin'\n");
});

it("says which stacks there are, when another is named", async () => {
  expect(await command("up", {}, "staging")).toMatchObject({
    status: 2,
    stderr: "The sandbox has no stack staging.\nHint: STACK is one of dev, qa, uat, prod.\n",
  });
});

it("lets the running step end on the first interruption, and goes on from there", async () => {
  const child = start("up", { VALUE: "three", SLOW: "4000" });
  const output = collect(child);
  await untilUpdating();
  child.kill("SIGINT");
  const [status] = (await once(child, "close")) as [number];
  expect(status).not.toBe(0);
  expect(output.text()).toMatch(
    /this step \(thing …\)[^]*Press Ctrl-C once more to cancel[^]*~ Resource thing/,
  );
  expect(await command("drift", { VALUE: "three" })).toMatchObject({ status: 0 });
});

it("cancels the running step on the second, and clears up in the next command", async () => {
  const child = start("up", { VALUE: "four", SLOW: "60000" });
  const output = collect(child);
  await untilUpdating();
  child.kill("SIGINT");
  await output.until("Press Ctrl-C once more");
  await sleep(1_000); // two signals in one moment would count as one
  child.kill("SIGINT");
  expect(await once(child, "close")).toEqual([8, null]);
  expect(output.text()).toContain("To go on from there: make up STACK=dev");

  const next = await command("up", { VALUE: "four" });
  expect(next).toMatchObject({ status: 0 });
  expect(next.stderr).toContain("left as pending");
});

it("goes on after the engine was killed", async () => {
  const child = start("up", { VALUE: "five", SLOW: "5000" });
  collect(child);
  await untilUpdating();
  const [file = ""] = await lockFiles();
  const lock = JSON.parse(await readFile(join(locks(), file), "utf8")) as { pid: number };
  const providers = await providersBelow(lock.pid);
  process.kill(lock.pid, "SIGKILL");
  await once(child, "close");

  const next = await command("up", { VALUE: "five" });
  expect(next).toMatchObject({ status: 0 });
  expect(next.stderr).toMatch(/Removed a lock of stack dev \(process \d+ of .* no longer runs\)/);
  expect(await lockFiles()).toEqual([]);
  // The provider of this tiny program does not end with its engine, as the real one does.
  for (const { pid } of providers.filter(isStillThere)) process.kill(pid);
});

it("does not take a lock from a process that runs", async () => {
  const timestamp = new Date().toISOString();
  const lock = { pid: process.pid, username: "ann", hostname: hostname(), timestamp };
  const file = join(locks(), "held.json");
  await writeFile(file, JSON.stringify(lock));
  const refused = await command("up", { DDL_STACK_WAIT_MS: "100" });
  expect(refused).toMatchObject({ status: 1 });
  expect(refused.stderr).toContain(`Stack dev is locked by process ${process.pid} of ann`);
  expect(refused.stderr).toContain(`rm ${file}`);
  expect(await lockFiles()).toEqual(["held.json"]);
  await rm(file);
});

it("loses nothing but the state with the state", async () => {
  await rm(join(sandbox, "state"), { recursive: true });
  expect(await command("up")).toMatchObject({ status: 0 });
});

/** Resolves while the step runs: the engine keeps in the state what it has begun. */
async function untilUpdating(): Promise<void> {
  const file = join(sandbox, "state", ".pulumi", "stacks", PROJECT, "dev.json");
  while (!(await readFile(file, "utf8").catch(() => "")).includes('"updating"')) await sleep(50);
}

const locks = (): string =>
  join(sandbox, "state", ".pulumi", "locks", "organization", PROJECT, "dev");

async function lockFiles(): Promise<readonly string[]> {
  return (await readdir(locks())).filter((name) => name.endsWith(".json"));
}

const arguments_ = (name: string, stack: string): readonly string[] => [
  "--import",
  "tsx",
  join(root, "cli", "make", "main.ts"),
  name,
  "--stack",
  stack,
];

const environmentWith = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...process.env,
  DDL_PROJECT: project,
  DDL_SANDBOX: sandbox,
  PG_BINARIES: "npm",
  ...env,
});

function command(name: string, env: NodeJS.ProcessEnv = {}, stack = "dev"): ReturnType<typeof run> {
  const options = { cwd: root, env: environmentWith(env) };
  return run(process.execPath, arguments_(name, stack), options);
}

function start(name: string, env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, arguments_(name, "dev"), {
    cwd: root,
    env: environmentWith(env),
    stdio: ["ignore", "pipe", "pipe"],
  });
}

interface Output {
  text(): string;
  /** Resolves when the text has been printed. */
  until(text: string): Promise<void>;
}

function collect(child: ChildProcess): Output {
  let seen = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => (seen += text));
  }
  return {
    text: () => seen,
    async until(text) {
      while (!seen.includes(text)) {
        if (child.exitCode !== null) throw new Error(`It ended without "${text}":\n${seen}`);
        await new Promise((done) => setTimeout(done, 50));
      }
    },
  };
}
