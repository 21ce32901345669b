/**
 * The plugin's gRPC face: which call goes where, and how an error looks to the user.
 * Does NOT know resources (see service) nor the process it runs in (see main).
 */
import {
  type sendUnaryData,
  type ServerUnaryCall,
  status,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { ProviderHandshakeResponse } from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb";

import { POSTGRESQL_PLUGIN_VERSION } from "../versions";
import { describeError, UnsupportedTypeError } from "./errors";
import { unpack } from "./packing";
import { textOf } from "./resource";
import { kindOf, type PostgresqlService } from "./service";
import type { Values } from "./wire";

/** What a request may have that says which resource it is about. */
interface AboutResource {
  getUrn?: () => string;
  getProperties?: () => Struct | undefined;
  getNews?: () => Struct | undefined;
  getOlds?: () => Struct | undefined;
  getId?: () => string;
}

interface Subject {
  readonly name: string;
  readonly secrets: readonly string[];
}

/** Names the resource a request is about, and what of it must not be shown. */
function subjectOf(request: object & AboutResource): Subject {
  const urn = request.getUrn?.() ?? "";
  const properties: Values = {
    ...unpack(request.getOlds?.()).values,
    ...unpack(request.getProperties?.()).values,
    ...unpack(request.getNews?.()).values,
  };
  const secrets = [textOf(properties.password), textOf(properties.passwordWo)];
  if (urn === "" || urn.includes("::pulumi:providers:"))
    return { name: "postgresql provider", secrets };
  const { label } = kindOf(urn);
  const name =
    label === "GrantRole"
      ? `${textOf(properties.grantRole)} to ${textOf(properties.role)}`
      : textOf(properties.name) || (request.getId?.() ?? "");
  return { name: `${label} "${name}"`, secrets };
}

type Handler<Request, Response> = (
  call: ServerUnaryCall<Request, Response>,
  callback: sendUnaryData<Response>,
) => void;

/**
 * Returns the service as gRPC takes it. A call that is not listed answers UNIMPLEMENTED.
 *
 * @param service   One provider instance.
 * @param onCancel  Called when the engine asks to stop; it must return at once.
 */
export function serviceImplementation(
  service: PostgresqlService,
  onCancel: () => void,
): UntypedServiceImplementation {
  const describe = (request: AboutResource, error: unknown): string => {
    const { name, secrets } = subjectOf(request);
    const password = service.settings?.password ?? "";
    return describeError(name, error, service.settings, [password, ...secrets]);
  };

  /** Turns every failure of an answer into one line. A request is never logged: it holds passwords. */
  function answering<Request extends object, Response>(
    answer: (request: Request) => Promise<Response> | Response,
  ): Handler<Request, Response> {
    const run = async (request: Request): Promise<Response> => answer(request);
    return (call, callback) => {
      run(call.request).then(
        (response) => {
          callback(null, response);
        },
        (error: unknown) => {
          callback(
            error instanceof UnsupportedTypeError
              ? { code: status.UNIMPLEMENTED, details: error.message }
              : { code: status.UNKNOWN, details: describe(call.request, error) },
          );
        },
      );
    };
  }

  return {
    handshake: answering(() => new ProviderHandshakeResponse().setAcceptSecrets(true)),
    getPluginInfo: answering(() => new PluginInfo().setVersion(POSTGRESQL_PLUGIN_VERSION)),
    checkConfig: answering(service.checkConfig.bind(service)),
    diffConfig: answering(service.diffConfig.bind(service)),
    configure: answering(service.configure.bind(service)),
    check: answering(service.check.bind(service)),
    diff: answering(service.diff.bind(service)),
    create: answering(service.create.bind(service)),
    read: answering(service.read.bind(service)),
    update: answering(service.update.bind(service)),
    delete: answering(service.remove.bind(service)),
    attach: answering(() => new Empty()),
    cancel: answering(() => {
      onCancel();
      return new Empty();
    }),
  };
}
