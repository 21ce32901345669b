/**
 * Runs index.ts once in this process against a stand-in for the engine, as a fresh process would: the project's own
 * modules are loaded anew, so that nothing that one command remembers reaches the next.
 * Does NOT know what a resource does (see engine.ts).
 */
import { join } from "node:path";

import type * as pulumi from "@pulumi/pulumi";

import { loadSharedModules, useSharedModules } from "../sharedModules";
import type { Engine } from "./engine";

const repository = join(__dirname, "../../../..");

/** Status by which the program says that it failed and told why (migrations/program/verdict.ts). */
const failedAndTold = 32;

type Program = () => Promise<Record<string, unknown>>;

export type Dynamic = pulumi.dynamic.ResourceProvider;

/** The SDK's functions for its own tests and runtimes. */
interface Runtime {
  setMockOptions(
    monitor: unknown,
    project: string,
    stack: string,
    isPreview: boolean,
    organization: string,
  ): void;
  disconnect(): Promise<void>;
}

interface State {
  withLocalStorage<T>(work: () => Promise<T>): Promise<T>;
  getStore(): Record<string, unknown>;
}

interface Debuggable {
  debuggablePromise<T>(promise: Promise<T>): Promise<T>;
}

export interface ProgramRun {
  readonly project: string;
  readonly stack: string;
  readonly isPreview: boolean;
  readonly config: Readonly<Record<string, string>>;
  readonly engine: Engine;
  /** By type, filled as the program declares them; the real state holds their text. */
  readonly dynamics: Map<string, Dynamic>;
  /** Before the program runs: `--refresh`. */
  readonly refreshFirst: boolean;
  /** False: no program, as in `pulumi refresh`. */
  readonly runsProgram: boolean;
  readonly say: (severity: "info" | "warning" | "error", text: string) => void;
}

/** @returns whether the program, or what it declared, failed. */
export async function runProgram(run: ProgramRun): Promise<boolean> {
  const sdk = jest.requireActual<typeof pulumi>("@pulumi/pulumi");
  const runtime = sdk.runtime as unknown as Runtime;
  const state = jest.requireActual<State>("@pulumi/pulumi/runtime/state");
  // It takes a stack for each promise, which jest maps to the sources: a tenth of a program's time, read by nobody here.
  const debuggable = jest.requireActual<Debuggable>("@pulumi/pulumi/runtime/debuggable");
  debuggable.debuggablePromise = (promise) => promise;
  loadSharedModules();
  const exitCode = process.exitCode;
  process.exitCode = undefined;
  const silenced = silence(run.say);
  try {
    let failed = false;
    await jest.isolateModulesAsync(async () => {
      mockModules(sdk, run.dynamics, run.say);
      if (run.refreshFirst) await run.engine.refresh();
      if (!run.runsProgram) return;
      failed = await state.withLocalStorage(async () => {
        sdk.runtime.setAllConfig({ ...run.config });
        runtime.setMockOptions(
          run.engine.monitor,
          run.project,
          run.stack,
          run.isPreview,
          "organization",
        );
        Object.assign(state.getStore(), features);
        const program = jest.requireActual<Program>(join(repository, "index"));
        const ended = untilRefused(program, run.say, async (guarded) => {
          await sdk.runtime.runInPulumiStack(guarded);
          await runtime.disconnect(); // Not before everything is registered.
        });
        return Promise.race([ended, run.engine.failed.then(() => true)]);
      });
      if (Number(process.exitCode ?? 0) === failedAndTold) failed = true;
      if (!failed) await run.engine.deleteRest();
    });
    return failed;
  } finally {
    process.exitCode = exitCode;
    for (const spy of silenced) spy.mockRestore();
  }
}

/**
 * Whether the program itself fails. Then it never goes on, as the process that it would end: the stack does not hear of
 * it, and publishes nothing.
 */
function untilRefused(
  program: Program,
  say: ProgramRun["say"],
  work: (guarded: Program) => Promise<void>,
): Promise<boolean> {
  return new Promise((done, fail) => {
    const guarded: Program = () =>
      program().catch((error: unknown) => {
        say("error", error instanceof Error ? error.message : String(error));
        done(true);
        return new Promise<never>(() => undefined);
      });
    work(guarded).then(() => {
      done(false);
    }, fail);
  });
}

/** What the engine of the SDK's version can do, as far as the stand-in answers it. */
const features = {
  supportsSecrets: true,
  supportsResourceReferences: true,
  supportsOutputValues: false,
  supportsDeletedWith: true,
  supportsAliasSpecs: true,
  supportsTransforms: false,
};

function mockModules(
  sdk: typeof pulumi,
  dynamics: Map<string, Dynamic>,
  say: ProgramRun["say"],
): void {
  /** Keeps the provider, which the SDK would turn into text for another process to read. */
  class DynamicResource extends sdk.CustomResource {
    constructor(
      provider: Dynamic,
      name: string,
      props: Record<string, unknown>,
      opts?: pulumi.CustomResourceOptions,
      module?: string,
      type = "Resource",
    ) {
      const token = `pulumi-nodejs:dynamic/${module ?? ""}:${type}`;
      dynamics.set(token, provider);
      super(token, name, props, opts);
    }
  }
  jest.doMock("@pulumi/pulumi", () => ({
    __esModule: true,
    ...sdk,
    dynamic: { ...sdk.dynamic, Resource: DynamicResource },
  }));
  useSharedModules();
  // The shells of the providers load the engine's code by this, from the program's folder.
  jest.doMock(
    join(process.cwd(), "stack/compiled.js"),
    () => ({ provided: (path: string): unknown => jest.requireActual(join(repository, path)) }),
    { virtual: true },
  );
  // In another process it tells the engine by gRPC.
  jest.doMock(join(repository, "stack/progress"), () => ({
    showProgress: () => undefined,
    showMilestone: () => undefined,
    showWarning: (text: string): Promise<void> => {
      say("warning", text);
      return Promise.resolve();
    },
    endWithEngine: () => undefined,
  }));
}

const severityOf = { log: "info", warn: "warning", error: "error" } as const;

/** The SDK writes to the console where there is no engine to tell. */
function silence(say: ProgramRun["say"]): readonly jest.SpyInstance[] {
  return (["log", "warn", "error"] as const).map((method) =>
    jest.spyOn(console, method).mockImplementation((...words: unknown[]) => {
      say(severityOf[method], words.join(" ").replace(/^\w+: \[runtime\] /, ""));
    }),
  );
}
