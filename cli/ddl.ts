/**
 * The `ddl` command: finds the command that was asked for, runs it and ends with its status.
 * Does NOT hold any command's work (see commands/).
 */
import { ConnectionError } from "../stack/connection";
import { FolderUnreadableError, MigrationError } from "../stack/errors";
import { SettingsError } from "../stack/settings";
import { commands } from "./commands";
import { readRequest } from "./frame/arguments";
import { type ExitStatus, exitStatus, UsageError } from "./frame/command";
import { commandHelp, overview } from "./frame/help";
import { processTerminal, type Terminal } from "./frame/terminal";
import { programVersion } from "./frame/version";
import { sandboxHint } from "./stack/stack";

async function run(words: readonly string[], terminal: Terminal): Promise<ExitStatus> {
  const request = readRequest(words, commands);
  switch (request.kind) {
    case "overview":
      terminal.print(overview(commands));
      return exitStatus.fine;
    case "version":
      terminal.print(`ddl ${programVersion()}`);
      return exitStatus.fine;
    case "help":
      terminal.print(commandHelp(request.command));
      return exitStatus.fine;
    case "run":
      return request.command.run({
        ...request.inputs,
        terminal,
        environment: process.env,
        folder: process.cwd(),
      });
  }
}

/** Errors of ours say what to do; of others the message is all there is to say. */
const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** Refused or failed, as against: called wrongly, or it could not be told. */
function statusOf(error: unknown): ExitStatus {
  const cannotTell =
    error instanceof UsageError ||
    error instanceof SettingsError ||
    error instanceof ConnectionError ||
    error instanceof FolderUnreadableError ||
    !(error instanceof MigrationError);
  return cannotTell ? exitStatus.unknown : exitStatus.failed;
}

/** `ddl plan | head`: whoever read has seen enough. */
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit();
  throw error;
});

const terminal = processTerminal(process.env);
run(process.argv.slice(2), terminal).then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    terminal.say(messageOf(error));
    const hint = error instanceof ConnectionError ? sandboxHint(process.env) : "";
    if (hint !== "") terminal.say(hint);
    process.exitCode = statusOf(error);
  },
);
