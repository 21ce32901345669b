/**
 * Tells the engine what goes on inside a provider, and ends this process when the engine is gone.
 * Does NOT write to standard output: the engine would show it as if the stack had printed it.
 */
import { connect } from "node:net";

import { credentials } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

/** Address of the engine: the provider process gets it as its first argument. */
const engineAddress = process.argv[2] ?? "";

/** How often to look whether the engine still listens, in milliseconds. */
const watchEveryMs = 1_000;

const isAddress = (text: string): boolean => /^[\w.]+:\d+$/.test(text);

let engine: EngineClient | null = null;

/** Shows a line in the output of `pulumi up` while the operation runs. Failing to show it is no failure. */
export function showProgress(message: string): void {
  void send(info(message, true));
}

/** The same for something reached, which stays in the output: applied, proven, and what a person has to know of it. */
export function showMilestone(message: string): void {
  void send(info(message, false));
}

function info(message: string, isPassing: boolean): LogRequest {
  const request = new LogRequest();
  request.setSeverity(LogSeverity.INFO);
  request.setMessage(message);
  request.setEphemeral(isPassing);
  return request;
}

/** Shows a warning that stays in the output of `pulumi up`. Ends when the engine has it. */
export function showWarning(message: string): Promise<void> {
  const request = new LogRequest();
  request.setSeverity(LogSeverity.WARNING);
  request.setMessage(message);
  return send(request);
}

function send(request: LogRequest): Promise<void> {
  if (!isAddress(engineAddress)) return Promise.resolve();
  engine ??= new EngineClient(engineAddress, credentials.createInsecure());
  const told = engine;
  return new Promise((done) => {
    told.log(request, () => {
      done();
    });
  });
}

let watch: NodeJS.Timeout | null = null;

/**
 * Ends this process soon after the engine vanished (it was killed), also in the middle of an operation: nobody would
 * hear of the result, and the next run must not meet a predecessor. The server ends the running statement when the
 * connection breaks, see client_connection_check_interval in database.ts. Does nothing when called again.
 */
export function endWithEngine(): void {
  const [host, port] = engineAddress.split(":");
  if (watch !== null || !isAddress(engineAddress)) return;
  watch = setInterval(() => {
    const socket = connect({ host: host ?? "", port: Number(port) });
    socket.once("connect", () => socket.destroy());
    socket.once("error", () => process.exit(1));
  }, watchEveryMs);
  // The watch alone must not keep the process alive.
  watch.unref();
}
