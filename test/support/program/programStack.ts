/**
 * The real program under the real engine: a copy of this repository's program in a temporary folder, where a test may
 * change files, with a file backend, a PULUMI_HOME and a stack of its own.
 * Does NOT start a server or make a database (see tierDatabase.ts).
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Readable } from "node:stream";

import { parse, stringify } from "yaml";

import type { RecoveryTarget } from "../../../cli/make/recover";
import type { PublishedVersion } from "../../../migrations/engine/history/promotion";
import { loadMigrations } from "../../../migrations/engine/survey/load";
import { environmentFor } from "../../../sandbox/environment";
import { tierRules } from "../../../stack/tier";
import { silentLog } from "../../../toolchain/log";
import { bundlePlugin } from "../../../toolchain/postgresql-plugin/bundle";
import { ensurePulumi } from "../../../toolchain/pulumi";
import { POSTGRESQL_PLUGIN_VERSION } from "../../../toolchain/versions";
import { pathWithPlugin, sayPlugin } from "../plugin/officialPlugin";
import type { TierDatabase } from "../servers/tierDatabase";
import { ddl, type DdlOutcome } from "./ddl";
import { done, expectFitToShow, type Outcome } from "./outcome";
import { publishedAs } from "./published";
import { writeStackFile } from "./stackFile";

export { done, type Outcome } from "./outcome";

/** What a program is made of; everything else of the repository the program does not need. */
const PROGRAM = [
  ...["index.ts", "stack"],
  ...["roles", "migrations", "azure", "pgstac"],
  ...["Pulumi.yaml", "package.json", "tsconfig.json"],
];
const PROJECT = "rmhgeoapi-database";
const PASSPHRASE = "the passphrase of a test";
/** Without a preview, and without showing each message a second time while things go on. */
const QUICK = ["--skip-preview", "--suppress-progress"] as const;
const repository = resolve(__dirname, "../../..");

export interface ProgramOptions {
  /** Name of the stack and, unless `config` says otherwise, the tier: its committed configuration is used. */
  readonly tier: "dev" | "qa" | "uat" | "prod";
  /** Configuration on top of the committed one; `undefined` takes a key away. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** The migrations folder's files, by name; the repository's own by default. */
  readonly files?: Readonly<Record<string, string>>;
  /** A folder made by makePulumiHome. */
  readonly home: string;
  /** Folder of the file backend that it shares with another stack; its own by default, where the tier below is in order. */
  readonly state?: string;
}

/**
 * Makes a PULUMI_HOME with the air-gap plugin, to be shared by the stacks of a test file and removed by it. Where this
 * machine has the official plugin, that one comes first on PATH and serves.
 */
export async function makePulumiHome(): Promise<string> {
  sayPlugin();
  const home = await mkdtemp(join(tmpdir(), "pulumi-home-"));
  const { bin } = await ensurePulumi(silentLog);
  const plugin = await bundlePlugin(join(home, "bundle"));
  const args = ["plugin", "install", "resource", "postgresql", POSTGRESQL_PLUGIN_VERSION];
  const child = spawn(join(bin, "pulumi"), [...args, "-f", plugin], {
    env: { ...process.env, PULUMI_HOME: home, PULUMI_SKIP_UPDATE_CHECK: "1" },
    stdio: "ignore",
  });
  const [status] = (await once(child, "close")) as [number | null];
  if (status !== 0) throw new Error(`the plugin could not be installed (status ${status})`);
  return home;
}

/** Removes a temporary folder with all that is in it. */
export const removeFolder = (folder: string): Promise<void> =>
  rm(folder, { recursive: true, force: true });

export class ProgramStack {
  /** Variables of the commands beside those that lead to the database; a test may change them. */
  variables: Readonly<Record<string, string>> = {};

  private constructor(
    readonly folder: string,
    readonly database: TierDatabase,
    readonly bin: string,
    private readonly options: ProgramOptions,
  ) {}

  /** Copies the program and makes its stack. */
  static async make(database: TierDatabase, options: ProgramOptions): Promise<ProgramStack> {
    const { bin } = await ensurePulumi(silentLog);
    const folder = await mkdtemp(join(tmpdir(), "program-stack-"));
    const stack = new ProgramStack(folder, database, bin, options);
    await mkdir(stack.project);
    await mkdir(stack.state, { recursive: true });
    await Promise.all(
      PROGRAM.map((name) => cp(join(repository, name), stack.file(name), { recursive: true })),
    );
    await symlink(join(repository, "node_modules"), stack.file("node_modules"));
    if (options.files !== undefined) await stack.replaceMigrations(options.files);
    else await stack.publishBelow();
    await stack.configure(options.config ?? {});
    done(await stack.pulumi("stack", "init", options.tier, "--no-select"));
    return stack;
  }

  /** Folder of the program. */
  get project(): string {
    return join(this.folder, "project");
  }

  /** Folder of the file backend. */
  get state(): string {
    return this.options.state ?? join(this.folder, "state");
  }

  /** Path of one of the program's files. */
  file(name: string): string {
    return join(this.project, name);
  }

  /** Replaces a text that a file of the program must hold. */
  async edit(name: string, before: string, after: string): Promise<void> {
    const text = await readFile(this.file(name), "utf8");
    if (!text.includes(before)) throw new Error(`${name} does not hold ${before}`);
    await writeFile(
      this.file(name),
      text.replace(before, () => after),
    );
  }

  async replaceMigrations(files: Readonly<Record<string, string>>): Promise<void> {
    const folder = this.file("migrations");
    for (const name of await readdir(folder)) {
      if (name.endsWith(".sql")) await rm(join(folder, name));
    }
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    await this.publishBelow();
  }

