/**
 * make's targets and the `ddl` commands in full, made from the Makefile and from the commands' own data. Pure.
 * Does NOT hold any command's words.
 */
import { commandHelp } from "../../cli/frame/help";
import { ddlProgram } from "../../cli/program";
import { markdownTable } from "./markdownTable";

/** The names of make's targets that have a text behind `##`, with the text. */
export const makeTargets = (makefile: string): readonly (readonly [string, string])[] =>
  [...makefile.matchAll(/^([a-z-]+):.*?## (.+)$/gm)].map(([, name = "", text = ""]) => [
    name,
    text.replaceAll("$$", "$"),
  ]);

/** One row a target. */
export const makeTable = (makefile: string): string =>
  markdownTable(
    ["target", "does"],
    makeTargets(makefile).map(([name, text]) => [`\`make ${name}\``, text]),
  );

/** The help of each command, under its name. */
export const commandTexts = (): string =>
  ddlProgram.commands
    .map(
      (command) => `### ddl ${command.name}\n\n\`\`\`text\n${commandHelp("ddl", command)}\n\`\`\``,
    )
    .join("\n\n");
