/**
 * The plugin's process: starts the server, says its port, and ends without leaving a statement running.
 * Does NOT answer calls (see server). Everything comes from the environment: the engine's address, its only argument,
 * is not needed.
 */
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";

import { serviceImplementation } from "./server";
import { PostgresqlService } from "./service";

const PARENT_CHECK_MS = 1_000;
/** A state may be large; the engine itself sets no lower limit. */
const MESSAGE_LIMIT_BYTES = 400 * 1024 * 1024;

function main(): void {
  const service = new PostgresqlService(process.env);
  const server = new Server({
    "grpc.max_receive_message_length": MESSAGE_LIMIT_BYTES,
    "grpc.max_send_message_length": MESSAGE_LIMIT_BYTES,
  });
  server.addService(
    ResourceProviderService,
    serviceImplementation(service, () => void service.stop("graceful")),
  );

  const end = (): void => {
    void service.stop("now").finally(() => process.exit(0));
  };
  // The engine ends its plugins with SIGINT, and calls one that then stays a crashed one.
  process.once("SIGINT", end);
  process.once("SIGTERM", end);
  // An engine that was killed sends nothing; what it started must not go on without it.
  const engine = process.ppid;
  setInterval(() => {
    if (process.ppid !== engine) end();
  }, PARENT_CHECK_MS).unref();

  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
    if (error !== null) {
      process.stderr.write(`pulumi-resource-postgresql: no port to listen on: ${error.message}\n`);
      process.exit(1);
    }
    // The engine reads the port from the first line; nothing may be written before it.
    process.stdout.write(`${port}\n`);
  });
}

main();