  /**
   * Has the tier below publish every file of the program as applied, proven, validated and signed off, or with less.
   * Not where stacks share a backend: there the tier below is a stack of the test's own.
   */
  async publishBelow(overrides: Partial<PublishedVersion> = {}): Promise<void> {
    const { lowerTier } = tierRules[this.options.tier];
    if (lowerTier === null || this.options.state !== undefined) return;
    const { migrations } = await loadMigrations(this.file("migrations"));
    const versions = migrations.map((migration) => publishedAs(migration, overrides));
    await writeStackFile(this.state, PROJECT, lowerTier, { tier: lowerTier, versions });
  }

  /** Writes the stack's configuration: the committed one of the tier, the database's names, and what is given. */
  async configure(config: Readonly<Record<string, unknown>>): Promise<void> {
    const name = `Pulumi.${this.options.tier}.yaml`;
    const committed = parse(await readFile(join(repository, name), "utf8")) as { config: object };
    const present = await readFile(this.file(name), "utf8").catch(() => "");
    const { encryptionsalt } = (parse(present) ?? {}) as { encryptionsalt?: string };
    const own = Object.fromEntries(
      Object.entries({ ...this.database.config, ...config }).map(([key, value]) => [
        `${PROJECT}:${key}`,
        value,
      ]),
    );
    const text = stringify({ encryptionsalt, config: { ...committed.config, ...own } });
    await writeFile(this.file(name), text);
  }

  up(...args: readonly string[]): Promise<Outcome> {
    return this.pulumi("up", "--yes", ...QUICK, ...args);
  }

  preview(...args: readonly string[]): Promise<Outcome> {
    return this.pulumi("preview", "--suppress-progress", ...args);
  }

  refresh(...args: readonly string[]): Promise<Outcome> {
    return this.pulumi("refresh", "--yes", ...QUICK, ...args);
  }

  destroy(...args: readonly string[]): Promise<Outcome> {
    return this.pulumi("destroy", "--yes", ...QUICK, ...args);
  }

  /** Runs `ddl <args>` on the stack, as a person does beside the engine. */
  ddl(...args: readonly string[]): Promise<DdlOutcome> {
    return ddl([...args, "--stack", this.options.tier], {
      cwd: this.project,
      env: { ...this.env, DDL_PROJECT: this.project },
    });
  }

  /** The state as `pulumi stack export` prints it. */
  async exportState(): Promise<string> {
    return done(await this.pulumi("stack", "export"));
  }

  async importState(state: string): Promise<void> {
    const file = join(this.folder, "import.json");
    await writeFile(file, state);
    done(await this.pulumi("stack", "import", "--file", file));
  }

  /** Forgets the stack's state, and keeps its configuration. */
  async forgetState(): Promise<void> {
    const { tier } = this.options;
    done(await this.pulumi("stack", "rm", tier, "--yes", "--force", "--preserve-config"));
    done(await this.pulumi("stack", "init", tier, "--no-select"));
  }

  async outputs(): Promise<Readonly<Record<string, unknown>>> {
    const text = done(await this.pulumi("stack", "output", "--json"));
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  }

  /** URN of the resource with this name. */
  async urnOf(name: string): Promise<string> {
    const { deployment } = JSON.parse(await this.exportState()) as {
      deployment: { resources: readonly { urn: string }[] };
    };
    const found = deployment.resources.find(({ urn }) => urn.endsWith(`::${name}`));
    if (found === undefined) throw new Error(`the state has no resource ${name}`);
    return found.urn;
  }

  /**
   * Runs a command to its end; a non-zero status is no error.
   *
   * @throws {Error} the output holds a stack trace or a password, whatever the command.
   */
  async pulumi(...args: readonly string[]): Promise<Outcome> {
    const child = this.start(...args);
    let output = "";
    const collect = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    const [status] = (await once(child, "close")) as [number | null];
    expectFitToShow(output, this.database.passwords);
    return { status: status ?? -1, output };
  }

  /** Starts a command in a process group of its own; the caller waits for it or ends it. */
  start(...args: readonly string[]): ChildProcessByStdio<null, Readable, Readable> {
    return spawn(join(this.bin, "pulumi"), [...args, "--non-interactive"], {
      cwd: this.project,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
      env: this.env,
    });
  }

  /** The environment of every command. */
  get env(): NodeJS.ProcessEnv {
    const own = Object.entries(process.env).filter(([name]) => !name.startsWith("DDL_"));
    return environmentFor(
      {
        ...this.database.variables,
        PATH: `${this.bin}:${pathWithPlugin()}`,
        PULUMI_HOME: this.options.home,
        PULUMI_BACKEND_URL: `file://${this.state}`,
        PULUMI_CONFIG_PASSPHRASE: PASSPHRASE,
        PULUMI_SKIP_UPDATE_CHECK: "1",
        PULUMI_STACK: this.options.tier,
        ...this.variables,
      },
      Object.fromEntries(own),
    );
  }

  /** What cli/make/recover.ts needs to clear away after a command that was killed. */
  get recoveryTarget(): RecoveryTarget {
    return {
      pulumi: join(this.bin, "pulumi"),
      state: this.state,
      project: PROJECT,
      stack: this.options.tier,
      env: this.env,
      cwd: this.project,
      stackArguments: ["--stack", this.options.tier],
    };
  }

  /** Removes the folder, and with it the state. */
  remove(): Promise<void> {
    return removeFolder(this.folder);
  }
}
