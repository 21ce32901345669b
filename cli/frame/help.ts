/**
 * Help texts and the lists in docs/commands.md, from the data of the commands. Pure.
 * Does NOT know any command by name.
 */
import { columns } from "./columns";
import { type AnyCommand, exitStatus, type OptionSpec, type Program } from "./command";

const indent = "  ";

/** `ddl check [FILE …] [options]` */
export function usageLine(program: string, command: AnyCommand): string {
  const names = command.arguments.map(({ name, required, many }) => {
    const text = many === true ? `${name} …` : name;
    return required ? text : `[${text}]`;
  });
  const options = Object.keys(command.options).length > 0 ? ["[options]"] : [];
  return [program, command.name, ...names, ...options].join(" ");
}

function optionText({ summary, choices, fallback, many, required }: OptionSpec): string {
  const facts = [
    ...(required === true ? ["required"] : []),
    ...(choices === undefined ? [] : [`one of ${choices.join(", ")}`]),
    ...(fallback === undefined ? [] : [`default ${fallback}`]),
    ...(many === true ? ["may be repeated"] : []),
  ];
  return facts.length === 0 ? summary : `${summary} (${facts.join("; ")})`;
}

/** Help of one command. */
export function commandHelp(program: string, command: AnyCommand): string {
  const { summary, details = [], options, examples } = command;
  const optionRows = [
    ...Object.entries(options).map(([name, spec]) => [
      spec.value === undefined ? `--${name}` : `--${name} ${spec.value}`,
      optionText(spec),
    ]),
    ["--help", "show this"],
  ];
  const section = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : ["", title, ...lines];
  return [
    `usage: ${usageLine(program, command)}`,
    "",
    `${summary}.`,
    ...details,
    ...section("Arguments", columns(command.arguments.map((one) => [one.name, one.summary]))),
    ...section("Options", columns(optionRows)),
    ...section("Exit status", "endsWith" in command ? [`${indent}${command.endsWith}`] : []),
    ...section(
      "Examples",
      examples.flatMap(([line, purpose]) => [`${indent}# ${purpose}`, `${indent}${line}`]),
    ),
  ].join("\n");
}

/** What each exit status means, for help and documents. */
export const exitStatusTexts: readonly (readonly [status: number, meaning: string])[] = [
  [exitStatus.fine, "done, or nothing to object to"],
  [exitStatus.failed, "refused by a rule, or failed"],
  [exitStatus.unknown, "called wrongly, or it could not be told (no connection, no configuration)"],
];

/** The list of commands. */
export function overview({ name: program, purpose, commands, statusTexts }: Program): string {
  const usual = exitStatusTexts.map(([status, meaning]) => [String(status), meaning]);
  return [
    `usage: ${program} <command> [arguments] [options]`,
    "",
    purpose,
    "",
    "Commands",
    ...columns(commands.map(({ name, summary }) => [name, summary])),
    "",
    "Exit status",
    ...columns(statusTexts ?? usual),
    "",
    `${program} <command> --help shows arguments, options and examples.`,
  ].join("\n");
}

/** Rows of the table in docs/commands.md: usage and summary. */
export function commandRows({ name, commands }: Program): readonly (readonly string[])[] {
  return commands.map((command) => [`\`${usageLine(name, command)}\``, command.summary]);
}
