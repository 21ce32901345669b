/**
 * Every error class of the engine, and the shape of a problem found in a migration file.
 * Does NOT decide when something is wrong: the modules that raise these do.
 */
import { printableText } from "./printable";

/** One thing wrong with one file. Problems are collected and shown together, never one at a time. */
export interface Problem {
  /** Stable upper-case name, for example SYNTAX_ERROR; docs/errors.md explains each. */
  readonly code: string;
  /** File name without folder, or the folder itself. */
  readonly file: string;
  /** 1-based; null when the problem has no place in the text (a missing file, a wrong name). */
  readonly line: number | null;
  /** 1-based, counted in characters. */
  readonly column?: number;
  /** What is wrong. */
  readonly message: string;
  /** What to do about it. */
  readonly hint: string;
}

/** Base of all errors an operator may see: `what`, then a line with what to do. */
export abstract class MigrationError extends Error {
  abstract readonly code: string;

  constructor(
    message: string,
    readonly hint: string,
    options?: ErrorOptions,
  ) {
    super(printableText(`${message}\n  Hint: ${hint}`), options);
    this.name = new.target.name;
  }
}

/** Sorts by file, then line (whole-file problems first), then column. Returns a new array. */
export function sortProblems(problems: readonly Problem[]): readonly Problem[] {
  const place = (problem: Problem): readonly [number, number] => [
    problem.line ?? 0,
    problem.column ?? 0,
  ];
  return [...problems].sort((a, b) => {
    if (a.file !== b.file) return a.file < b.file ? -1 : 1;
    const [lineA, columnA] = place(a);
    const [lineB, columnB] = place(b);
    return lineA - lineB || columnA - columnB;
  });
}

/** `004_x.sql:31: message [CODE]` and a line with the hint. */
function formatProblem(problem: Problem): string {
  const line = problem.line === null ? "" : `:${problem.line}`;
  const column = problem.column === undefined ? "" : `:${problem.column}`;
  return `${problem.file}${line}${column}: ${problem.message} [${problem.code}]\n  Hint: ${problem.hint}`;
}

/** Migration files that cannot be used. Raised by callers of loadMigrations and by splitSql. */
export class BadInputError extends MigrationError {
  readonly code = "BAD_INPUT";
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const sorted = sortProblems(problems);
    const count = sorted.length === 1 ? "1 problem" : `${sorted.length} problems`;
    super(
      `${count} in the migration files:\n${sorted.map(formatProblem).join("\n")}`,
      "nothing was run; correct the files and try again.",
    );
    this.problems = sorted;
  }
}

/** The configured tier is not one of the four. Raised by parseTier. */
export class UnknownTierError extends MigrationError {
  readonly code = "UNKNOWN_TIER";

  constructor(text: string, allowed: readonly string[]) {
    super(
      `Tier ${JSON.stringify(text)} is unknown.`,
      `set it to one of ${allowed.join(", ")} (lower case). It is never guessed.`,
    );
  }
}

/** SQL was to be parsed before loadParser had finished: a fault of the caller, not of a file. */
export class ParserNotLoadedError extends MigrationError {
  readonly code = "PARSER_NOT_LOADED";

  constructor(cause: unknown) {
    super("The SQL parser is not loaded.", "await loadParser() once before reading SQL.", {
      cause,
    });
  }
}

/** The folder of migrations cannot be listed. Raised by loadMigrations. */
export class FolderUnreadableError extends MigrationError {
  readonly code = "FOLDER_UNREADABLE";

  constructor(folder: string, reason: string, cause: unknown) {
    super(
      `The migrations folder ${folder} cannot be read: ${reason}.`,
      "check that the folder exists, and that this account may list it.",
      { cause },
    );
  }
}
