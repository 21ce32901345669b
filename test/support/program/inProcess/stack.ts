/**
 * A stack of the real program without the engine's process: the commands of ProgramStack that tests of our own decisions
 * use, on a real database, half a second each instead of seven.
 * Does NOT know --target, --exclude, destroy, encryption or locks: for those there is ProgramStack.
 */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { parse, stringify } from "yaml";

import type { PublishedVersion } from "../../../../migrations/engine/history/promotion";
import { loadMigrations } from "../../../../migrations/engine/survey/load";
import { type Tier, tierRules } from "../../../../stack/tier";
import type { TierDatabase } from "../../servers/tierDatabase";
import { ddl, type DdlOutcome } from "../ddl";
import { CHANGES_FOUND, expectFitToShow, type Outcome as EndOfCommand } from "../outcome";
import { publishedAs } from "../published";
import { display } from "./display";
import { Engine } from "./engine";
import { type Dynamic, runProgram } from "./program";
import type { Properties, Report, StateResource, Step } from "./resources";

const repository = resolve(__dirname, "../../../..");
const PROJECT = "rmhgeoapi-database";

/** As the real engine ends. */
const status = { fine: 0, failed: 255, changesFound: CHANGES_FOUND } as const;

/** `output` in the words of pulumi, as far as they matter (see display.ts). */
export interface Outcome extends EndOfCommand {
  /** What was done, or would be, in order. */
  readonly steps: readonly Step[];
}

/** What stacks publish, by their whole names: stacks that share it see each other. */
export type Backend = Map<string, Properties>;

export interface InProcessOptions {
  /** Name of the stack and, unless `config` says otherwise, the tier: its committed configuration is used. */
  readonly tier: Tier;
  /** Configuration on top of the committed one; `undefined` takes a key away. */
  readonly config?: Properties;
  /** The migrations folder's files, by name; the repository's own by default. */
  readonly files?: Readonly<Record<string, string>>;
  /** Shared with another stack; its own by default, where the tier below is in order. */
  readonly state?: Backend;
}

const nameOf = (tier: string): string => `organization/${PROJECT}/${tier}`;

export class InProcessStack {
  /** Variables of the commands beside those that lead to the database; a test may change them. */
  variables: Readonly<Record<string, string>> = {};
  readonly state: Backend;
  #resources = new Map<string, StateResource>();
  readonly #dynamics = new Map<string, Dynamic>();

  private constructor(
    readonly project: string,
    readonly database: TierDatabase,
    private readonly options: InProcessOptions,
  ) {
    this.state = options.state ?? new Map<string, Properties>();
  }

  static async make(database: TierDatabase, options: InProcessOptions): Promise<InProcessStack> {
    const project = await mkdtemp(join(tmpdir(), "in-process-stack-"));
    const stack = new InProcessStack(project, database, options);
    await mkdir(stack.file("migrations"));
    await cp(join(repository, "Pulumi.yaml"), stack.file("Pulumi.yaml"));
    await stack.replaceMigrations(options.files ?? (await repositoryMigrations()));
    await stack.configure(options.config ?? {});
    return stack;
  }

  /** Path of one of the program's files. */
  file(name: string): string {
    return join(this.project, name);
  }

  async replaceMigrations(files: Readonly<Record<string, string>>): Promise<void> {
    const folder = this.file("migrations");
    for (const name of await readdir(folder)) await rm(join(folder, name));
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    await this.publishBelow();
  }

  /** Has the tier below publish every file as applied, proven, validated and signed off, or with less. */
  async publishBelow(overrides: Partial<PublishedVersion> = {}): Promise<void> {
    const { lowerTier } = tierRules[this.options.tier];
    if (lowerTier === null || this.options.state !== undefined) return;
    const { migrations } = await loadMigrations(this.file("migrations"));
    const versions = migrations.map((migration) => publishedAs(migration, overrides));
    this.state.set(nameOf(lowerTier), { tier: lowerTier, versions });
  }

  /** Writes the stack's configuration: the committed one of the tier, the database's names, and what is given. */
  async configure(config: Properties): Promise<void> {
    const name = `Pulumi.${this.options.tier}.yaml`;
    const committed = parse(await readFile(join(repository, name), "utf8")) as { config: object };
    const own = Object.fromEntries(
      Object.entries({ ...this.database.config, ...config }).map(([key, value]) => [
        `${PROJECT}:${key}`,
        value,
      ]),
    );
    await writeFile(this.file(name), stringify({ config: { ...committed.config, ...own } }));
  }

  /** Takes `--refresh` and `--diff`. */
  up(...flags: readonly string[]): Promise<Outcome> {
    return this.#command({ flags, isPreview: false, runsProgram: true });
  }

  /** Takes `--refresh`, `--diff` and `--expect-no-changes`. */
  preview(...flags: readonly string[]): Promise<Outcome> {
    return this.#command({ flags, isPreview: true, runsProgram: true });
  }

