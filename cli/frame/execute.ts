/**
 * One command of a program from its words to its status: finds the command, runs it, says what went wrong.
 * Does NOT touch the process: streams, environment and folder are given (see process.ts); only Ctrl-C is the process's own
 * (see interruption.ts).
 */
import type { Environment } from "../../stack/settings";
import { readRequest } from "./arguments";
import { exitStatus, type Program } from "./command";
import { commandHelp, overview } from "./help";
import type { Terminal } from "./terminal";
import { programVersion } from "./version";

/** What a command finds around it. */
interface Surroundings {
  readonly terminal: Terminal;
  readonly environment: Environment;
  /** In which it was typed. */
  readonly folder: string;
}

/**
 * Runs `<program> <words>`. Never rejects: what goes wrong is said on the terminal, without a stack trace.
 *
 * @returns the status to end with.
 */
export async function execute(
  program: Program,
  words: readonly string[],
  surroundings: Surroundings,
): Promise<number> {
  const { terminal, environment } = surroundings;
  try {
    return await run(program, words, surroundings);
  } catch (error) {
    terminal.say(messageOf(error));
    const hint = program.hintOf?.(error, environment) ?? "";
    if (hint !== "") terminal.say(hint);
    return program.statusOf(error);
  }
}

async function run(
  program: Program,
  words: readonly string[],
  surroundings: Surroundings,
): Promise<number> {
  const { terminal } = surroundings;
  const request = readRequest(words, program);
  switch (request.kind) {
    case "overview":
      terminal.print(overview(program));
      return exitStatus.fine;
    case "version":
      terminal.print(`${program.name} ${programVersion()}`);
      return exitStatus.fine;
    case "help":
      terminal.print(commandHelp(program.name, request.command));
      return exitStatus.fine;
    case "run":
      return request.command.run({ ...request.inputs, ...surroundings });
  }
}

/** Errors of ours say what to do; of others the message is all there is to say. */
export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
