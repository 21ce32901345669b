/**
 * What .github/workflows and azure-pipelines.yml call: `node --import tsx pipelines/main.ts <command> …`.
 * Does NOT hold any command's work (commands.ts).
 */
import { parseArgs } from "node:util";

import { azureDevOps } from "./azureDevOps";
import type { CodeHost } from "./codeHost";
import * as commands from "./commands";
import { github } from "./github";

/** Names of stacks are Pulumi's: nothing else may come in through what a person types into a form. */
const stackName = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,99}$/;

interface Call {
  readonly word: string;
  readonly folder: string;
  readonly mustPass: boolean;
  readonly stacks: readonly string[];
}

interface Command {
  /** What its one argument is. */
  readonly argument: "STACK" | "FOLDER";
  readonly run: (call: Call) => Promise<number>;
}

const table: Readonly<Record<string, Command>> = {
  preview: {
    argument: "STACK",
    run: ({ word, folder, mustPass }) => commands.preview(word, folder, mustPass),
  },
  up: { argument: "STACK", run: ({ word }) => commands.up(word) },
  drift: { argument: "STACK", run: ({ word, folder }) => commands.drift(word, folder) },
  comment: {
    argument: "FOLDER",
    run: ({ word, stacks }) => commands.comment(codeHost(), word, stacks),
  },
  issue: {
    argument: "FOLDER",
    run: ({ word, stacks }) => commands.issue(codeHost(), word, stacks),
  },
};

/** Each platform sets a variable of its own in every job. */
function codeHost(): CodeHost {
  if (process.env["GITHUB_ACTIONS"] !== undefined) return github(process.env);
  if (process.env["TF_BUILD"] !== undefined) return azureDevOps(process.env);
  throw new Error("This is no job of GitHub Actions or Azure Pipelines: nowhere to report to.");
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      out: { type: "string", default: "reports" },
      "must-pass": { type: "boolean", default: false },
      stacks: { type: "string", default: "dev,qa,uat,prod" },
    },
  });
  const [name = "", word = "", ...rest] = positionals;
  const command = Object.hasOwn(table, name) ? table[name] : undefined;
  if (command === undefined || word === "" || rest.length > 0) {
    const lines = Object.entries(table).map(([one, { argument }]) => `  ${one} ${argument}`);
    throw new Error(
      `usage: pipelines/main.ts COMMAND [--out FOLDER] [--must-pass] [--stacks STACK,…]\n${lines.join("\n")}`,
    );
  }
  const stacks = command.argument === "STACK" ? [word] : values.stacks.split(",");
  for (const stack of stacks) {
    if (!stackName.test(stack)) throw new Error(`"${stack}" is not a stack's name.`);
  }
  return command.run({ word, folder: values.out, mustPass: values["must-pass"], stacks });
}

main().then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
  },
);
