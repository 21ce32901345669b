/**
 * Stands in for the engine during one command: answers what the program registers by the provider's real check, diff,
 * create, update or read, and keeps the state in memory. Held to the real engine by test/stack/conformance.long.test.ts.
 * Does NOT replace resources, target them, encrypt, lock, or run anything in another process: what is about those needs
 * the engine itself.
 */
import type * as pulumi from "@pulumi/pulumi";
import { InvokeResponse } from "@pulumi/pulumi/proto/provider_pb";
import { RegisterResourceResponse } from "@pulumi/pulumi/proto/resource_pb";
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";

import { dynamicProvider, type PluginProvider, pluginProvider } from "./providers";
import type { Operation, Properties, Provider, StateResource, Step } from "./resources";

/** What stands for a resource's type in the program's own stack. */
const STACK = "pulumi:pulumi:Stack";
const PROVIDER = "pulumi:providers:postgresql";
const DYNAMIC = "pulumi-nodejs:dynamic/";

/** The parts of the SDK's request that are used. */
export interface RegisterRequest {
  getType(): string;
  getName(): string;
  getParent(): string;
  getCustom(): boolean;
  getProvider(): string;
  getProtect(): boolean;
  getRetainondelete(): boolean;
  getImportid(): string;
  getIgnorechangesList(): string[];
  getObject(): Struct | undefined;
}

type Reply<T> = (error: Error | null, response: T | undefined) => void;

/** What a command is given. */
export interface EngineOptions {
  readonly project: string;
  readonly stack: string;
  readonly isPreview: boolean;
  /** The stack's, without the project's name before each key. */
  readonly config: Readonly<Record<string, string>>;
  /** By URN, in the order in which they were made; changed by the command unless it is a preview. */
  readonly state: Map<string, StateResource>;
  /** The dynamic provider that a resource of the type was declared with. */
  readonly dynamicOf: (type: string) => pulumi.dynamic.ResourceProvider;
  /** What a stack publishes; throws as the engine does where there is none. */
  readonly outputsOf: (stack: string) => Properties;
  readonly publish: (outputs: Properties) => void;
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

export class Engine {
  readonly steps: Step[] = [];
  /** Why the command fails, in the order of happening. */
  readonly failures: string[] = [];
  readonly #registered = new Set<string>();
  /** By the provider's URN: the one that was configured last. */
  readonly #plugins = new Map<string, PluginProvider>();
  readonly #started: PluginProvider[] = [];
  readonly #dynamics = new Map<string, Provider>();
  #running = 0;
  #tellFailed: () => void = () => undefined;
  /** Resolves when an operation has failed and those beside it have ended: nothing is answered from then on. */
  readonly failed = new Promise<void>((tell) => {
    this.#tellFailed = tell;
  });

  constructor(private readonly options: EngineOptions) {}

  /** What the SDK calls in place of the engine. */
  get monitor(): Readonly<Record<string, unknown>> {
    return {
      supportsFeature: (
        request: { getId(): string },
        reply: Reply<{ getHassupport(): boolean }>,
      ) => {
        const isThere = request.getId() !== "outputValues" && request.getId() !== "transforms";
        reply(null, { getHassupport: () => isThere });
      },
      registerResource: (request: RegisterRequest, reply: Reply<RegisterResourceResponse>) => {
        void this.#register(request, reply);
      },
      registerResourceOutputs: (
        request: { getUrn(): string; getOutputs(): Struct | undefined },
        reply: Reply<object>,
      ) => {
        if (request.getUrn().includes(`::${STACK}::`) && !this.options.isPreview) {
          this.options.publish(request.getOutputs()?.toJavaScript() ?? {});
        }
        reply(null, {});
      },
      invoke: (request: { getTok(): string; getArgs(): Struct }, reply: Reply<InvokeResponse>) => {
        this.#invoke(request.getTok(), request.getArgs().toJavaScript(), reply);
      },
    };
  }

  #invoke(token: string, { name }: Properties, reply: Reply<InvokeResponse>): void {
    try {
      if (token !== "pulumi:pulumi:readStackOutputs") throw new Error(`unknown function ${token}`);
      const response = new InvokeResponse();
      response.setReturn(struct({ name, outputs: this.options.outputsOf(String(name)) }));
      reply(null, response);
    } catch (error) {
      reply(error as Error, undefined);
    }
  }

  /** Brings the state up to what the providers see, one resource after another. */
  async refresh(): Promise<void> {
    const { state } = this.options;
    for (const old of [...state.values()]) {
      if (old.type === PROVIDER) this.#plugin(old.urn, old.inputs);
      if (!old.custom || old.type === PROVIDER) continue;
      const live = await this.#providerOf(old).read(old, false);
      if (live === null) {
        state.delete(old.urn);
        this.#step("delete", old, old.outputs, {});
        continue;
      }
      state.set(old.urn, { ...old, ...live });
      if (!isSame(old.outputs, live.outputs)) {
        this.#step("refresh", old, old.outputs, live.outputs);
      }
    }
  }

