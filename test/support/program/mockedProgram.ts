/**
 * Runs index.ts with a mocked engine and a real database, and keeps what it asks the engine to register.
 * Does NOT run any provider: under mocks a resource only echoes its inputs.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { parse } from "yaml";

import { loadMigrations } from "../../../migrations/engine/survey/load";
import { type Tier, tierRules } from "../../../stack/tier";
import type { TierDatabase } from "../servers/tierDatabase";
import { publishedAs } from "./published";
import { loadSharedModules, useSharedModules } from "./sharedModules";

/** What the program asked of the engine, in the order of asking. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  readonly parent: string;
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  readonly importId: string;
  readonly ignoreChanges: readonly string[];
  /** URNs. */
  readonly dependencies: readonly string[];
  /** As sent: a secret is an object with a signature. */
  readonly inputs: Readonly<Record<string, unknown>>;
}

export interface Run {
  readonly resources: readonly Registered[];
  readonly outputs: Readonly<Record<string, unknown>>;
  /** What was logged, by severity. */
  readonly logged: Readonly<Record<"info" | "warn" | "error", readonly string[]>>;
  /** What the process would have ended with. */
  readonly exitCode: number | undefined;
}

/** The part of the SDK's request that is kept. */
interface Request {
  getType(): string;
  getName(): string;
  getParent(): string;
  getProtect(): boolean;
  getRetainondelete(): boolean;
  getImportid(): string;
  getIgnorechangesList(): string[];
  getDependenciesList(): string[];
  getObject(): { toJavaScript(): Record<string, unknown> };
}

type Inputs = Readonly<Record<string, unknown>>;

type Reply = (error: unknown, response: { getUrn(): string } | undefined) => void;

const repository = join(__dirname, "..", "..", "..");
const PROJECT = "rmhgeoapi-database";

/** Declared defaults, the tier's committed configuration, the database's names, and what is given, as the engine merges them. */
async function configOf(
  tier: Tier,
  database: TierDatabase,
  given: Readonly<Record<string, unknown>>,
): Promise<Record<string, string>> {
  const read = async (name: string): Promise<Record<string, unknown>> => {
    const { config } = parse(await readFile(join(repository, name), "utf8")) as {
      config: Record<string, unknown>;
    };
    return config;
  };
  const defaults = Object.entries(await read("Pulumi.yaml")).map(([key, declared]) => [
    key,
    (declared as { default?: unknown }).default,
  ]);
  const committed = Object.entries(await read(`Pulumi.${tier}.yaml`)).map(([key, value]) => [
    key.slice(PROJECT.length + 1),
    value,
  ]);
  const merged = {
    ...(Object.fromEntries([...defaults, ...committed]) as Record<string, unknown>),
    ...database.config,
    ...given,
  };
  return Object.fromEntries(
    Object.entries(merged)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [
        `${PROJECT}:${key}`,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
  );
}

/** The tier below, with every file of the repository applied, proven, validated and signed off. */
async function publishedBelow(tier: Tier): Promise<object> {
  const { migrations } = await loadMigrations(join(repository, "migrations"));
  const versions = migrations.map((migration) => publishedAs(migration));
  return { tier: tierRules[tier].lowerTier, versions };
}

/**
 * Registers the program of a tier.
 *
 * @param given      Configuration on top of the tier's own.
 * @param variables  Environment beside what leads to the database.
 * @param below      Outputs of the stack of the tier below, by default in order; null: there is no such stack.
 * @throws what the program throws.
 */
export async function registerProgram(
  tier: Tier,
  database: TierDatabase,
  given: Readonly<Record<string, unknown>> = {},
  variables: Readonly<Record<string, string>> = {},
  below?: object | null,
): Promise<Run> {
  const outputsBelow = below === undefined ? await publishedBelow(tier) : below;
  const config = await configOf(tier, database, given);
  const answer = (token: string, name: string): object => {
    if (token !== "pulumi:pulumi:readStackOutputs") return {};
    if (outputsBelow === null) throw new Error(`unknown stack "${name}"`);
    return { name, outputs: outputsBelow };
  };
  const before = { ...process.env };
  const exitCode = process.exitCode;
  Object.assign(process.env, database.variables, variables);
  const resources: Registered[] = [];
  const logged = { info: [] as string[], warn: [] as string[], error: [] as string[] };
  const severities = ["info", "warn", "error"] as const;
  const silenced = severities.map((severity) =>
    jest
      .spyOn(console, severity === "info" ? "log" : severity)
      .mockImplementation((...words: unknown[]) => {
        logged[severity].push(words.join(" "));
      }),
  );
  try {
    let outputs: Readonly<Record<string, unknown>> = {};
    loadSharedModules();
    await jest.isolateModulesAsync(async () => {
      useSharedModules(false);
      const pulumi = await import("@pulumi/pulumi");
      const { MockMonitor } = await import("@pulumi/pulumi/runtime/mocks.js");
      keepRequests(MockMonitor.prototype, resources);
      pulumi.runtime.setAllConfig(config);
      await pulumi.runtime.setMocks(
        {
          newResource: ({ name, inputs, id }) => ({
            id: id === undefined || id === "" ? `${name}-id` : id,
            state: { ...(inputs as object), applied: `${name} as read back` },
          }),
          call: ({ token, inputs }) => answer(token, String((inputs as Inputs)["name"])),
        },
        PROJECT,
        tier,
      );
      const program = jest.requireActual<() => Promise<Record<string, unknown>>>("../../../index");
      outputs = await resolved(pulumi.output(await program()));
      await pulumi.runtime.disconnect(); // Not before everything is registered.
    });
    const ended = process.exitCode === exitCode ? undefined : Number(process.exitCode);
    return { resources, outputs, logged, exitCode: ended };
  } finally {
    process.env = before;
    process.exitCode = exitCode;
    for (const spy of silenced) spy.mockRestore();
  }
}

const resolved = <T>(output: { apply(work: (value: T) => void): unknown }): Promise<T> =>
  new Promise((done) => output.apply(done));

export interface Monitor {
  registerResource: (this: Monitor, request: Request, reply: Reply) => Promise<void>;
}

/** Keeps what a mocked engine is asked to register. */
export function keepRequests(monitor: Monitor, resources: Registered[]): void {
  const original = monitor.registerResource;
  monitor.registerResource = async function (request, reply) {
    await original.call(this, request, (error, response) => {
      if (response !== undefined) {
        resources.push({
          type: request.getType(),
          name: request.getName(),
          urn: response.getUrn(),
          parent: request.getParent(),
          protect: request.getProtect(),
          retainOnDelete: request.getRetainondelete(),
          importId: request.getImportid(),
          ignoreChanges: request.getIgnorechangesList(),
          dependencies: request.getDependenciesList(),
          inputs: request.getObject().toJavaScript(),
        });
      }
      reply(error, response);
    });
  };
}
