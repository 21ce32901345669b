/**
 * Parses a command line by the data of the commands. No effect but reading its arguments.
 * Does NOT run a command, nor know any by name.
 */
import { parseArgs } from "node:util";

import { type AnyCommand, type Call, type OptionSpec, type Program, UsageError } from "./command";
import { nearestName, suggestion } from "./nearest";

/** What was asked for. */
export type Request =
  | { readonly kind: "overview" }
  | { readonly kind: "version" }
  | { readonly kind: "help"; readonly command: AnyCommand }
  | {
      readonly kind: "run";
      readonly command: AnyCommand;
      readonly inputs: Pick<Call, "args" | "text" | "flag" | "list">;
    };

const isHelp = (word: string | undefined): boolean =>
  word === "--help" || word === "-h" || word === "help";

/**
 * Reads the words behind the program's name.
 *
 * @throws {UsageError} naming the nearest command, option or value where there is one.
 */
export function readRequest(words: readonly string[], program: Program): Request {
  const [first, ...others] = words;
  if (first === undefined) return { kind: "overview" };
  if (first === "--version") return { kind: "version" };
  if (isHelp(first)) {
    if (others.length === 0) return { kind: "overview" };
    return { kind: "help", command: findCommand(others, program).command };
  }
  if (first.startsWith("-")) {
    throw new UsageError(
      `${first} comes before any command.`,
      `begin with a command: ${program.name} --help`,
    );
  }
  const { command, rest } = findCommand(words, program);
  const end = rest.indexOf("--");
  const beforeEnd = end === -1 ? rest : rest.slice(0, end);
  if (beforeEnd.some((word) => word === "--help" || word === "-h")) {
    return { kind: "help", command };
  }
  return { kind: "run", command, inputs: readInputs(program.name, command, rest) };
}

/** The command that the words begin with: of two that fit, the longer one. */
function findCommand(
  words: readonly string[],
  { name: program, commands }: Program,
): { readonly command: AnyCommand; readonly rest: readonly string[] } {
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(" ");
    const command = commands.find((one) => one.name === name);
    if (command !== undefined) return { command, rest: words.slice(length) };
  }
  const [first = "", second] = words;
  const names = commands.map(({ name }) => name);
  const inGroup = names.filter((name) => name.startsWith(`${first} `));
  if (inGroup.length > 0) {
    const seconds = inGroup.map((name) => name.slice(first.length + 1));
    const problem =
      second === undefined || second.startsWith("-")
        ? `${program} ${first} needs a second word.`
        : `${program} ${first} has no ${second}.`;
    throw new UsageError(problem, suggestion(second ?? "", seconds));
  }
  const near = nearestName(first, names);
  const hint = near === null ? `${program} --help lists them.` : `did you mean ${near}?`;
  throw new UsageError(`There is no command ${first}.`, hint);
}

function readInputs(
  program: string,
  command: AnyCommand,
  words: readonly string[],
): Pick<Call, "args" | "text" | "flag" | "list"> {
  const types = Object.entries(command.options).map(([name, { value }]) => [
    name,
    { type: value === undefined ? "boolean" : "string", multiple: true },
  ]);
  // Not strict: its messages know no nearest name. What it would refuse is refused below.
  const { tokens, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    strict: false,
    tokens: true,
    options: Object.fromEntries(types) as Record<string, { type: "string" | "boolean" }>,
  });
  const given = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const value = checkOption(program, command, token);
    given.set(token.name, [...(given.get(token.name) ?? []), value]);
  }
  for (const [name, values] of given) {
    if (values.length > 1 && command.options[name]?.many !== true) {
      throw new UsageError(`--${name} is given ${values.length} times.`, "give it once.");
    }
  }
  checkArguments(program, command, positionals);
  for (const [name, spec] of Object.entries(command.options)) {
    if (spec.required !== true || given.has(name)) continue;
    const form = `--${name} ${spec.value ?? ""}`.trim();
    throw new UsageError(
      `${program} ${command.name} needs --${name}.`,
      `write ${form}: ${spec.summary}.`,
    );
  }
  const specOf = (name: string): OptionSpec => {
    const spec = command.options[name];
    if (spec === undefined) throw new Error(`${program} ${command.name} has no option --${name}`);
    return spec;
  };
  return {
    args: positionals,
    text: (name) =>
      specOf(name).fallback && !given.has(name) ? specOf(name).fallback : given.get(name)?.[0],
    flag: (name) => specOf(name).value === undefined && given.has(name),
    list: (name) => (specOf(name).many === true ? (given.get(name) ?? []) : []),
  };
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

/** The option's value ("" for a switch). */
function checkOption(
  program: string,
  command: AnyCommand,
  { name, rawName, value, inlineValue }: OptionToken,
): string {
  const spec = Object.hasOwn(command.options, name) ? command.options[name] : undefined;
  if (spec === undefined) {
    const names = Object.keys(command.options).map((one) => `--${one}`);
    const near = nearestName(rawName, [...names, "--help"]);
    throw new UsageError(
      `${program} ${command.name} has no option ${rawName}.`,
      near === null ? `${program} ${command.name} --help lists them.` : `did you mean ${near}?`,
    );
  }
  if (spec.value === undefined) {
    if (value === undefined) return "";
    throw new UsageError(`${rawName} takes no value.`, `write ${rawName} alone.`);
  }
  const looksLikeOption = inlineValue !== true && value?.startsWith("-") === true;
  if (value === undefined || value === "" || looksLikeOption) {
    throw new UsageError(`${rawName} needs a value.`, `write ${rawName} ${spec.value}.`);
  }
  if (spec.choices !== undefined && !spec.choices.includes(value)) {
    if (spec.refusal !== undefined) throw new UsageError(spec.refusal(value));
    throw new UsageError(`${rawName} cannot be ${value}.`, suggestion(value, spec.choices));
  }
  return value;
}

function checkArguments(program: string, command: AnyCommand, given: readonly string[]): void {
  const specs = command.arguments;
  const missing = specs.filter((spec, index) => spec.required && index >= given.length);
  if (missing.length > 0) {
    const names = missing.map(({ name }) => name).join(", ");
    throw new UsageError(
      `${program} ${command.name} needs ${names}.`,
      `${program} ${command.name} --help`,
    );
  }
  const takesMore = specs.at(-1)?.many === true;
  if (!takesMore && given.length > specs.length) {
    const extra = given.slice(specs.length).join(" ");
    throw new UsageError(
      `${program} ${command.name} does not know what to do with ${extra}.`,
      `a text of several words needs quotes; ${program} ${command.name} --help shows what it takes.`,
    );
  }
}