  /** Deletes what the program did not register, last made first. */
  async deleteRest(): Promise<void> {
    const { state, isPreview } = this.options;
    for (const old of [...state.values()].reverse()) {
      if (this.#registered.has(old.urn)) continue;
      try {
        if (old.protect) {
          throw new Error(`resource "${old.urn}" cannot be deleted\nbecause it is protected.`);
        }
        const isOurs = old.custom && old.type !== PROVIDER && !old.retainOnDelete;
        if (isOurs && !isPreview) await this.#providerOf(old).remove(old);
        if (!isPreview) state.delete(old.urn);
        this.#step("delete", old, old.inputs, {});
      } catch (error) {
        this.failures.push(messageOf(error));
        return;
      }
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#started.map((plugin) => plugin.stop()));
  }

  async #register(request: RegisterRequest, reply: Reply<RegisterResourceResponse>): Promise<void> {
    if (this.failures.length > 0) return;
    const resource = this.#described(request);
    this.#running += 1;
    try {
      const made = await this.#carryOut(resource, request);
      if (!this.options.isPreview) this.options.state.set(made.urn, made);
      const response = new RegisterResourceResponse();
      response.setUrn(made.urn);
      response.setId(made.id);
      response.setObject(struct(made.outputs));
      if (this.failures.length === 0) reply(null, response);
    } catch (error) {
      this.failures.push(messageOf(error));
    } finally {
      this.#running -= 1;
      if (this.failures.length > 0 && this.#running === 0) this.#tellFailed();
    }
  }

  #described(request: RegisterRequest): StateResource {
    const { project, stack } = this.options;
    const [type, name] = [request.getType(), request.getName()];
    const parentTypes = request.getParent().split("::")[2] ?? "";
    const prefix = parentTypes === "" || parentTypes === STACK ? "" : `${parentTypes}$`;
    const urn = `urn:pulumi:${stack}::${project}::${prefix}${type}::${name}`;
    const inputs: Properties = request.getObject()?.toJavaScript() ?? {};
    this.#registered.add(urn);
    return {
      ...{ urn, type, name, inputs, outputs: inputs, id: "" },
      custom: request.getCustom(),
      protect: request.getProtect(),
      retainOnDelete: request.getRetainondelete(),
      provider: request.getProvider(),
    };
  }

  async #carryOut(wanted: StateResource, request: RegisterRequest): Promise<StateResource> {
    if (!wanted.custom || wanted.type === PROVIDER) return this.#component(wanted);
    const { isPreview, state } = this.options;
    const provider = this.#providerOf(wanted);
    const old = state.get(wanted.urn) ?? (await this.#imported(wanted, request.getImportid()));
    const { inputs, failures } = await provider.check(wanted.urn, old?.inputs ?? {}, wanted.inputs);
    const [failure] = failures;
    if (failure !== undefined) {
      const { property, reason } = failure;
      throw new Error(
        `${wanted.type} resource '${wanted.name}' has a problem: ${reason}. Examine values at '${wanted.name}.${property}'.`,
      );
    }
    const made = { ...wanted, inputs };
    if (old === undefined) {
      this.#step("create", made, {}, inputs);
      return { ...made, ...(await provider.create(made.urn, inputs, isPreview)) };
    }
    const ignored = request.getIgnorechangesList();
    const { changes, replaces } = await provider.diff(old, inputs, ignored);
    if (replaces.length > 0) throw new Error(`${made.urn} would be replaced: ${replaces.join()}`);
    if (!changes) {
      this.#step("same", made, inputs, inputs);
      return { ...made, id: old.id, outputs: old.outputs };
    }
    this.#step("update", made, old.inputs, inputs);
    return { ...made, ...(await provider.update(old, inputs, ignored, isPreview)) };
  }

  #component(wanted: StateResource): StateResource {
    if (wanted.type === PROVIDER) this.#plugin(wanted.urn, wanted.inputs);
    const old = this.options.state.get(wanted.urn);
    this.#step(old === undefined ? "create" : "same", wanted, old?.inputs ?? {}, wanted.inputs);
    return { ...wanted, id: wanted.custom ? "configured" : "" };
  }

  /** A resource that is there and that the state does not know; undefined where none is to be imported. */
  async #imported(wanted: StateResource, id: string): Promise<StateResource | undefined> {
    if (id === "") return undefined;
    const asked = { ...wanted, id, inputs: {}, outputs: {} };
    const live = await this.#providerOf(wanted).read(asked, true);
    if (live === null) throw new Error(`resource '${id}' does not exist`);
    this.#step("import", wanted, {}, live.inputs);
    return { ...wanted, ...live };
  }

  #plugin(urn: string, configuration: Properties): void {
    const plugin = pluginProvider(configuration);
    this.#plugins.set(urn, plugin);
    this.#started.push(plugin);
  }

  #providerOf({ type, provider }: StateResource): Provider {
    if (type.startsWith(DYNAMIC)) return this.#dynamic(type);
    const plugin = this.#plugins.get(provider.split("::").slice(0, -1).join("::"));
    if (plugin === undefined) throw new Error(`${type} has no provider that is known: ${provider}`);
    return plugin;
  }

  #dynamic(type: string): Provider {
    const { dynamicOf, config } = this.options;
    const provider = this.#dynamics.get(type) ?? dynamicProvider(dynamicOf(type), config);
    this.#dynamics.set(type, provider);
    return provider;
  }

  #step(
    operation: Operation,
    { type, name }: StateResource,
    before: Properties,
    after: Properties,
  ) {
    this.steps.push({ operation, type, name, before, after });
  }
}

const isSame = (one: unknown, other: unknown): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

const struct = (values: Properties): Struct =>
  Struct.fromJavaScript(
    JSON.parse(JSON.stringify(values)) as Readonly<Record<string, JavaScriptValue>>,
  );
