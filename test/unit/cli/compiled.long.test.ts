/**
 * Commands that were compiled and commands as they are interpreted answer the same, and what was compiled of other sources
 * is never run; nor is it given to the program and its providers. In a copy of the project, so that none of it touches the project's own.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";

jest.setTimeout(300_000);

const root = join(__dirname, "..", "..", "..");
/** What commands are made of, with what they read beside it. */
const parts = [
  ...["azure", "cli", "migrations", "pgstac", "roles", "sandbox", "stack", "toolchain"],
  ...["index.ts", "package.json", "package-lock.json", "tsconfig.json", "Pulumi.yaml"],
  ...["Pulumi.dev.yaml", "Pulumi.qa.yaml", "Pulumi.uat.yaml", "Pulumi.prod.yaml"],
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "compiled-"));
  for (const name of parts) await cp(join(root, name), join(folder, name), { recursive: true });
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Answer {
  readonly status: number | null;
  readonly printed: string;
  readonly said: string;
}

async function run(program: "ddl" | "make", words: readonly string[]): Promise<Answer> {
  const child = spawn(process.execPath, [`cli/bin/${program}.js`, ...words], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      DDL_PROJECT: folder,
      DDL_SANDBOX: join(folder, ".sandbox"),
      DDL_PORT: "1",
    },
  });
  return answerOf(child);
}

async function answerOf(child: ChildProcessByStdio<null, Readable, Readable>): Promise<Answer> {
  let [printed, said] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const [status] = (await once(child, "close")) as [number | null];
  return { status, printed, said };
}

const calls: readonly (readonly ["ddl" | "make", ...string[]])[] = [
  ["ddl", "--help"],
  ["ddl", "--version"],
  ["ddl", "check", "--tier", "prod", "--format", "json"],
  ["ddl", "check", "migrations/nowhere.sql"],
  ["ddl", "plan", "--stack", "prod"],
  ["ddl", "statsu"],
  ["ddl", "grants", "--stack", "nowhere"],
  ["make", "drift", "--stack", "x;y"],
];
const compiledFolder = () => join(folder, ".build", "compiled");

it("commands answer the same, and never from other sources", async () => {
  const interpreted: Answer[] = [];
  await mkdir(compiledFolder(), { recursive: true });
  for (const [program, ...words] of calls) {
    // What make calls would compile; so it is called as ddl is, by its file.
    if (program === "ddl") interpreted.push(await run(program, words));
  }
  expect(await readdir(compiledFolder())).toEqual([]);
  expect(interpreted.map(({ status }) => status)).toEqual([0, 0, 0, 2, 2, 2, 2]);

  // The first call compiles both; that they run is told by a mark that is put into them.
  const made = await run("make", ["drift", "--stack", "x;y"]);
  const names = await readdir(compiledFolder());
  expect(names.map((name) => name.replace(/-[0-9a-f]{32}/, "")).sort()).toEqual([
    "ddl.cjs",
    "make.cjs",
    "program.cjs",
    "provider.cjs",
  ]);
  for (const name of names) {
    const path = join(compiledFolder(), name);
    // Of two classes with one name the second would be another one to whom it shows its name.
    expect(await readFile(path, "utf8")).not.toMatch(/^\s*var \w+\d = class /m);
    if (/^(ddl|make)/.test(name))
      await writeFile(path, `process.stderr.write("compiled\\n");${await readFile(path, "utf8")}`);
  }
  const compiled: Answer[] = [];
  for (const [program, ...words] of calls) compiled.push(await run(program, words));
  const marked = [...interpreted, made].map((one) => ({ ...one, said: `compiled\n${one.said}` }));
  expect(compiled).toEqual(marked);

  const source = join(folder, "cli", "program.ts");
  const text = await readFile(source, "utf8");
  await writeFile(source, text.replace("Checks, plans, runs", "Checks, runs"));
  const changed = await run("ddl", ["--help"]);
  expect(changed.printed).toContain("Checks, runs");
  expect(changed.said).toBe("");
  // A source that is new may stand for one that was there.
  await writeFile(source, text);
  expect((await run("ddl", ["--help"])).said).toBe("compiled\n");
  await writeFile(join(folder, "stack", "another.ts"), "");
  expect((await run("ddl", ["--help"])).said).toBe("");

  // What does not compile says why itself, and leaves what was compiled before.
  await writeFile(source, "this is no program");
  const broken = await run("make", ["--help"]);
  expect(broken.status).toBe(0);
  expect((await run("ddl", ["--help"])).said).toMatch(/program\.ts/);
  await writeFile(source, text);
  await rm(join(folder, "stack", "another.ts"));
  expect((await run("ddl", ["--help"])).said).toBe("compiled\n");
});

describe("modules of the program and its providers", () => {
  /** What an expression of `compiled` prints in a process of its own. */
  async function ask(expression: string): Promise<Answer> {
    const script = `const compiled = require("./stack/compiled.js"); console.log(${expression});`;
    return answerOf(
      spawn(process.execPath, ["-e", script], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] }),
    );
  }
  const rules = '"rulesOf" in compiled.provided("roles/entry.ts").grants';
  const entry = () => join(folder, "roles", "entry.ts");

  it("are compiled where that is not done, and those of other sources are not taken", async () => {
    await rm(compiledFolder(), { recursive: true, force: true });
    expect((await ask(rules)).printed).toBe("false\n");
    const first = await readdir(compiledFolder());
    expect(first.filter((name) => name.startsWith("provider"))).toHaveLength(1);

    const text = await readFile(entry(), "utf8");
    const changed = text.replace(
      "export const grants = {",
      "export const grants = { rulesOf: heal,",
    );
    expect(changed).not.toBe(text);
    await writeFile(entry(), changed);
    expect((await ask(rules)).printed).toBe("true\n");
    expect(await readdir(compiledFolder())).not.toEqual(expect.arrayContaining(first));

    // Nothing can be kept where the folder is somebody else's: the sources are read as they stand.
    await rm(compiledFolder(), { recursive: true });
    await writeFile(compiledFolder(), "");
    expect((await ask(rules)).printed).toBe("true\n");
    await rm(compiledFolder());
    await writeFile(entry(), text);
  });

  it("hold every module that index.ts imports", async () => {
    const wanted = [...(await readFile(join(root, "index.ts"), "utf8")).matchAll(/"\.\/(.*)";/g)];
    const names = wanted
      .map(([, name = ""]) => `${name}.ts`)
      .filter((name) => !/compiled/.test(name));
    const { printed } = await ask('Object.keys(compiled.compiledModules("program")).join()');
    expect(names.length).toBeGreaterThan(5);
    expect(printed.trim().split(",")).toEqual(names);
  });

  it("that do not compile say why themselves", async () => {
    const text = await readFile(entry(), "utf8");
    await writeFile(entry(), "this is no program");
    const { status, said } = await ask(rules);
    expect(status).not.toBe(0);
    expect(said).toMatch(/roles\/entry\.ts/);
    await writeFile(entry(), text);
  });
});
