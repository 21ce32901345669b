/**
 * How a command on a stack ended, whoever ran it, and what no command may ever show.
 * Does NOT run one (see programStack.ts, inProcess/stack.ts).
 */

/** `output` is stdout and stderr together. */
export interface Outcome {
  readonly status: number;
  readonly output: string;
}

/** Exit status of `preview --expect-no-changes` when there are some. */
export const CHANGES_FOUND = 7;

/** Lines of a stack trace: nobody who runs the program shall ever see one. Not the time of a decision, `at : "…"`. */
const stackTrace = /^\s+at (?! *: ").+[:(]/m;

/** @throws {Error} the output holds a stack trace or a password. */
export function expectFitToShow(output: string, passwords: Readonly<Record<string, string>>): void {
  if (stackTrace.test(output)) throw new Error(`a stack trace was shown:\n${output}`);
  for (const [login, password] of Object.entries(passwords)) {
    if (output.includes(password)) throw new Error(`the password of ${login} was shown`);
  }
}

/** Output of a command that must have succeeded. */
export function done({ status, output }: Outcome): string {
  if (status !== 0) throw new Error(`the command ended with status ${status}:\n${output}`);
  return output;
}

/** What a command had to say besides its list of resources, where the engine also shows each first line. */
export const diagnostics = (output: string): string => output.split("Diagnostics:").at(-1) ?? "";
