/**
 * One `ddl` command from its words to its status: finds the command, runs it, says what went wrong.
 * Does NOT touch the process: streams, environment and folder are given (see ddl.ts); only Ctrl-C is the process's own
 * (see frame/interruption.ts).
 */
import { ConnectionError } from "../stack/connection";
import { FolderUnreadableError, MigrationError } from "../stack/errors";
import { type Environment, SettingsError } from "../stack/settings";
import { commands } from "./commands";
import { readRequest } from "./frame/arguments";
import { type ExitStatus, exitStatus, UsageError } from "./frame/command";
import { commandHelp, overview } from "./frame/help";
import type { Terminal } from "./frame/terminal";
import { programVersion } from "./frame/version";
import { sandboxHint } from "./stack/stack";

/** What a command finds around it. */
export interface Surroundings {
  readonly terminal: Terminal;
  readonly environment: Environment;
  /** In which it was typed. */
  readonly folder: string;
}

/**
 * Runs `ddl <words>`. Never rejects: what goes wrong is said on the terminal, without a stack trace.
 *
 * @returns the status to end with.
 */
export async function execute(
  words: readonly string[],
  surroundings: Surroundings,
): Promise<ExitStatus> {
  const { terminal, environment } = surroundings;
  try {
    return await run(words, surroundings);
  } catch (error) {
    terminal.say(messageOf(error));
    const hint = error instanceof ConnectionError ? sandboxHint(environment) : "";
    if (hint !== "") terminal.say(hint);
    return statusOf(error);
  }
}

async function run(words: readonly string[], surroundings: Surroundings): Promise<ExitStatus> {
  const { terminal } = surroundings;
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
      return request.command.run({ ...request.inputs, ...surroundings });
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