  /** Takes `--diff`. */
  refresh(...flags: readonly string[]): Promise<Outcome> {
    return this.#command({
      flags: [...flags, "--refresh"],
      isPreview: false,
      runsProgram: false,
    });
  }

  /** Runs `ddl <args>` on the stack, as a person does beside the engine. */
  ddl(...args: readonly string[]): Promise<DdlOutcome> {
    const env = { ...this.database.variables, ...this.variables, DDL_PROJECT: this.project };
    return ddl([...args, "--stack", this.options.tier], { cwd: this.project, env });
  }

  /** A copy of the state, for importState. */
  exportState(): Promise<ReadonlyMap<string, StateResource>> {
    return Promise.resolve(new Map(this.#resources));
  }

  importState(state: ReadonlyMap<string, StateResource>): Promise<void> {
    this.#resources = new Map(state);
    return Promise.resolve();
  }

  /** Forgets the stack's state, and keeps its configuration. */
  forgetState(): Promise<void> {
    this.#resources = new Map();
    this.state.delete(nameOf(this.options.tier));
    return Promise.resolve();
  }

  outputs(): Promise<Properties> {
    return Promise.resolve(this.state.get(nameOf(this.options.tier)) ?? {});
  }

  /** The environment of every command. */
  get env(): NodeJS.ProcessEnv {
    const own = Object.entries(process.env).filter(([name]) => !name.startsWith("DDL_"));
    return { ...Object.fromEntries(own), ...this.database.variables, ...this.variables };
  }

  remove(): Promise<void> {
    return rm(this.project, { recursive: true, force: true });
  }

  async #command({
    flags,
    isPreview,
    runsProgram,
  }: {
    readonly flags: readonly string[];
    readonly isPreview: boolean;
    readonly runsProgram: boolean;
  }): Promise<Outcome> {
    const unknown = flags.filter((flag) => !known.has(flag));
    if (unknown.length > 0) throw new Error(`only the engine knows ${unknown.join(" ")}`);
    const state = isPreview ? new Map(this.#resources) : this.#resources;
    const config = await this.#config();
    const said: string[] = [];
    const engine = new Engine({
      ...{ project: PROJECT, stack: this.options.tier, isPreview, state, config },
      dynamicOf: (type) => {
        const found = this.#dynamics.get(type);
        if (found === undefined) throw new Error(`no ${type} was declared`);
        return found;
      },
      outputsOf: (name) => {
        const outputs = this.state.get(name);
        if (outputs !== undefined) return outputs;
        if (name === nameOf(this.options.tier)) return {};
        throw new Error(`unknown stack "${name}"`);
      },
      publish: (outputs) => this.state.set(nameOf(this.options.tier), outputs),
    });
    const failed = await this.#inside(() =>
      runProgram({
        ...{ project: PROJECT, stack: this.options.tier, isPreview, engine, runsProgram },
        config: Object.fromEntries(
          Object.entries(config).map(([key, value]) => [`${PROJECT}:${key}`, value]),
        ),
        dynamics: this.#dynamics,
        refreshFirst: flags.includes("--refresh"),
        say: (severity, text) => said.push(`${severity}: ${text}`),
      }),
    ).finally(() => engine.stop());
    return this.#outcome(engine, failed, said, flags);
  }

  #outcome(
    { steps, failures }: Engine,
    programFailed: boolean,
    said: readonly string[],
    flags: readonly string[],
  ): Outcome {
    const failed = programFailed || failures.length > 0;
    const report: Report = {
      ...{ steps, failed },
      said: [...said, ...failures.map((text) => `error: ${text}`)],
    };
    const output = display(report, flags.includes("--diff"));
    expectFitToShow(output, this.database.passwords);
    if (failed) return { status: status.failed, output, steps };
    const unexpected =
      flags.includes("--expect-no-changes") && steps.some(({ operation }) => operation !== "same");
    return { status: unexpected ? status.changesFound : status.fine, output, steps };
  }

  /** Declared defaults, and the stack's file, as text, by the bare key. */
  async #config(): Promise<Record<string, string>> {
    const read = async (name: string): Promise<Properties> =>
      (parse(await readFile(this.file(name), "utf8")) as { config: Properties }).config;
    const defaults = Object.entries(await read("Pulumi.yaml")).map(([key, declared]) => [
      key,
      (declared as { default?: unknown }).default,
    ]);
    const given = Object.entries(await read(`Pulumi.${this.options.tier}.yaml`)).map(
      ([key, value]) => [key.slice(PROJECT.length + 1), value],
    );
    const all = Object.fromEntries([...defaults, ...given]) as Properties;
    return Object.fromEntries(
      Object.entries(all)
        .filter(([, value]) => value !== undefined && value !== null)
        .map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
    );
  }

  /** In the program's folder and environment, as the engine starts it. */
  async #inside<T>(work: () => Promise<T>): Promise<T> {
    const [environment, folder] = [process.env, process.cwd()];
    process.env = this.env;
    process.chdir(this.project);
    try {
      return await work();
    } finally {
      process.chdir(folder);
      process.env = environment;
    }
  }
}

const known = new Set(["--refresh", "--diff", "--expect-no-changes"]);

async function repositoryMigrations(): Promise<Readonly<Record<string, string>>> {
  const folder = join(repository, "migrations");
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql"));
  const texts = names.map(async (name) => [name, await readFile(join(folder, name), "utf8")]);
  return Object.fromEntries(await Promise.all(texts)) as Readonly<Record<string, string>>;
}
