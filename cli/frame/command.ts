/**
 * The shape of a program and its commands (`ddl`, and what the Makefile calls): names, what each takes and what it does, as
 * data that help, parser and documents share.
 * Does NOT hold any command (see commands/ and make/) or parse anything (see arguments.ts).
 */
import type { Environment } from "../../stack/settings";
import type { Terminal } from "./terminal";

/** How a command ends. Scripts rely on these numbers. */
export const exitStatus = {
  /** Done, or nothing to object to. */
  fine: 0,
  /** Refused by a rule, or failed. */
  failed: 1,
  /** Called wrongly, or it could not be told (no connection, no configuration). */
  unknown: 2,
} as const;

export type ExitStatus = (typeof exitStatus)[keyof typeof exitStatus];

/** An argument without dashes. */
interface ArgumentSpec {
  /** As help shows it: VERSION. */
  readonly name: string;
  readonly summary: string;
  readonly required: boolean;
  /** It may be given more than once; only the last argument may. */
  readonly many?: boolean;
}

export interface OptionSpec {
  /** What stands behind it in help (`--tier TIER`); absent for a switch. */
  readonly value?: string;
  readonly summary: string;
  /** The only values allowed. */
  readonly choices?: readonly string[];
  /** Said of a value that is none of them, in place of the frame's own words: whole, with its hint. */
  readonly refusal?: (value: string) => string;
  /** The command does nothing without it. */
  readonly required?: boolean;
  /** Taken when the option is absent. */
  readonly fallback?: string;
  /** May be given more than once. */
  readonly many?: boolean;
}

/** What a command is called with. */
export interface Call {
  readonly args: readonly string[];
  /** Value of an option, its fallback, or undefined. */
  text(option: string): string | undefined;
  flag(option: string): boolean;
  /** Values of an option that may be repeated, in order. */
  list(option: string): readonly string[];
  readonly terminal: Terminal;
  readonly environment: Environment;
  /** Folder in which the command was typed; files are named from there. */
  readonly folder: string;
}

interface CommandWords {
  /** One word, or two ("break-glass open"). */
  readonly name: string;
  /** One line for the list of commands, without a full stop. */
  readonly summary: string;
  /** More for the command's own help: sentences, each a line. */
  readonly details?: readonly string[];
  readonly arguments: readonly ArgumentSpec[];
  /** By name without dashes. */
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** Whole command lines, each with what it is for. */
  readonly examples: readonly (readonly [line: string, purpose: string])[];
}

/** A command that ends as all do. */
export interface Command extends CommandWords {
  readonly run: (call: Call) => Promise<ExitStatus>;
}

/** A command that may end with any status, because another program ends it. */
export interface PassingCommand extends CommandWords {
  /** For help, whose status that is: "as pulumi ends". */
  readonly endsWith: string;
  readonly run: (call: Call) => Promise<number>;
}

export type AnyCommand = Command | PassingCommand;

/** Commands under one name. */
export interface Program {
  /** As it is typed: `ddl`. */
  readonly name: string;
  /** One sentence for the list of commands. */
  readonly purpose: string;
  readonly commands: readonly AnyCommand[];
  /** What each exit status means, for the list of commands; absent: as exitStatus says. */
  readonly statusTexts?: readonly (readonly [status: string, meaning: string])[];
  /** How a command ends that rejected. */
  readonly statusOf: (error: unknown) => ExitStatus;
  /** What there is to say behind an error's own message; "" for nothing. */
  readonly hintOf?: (error: unknown, environment: Environment) => string;
}

/** Called wrongly: exit status 2, message and hint. */
export class UsageError extends Error {
  constructor(message: string, hint?: string) {
    super(hint === undefined ? message : `${message}\n  Hint: ${hint}`);
    this.name = "UsageError";
  }
}
