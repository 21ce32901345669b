/**
 * Carries out the engine's calls for resources: unpacks, asks rules and resource kinds, packs.
 * Does NOT know SQL, a resource's properties, nor how calls and errors travel (see server).
 * Source: Pulumi, provider protocol (provider.proto).
 */
import {
  CheckFailure,
  type CheckRequest,
  CheckResponse,
  type ConfigureRequest,
  ConfigureResponse,
  type CreateRequest,
  CreateResponse,
  type DeleteRequest,
  type DiffRequest,
  DiffResponse,
  type ReadRequest,
  ReadResponse,
  type UpdateRequest,
  UpdateResponse,
} from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";

import { Connections } from "./connection";
import { PluginError, UnsupportedTypeError } from "./errors";
import { extension } from "./extension";
import { grantRole } from "./grantRole";
import { pack, packDiff, previewed, secretsOf, unpack } from "./packing";
import {
  checkProperties,
  completed,
  diffProperties,
  ignoredProperties,
  importedInputs,
  refreshedInputs,
} from "./properties";
import { type ResourceKind, textOf } from "./resource";
import { role } from "./role";
import { schema } from "./schema";
import { type Environment, parseSettings, type Settings } from "./settings";
import { isUnknown, UNKNOWN, type Values } from "./wire";

const KINDS: Readonly<Record<string, ResourceKind>> = {
  "postgresql:index/role:Role": role,
  "postgresql:index/schema:Schema": schema,
  "postgresql:index/extension:Extension": extension,
  "postgresql:index/grantRole:GrantRole": grantRole,
};

/**
 * Returns the kind of the resource a URN names (`urn:pulumi:<stack>::<project>::<parents$type>::<name>`).
 *
 * @throws {UnsupportedTypeError} only the official plugin has the type.
 */
export function kindOf(urn: string): ResourceKind {
  const type = urn.split("::")[2]?.split("$").pop() ?? "";
  const kind = KINDS[type];
  if (kind === undefined) throw new UnsupportedTypeError(type);
  return kind;
}

/** One provider instance: the engine starts a process for each. */
export class PostgresqlService {
  #connections: Connections | undefined;

  constructor(private readonly environment: Environment) {}

  /** Where it connects to; undefined before Configure, and while the configuration is unknown in a preview. */
  get settings(): Settings | undefined {
    return this.#connections?.settings;
  }

  /** Ends what runs on the server. */
  async stop(mode: "graceful" | "now"): Promise<void> {
    await this.#connections?.stop(mode);
  }

  /** Takes the configuration; nothing connects before the first resource is read or changed. */
  configure(request: ConfigureRequest): ConfigureResponse {
    const { values } = unpack(request.getArgs());
    this.#connections = Object.values(values).some(isUnknown)
      ? undefined
      : new Connections(parseSettings(values, this.environment));
    const response = new ConfigureResponse();
    response.setAcceptsecrets(true);
    response.setSupportspreview(true);
    return response;
  }

  /** The configuration is judged by Configure: there it is complete. */
  checkConfig(request: CheckRequest): CheckResponse {
    const response = new CheckResponse();
    response.setInputs(request.getNews());
    return response;
  }

  /** A changed configuration is never a reason to replace resources: the same database may have moved. */
  diffConfig(request: DiffRequest): DiffResponse {
    const news = unpack(request.getNews()).values;
    const olds = unpack(request.getOlds()).values;
    const keys = [...new Set([...Object.keys(news), ...Object.keys(olds)])];
    const changed = keys.filter(
      (key) =>
        key !== "version" &&
        JSON.stringify(news[key] ?? null) !== JSON.stringify(olds[key] ?? null),
    );
    const response = new DiffResponse();
    const { DIFF_NONE, DIFF_SOME } = DiffResponse.DiffChanges;
    response.setChanges(changed.length === 0 ? DIFF_NONE : DIFF_SOME);
    response.setDiffsList(changed);
    return response;
  }

