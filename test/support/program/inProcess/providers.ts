/**
 * The providers of the program's resources, called without the engine: the dynamic ones by the objects that the program
 * declares them with, the postgresql ones by the air-gap plugin's own service.
 * Does NOT decide which call comes when (see engine.ts).
 */
import type * as pulumi from "@pulumi/pulumi";
import {
  CheckRequest,
  ConfigureRequest,
  CreateRequest,
  DeleteRequest,
  DiffRequest,
  DiffResponse,
  ReadRequest,
  UpdateRequest,
} from "@pulumi/pulumi/proto/provider_pb";
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";

import { PostgresqlService } from "../../../../toolchain/postgresql-plugin/service";
import type { Properties, Provider } from "./resources";

type Dynamic = pulumi.dynamic.ResourceProvider;

interface ReadAnswer {
  readonly id?: string;
  readonly props?: Properties;
  readonly inputs?: Properties;
}

/** As the SDK's dynamic provider calls them (sdk/nodejs/cmd/dynamic-provider), configured first. */
export function dynamicProvider(
  provider: Dynamic,
  config: Readonly<Record<string, string>>,
): Provider {
  let configured: Promise<void> | undefined;
  const configure = async (): Promise<void> => {
    const get = (key: string): string | undefined => config[key];
    await provider.configure?.({ config: { get, require: (key) => get(key) ?? "" } });
  };
  return {
    async check(_, olds, news) {
      await (configured ??= configure());
      const checked = await provider.check?.(olds, news);
      return {
        inputs: (checked?.inputs ?? news) as Properties,
        failures: checked?.failures ?? [],
      };
    },
    async diff({ id, outputs }, news) {
      const answer = await provider.diff?.(id, outputs, news);
      return { changes: answer?.changes ?? true, replaces: answer?.replaces ?? [] };
    },
    async create(_, inputs, isPreview) {
      // It has no previews: the engine then takes the inputs for outputs, and the rest is not known.
      if (isPreview) return { id: "", outputs: inputs };
      const made = await provider.create(inputs);
      return { id: made.id, outputs: (made.outs ?? {}) as Properties };
    },
    async update({ id, outputs }, news, _, isPreview) {
      if (isPreview) return { id, outputs: news };
      const answer = await provider.update?.(id, outputs, news);
      return { id, outputs: (answer?.outs ?? {}) as Properties };
    },
    async read({ id, outputs }) {
      await (configured ??= configure());
      const answer = ((await provider.read?.(id, outputs)) ?? {}) as ReadAnswer;
      const props = answer.props ?? outputs;
      return { id: answer.id ?? id, outputs: props, inputs: answer.inputs ?? props };
    },
    async remove({ id, outputs }) {
      await provider.delete?.(id, outputs);
    },
  };
}

const struct = (values: Properties): Struct =>
  Struct.fromJavaScript(
    JSON.parse(JSON.stringify(values)) as Readonly<Record<string, JavaScriptValue>>,
  );
const plain = (values: Struct | undefined): Properties => values?.toJavaScript() ?? {};

/** A provider of postgresql resources, and its end. */
export interface PluginProvider extends Provider {
  stop(): Promise<void>;
}

/** The plugin as the engine configures it. */
export function pluginProvider(configuration: Properties): PluginProvider {
  const service = new PostgresqlService(process.env);
  const request = new ConfigureRequest();
  request.setArgs(struct(configuration));
  service.configure(request);
  return {
    check: (urn, olds, news) => {
      const asked = new CheckRequest();
      asked.setUrn(urn);
      asked.setOlds(struct(olds));
      asked.setNews(struct(news));
      const answer = service.check(asked);
      const failures = answer.getFailuresList().map((failure) => ({
        property: failure.getProperty(),
        reason: failure.getReason(),
      }));
      return Promise.resolve({ inputs: plain(answer.getInputs()), failures });
    },
    diff: ({ urn, id, inputs, outputs }, news, ignoreChanges) => {
      const asked = new DiffRequest();
      asked.setUrn(urn);
      asked.setId(id);
      asked.setOlds(struct(outputs));
      asked.setOldInputs(struct(inputs));
      asked.setNews(struct(news));
      asked.setIgnorechangesList([...ignoreChanges]);
      const answer = service.diff(asked);
      return Promise.resolve({
        changes: answer.getChanges() === DiffResponse.DiffChanges.DIFF_SOME,
        replaces: answer.getReplacesList(),
      });
    },
    async create(urn, inputs, isPreview) {
      const asked = new CreateRequest();
      asked.setUrn(urn);
      asked.setProperties(struct(inputs));
      asked.setPreview(isPreview);
      const answer = await service.create(asked);
      return { id: answer.getId(), outputs: plain(answer.getProperties()) };
    },
    async update({ urn, id, inputs, outputs }, news, ignoreChanges, isPreview) {
      const asked = new UpdateRequest();
      asked.setUrn(urn);
      asked.setId(id);
      asked.setOlds(struct(outputs));
      asked.setOldInputs(struct(inputs));
      asked.setNews(struct(news));
      asked.setIgnorechangesList([...ignoreChanges]);
      asked.setPreview(isPreview);
      const answer = await service.update(asked);
      return { id, outputs: plain(answer.getProperties()) };
    },
    async read({ urn, id, inputs, outputs }, isImport) {
      const asked = new ReadRequest();
      asked.setUrn(urn);
      asked.setId(id);
      asked.setProperties(struct(outputs));
      if (!isImport) asked.setInputs(struct(inputs));
      const answer = await service.read(asked);
      if (answer.getId() === "") return null;
      return {
        id: answer.getId(),
        outputs: plain(answer.getProperties()),
        inputs: plain(answer.getInputs()),
      };
    },
    async remove({ urn, id, outputs }) {
      const asked = new DeleteRequest();
      asked.setUrn(urn);
      asked.setId(id);
      asked.setProperties(struct(outputs));
      await service.remove(asked);
    },
    stop: () => service.stop("now"),
  };
}
