/**
 * Where a command writes: results to standard output, progress and diagnostics to standard error, colours only where a
 * person looks at a terminal; there, what only counts at the moment is one line, rewritten.
 * Does NOT decide what is written.
 */
import type { Environment } from "../../stack/settings";
import { runLog } from "./runLog";
import { wrap } from "./wrap";

/** Each marks a text; without colours it is returned as it is. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly green: (text: string) => string;
}

export interface Terminal {
  /** A line (or several) of the result. */
  readonly print: (text: string) => void;
  /** A line of progress, or what went wrong. */
  readonly say: (text: string) => void;
  /** What goes on at the moment, and is forgotten with the next line. Absent: nobody watches, everything is said. */
  readonly moment?: (text: string) => void;
  /** For what is printed. */
  readonly style: Style;
}

const sequences = { bold: [1, 22], dim: [2, 22], red: [31, 39], yellow: [33, 39], green: [32, 39] };

/**
 * Marks for texts. Colours only on a terminal, and never when NO_COLOR is set to anything (no-color.org) or the
 * terminal is a dumb one.
 */
export function styleFor(isTerminal: boolean, environment: Environment): Style {
  const noColor = environment["NO_COLOR"] ?? "";
  const inColor = isTerminal && noColor === "" && environment["TERM"] !== "dumb";
  const mark =
    ([on, off]: readonly number[]) =>
    (text: string): string =>
      inColor && text !== "" ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  return {
    bold: mark(sequences.bold),
    dim: mark(sequences.dim),
    red: mark(sequences.red),
    yellow: mark(sequences.yellow),
    green: mark(sequences.green),
  };
}

/** The process's own streams. */
export function processTerminal(environment: Environment): Terminal {
  const style = styleFor(process.stdout.isTTY, environment);
  const plain = {
    print: (text: string) => process.stdout.write(`${text}\n`),
    say: (text: string) => process.stderr.write(`${text}\n`),
    style,
  };
  if (!process.stderr.isTTY || environment["TERM"] === "dumb") return plain;
  const log = runLog(process.stderr);
  return {
    ...plain,
    print: (text) => {
      log.end();
      plain.print(text);
    },
    say: (text) => {
      log.end();
      plain.say(wrap(text));
    },
    moment: log.progress,
  };
}