  /** Completes and judges inputs. */
  check(request: CheckRequest): CheckResponse {
    const kind = kindOf(request.getUrn());
    const news = unpack(request.getNews());
    const olds = unpack(request.getOlds());
    const { inputs, failures } = checkProperties(kind.rules, news.values, olds.values);
    const secretKeys = secretsOf(kind, news);
    // The engine prints the value of a property that failed: never of a secret one.
    const hidden = failures.find(({ property }) => secretKeys.has(property));
    if (hidden !== undefined) throw new PluginError(`${hidden.property}: ${hidden.reason}`);
    const reason = kind.refuse?.(inputs);
    if (reason !== undefined) throw new PluginError(reason);
    const response = new CheckResponse();
    response.setInputs(pack(inputs, news.secretKeys));
    response.setFailuresList(
      failures.map(({ property, reason: why }) => {
        const failure = new CheckFailure();
        failure.setProperty(property);
        failure.setReason(why);
        return failure;
      }),
    );
    return response;
  }

  /** Compares checked inputs with the last outputs. */
  diff(request: DiffRequest): DiffResponse {
    const kind = kindOf(request.getUrn());
    const ignored = ignoredProperties(kind.rules, request.getIgnorechangesList());
    const news = unpack(request.getNews()).values;
    const olds = unpack(request.getOlds()).values;
    return packDiff(kind, diffProperties(kind.rules, news, olds, ignored));
  }

  /** Creates, or foresees what it would create. */
  async create(request: CreateRequest): Promise<CreateResponse> {
    const kind = kindOf(request.getUrn());
    const inputs = unpack(request.getProperties());
    const wanted = completed(kind.rules, inputs.values, {});
    const response = new CreateResponse();
    if (request.getPreview()) {
      response.setProperties(pack(previewed(kind, wanted), secretsOf(kind, inputs)));
      return response;
    }
    const outputs = this.#withId(kind, await kind.create(this.#configured(), wanted));
    response.setId(textOf(outputs.id));
    response.setProperties(pack(outputs, secretsOf(kind, inputs)));
    return response;
  }

  /** Updates, or foresees what it would leave. */
  async update(request: UpdateRequest): Promise<UpdateResponse> {
    const kind = kindOf(request.getUrn());
    const olds = unpack(request.getOlds());
    const news = unpack(request.getNews());
    const wanted = completed(kind.rules, news.values, olds.values);
    const outputs = request.getPreview()
      ? previewed(kind, wanted)
      : await kind.update(this.#configured(), {
          id: textOf(olds.values.id) || request.getId(),
          olds: olds.values,
          wanted,
          ignored: ignoredProperties(kind.rules, request.getIgnorechangesList()),
        });
    const response = new UpdateResponse();
    response.setProperties(pack(this.#withId(kind, outputs), secretsOf(kind, news)));
    return response;
  }

  /** Reads the live resource for a refresh (old state given) or an import (only the id). */
  async read(request: ReadRequest): Promise<ReadResponse> {
    const kind = kindOf(request.getUrn());
    const olds = unpack(request.getProperties());
    const oldInputs = unpack(request.getInputs());
    const id = textOf(olds.values.id) || request.getId();
    const live = await kind.read(this.#configured(), id, olds.values);
    const response = new ReadResponse();
    if (live === undefined) return response;
    const outputs = this.#withId(kind, live);
    const inputs = request.hasInputs()
      ? refreshedInputs(kind.rules, oldInputs.values, outputs)
      : importedInputs(kind.rules, outputs);
    response.setId(textOf(outputs.id));
    response.setProperties(pack(outputs, secretsOf(kind, olds)));
    response.setInputs(pack(inputs, oldInputs.secretKeys));
    return response;
  }

  /** Deletes; what is gone already is deleted. */
  async remove(request: DeleteRequest): Promise<Empty> {
    const kind = kindOf(request.getUrn());
    const olds = unpack(request.getProperties()).values;
    await kind.remove(this.#configured(), textOf(olds.id) || request.getId(), olds);
    return new Empty();
  }

  #configured(): Connections {
    if (this.#connections !== undefined) return this.#connections;
    throw new PluginError(
      "the provider's configuration is not known yet: it depends on a resource to be created",
    );
  }

  /**
   * Adds the id where a refresh looks for it after a rename: the answer to an update has no id of its own, and the
   * engine keeps the old one. In a preview it may be unknown.
   */
  #withId(kind: ResourceKind, outputs: Values): Values {
    const id = kind.idOf(outputs, this.settings?.database ?? UNKNOWN);
    return { ...outputs, id: id.includes(UNKNOWN) ? UNKNOWN : id };
  }
}
