/**
 * What the pipelines' commands are to the frame: what each takes, and how errors end them.
 * Does NOT hold any command's work (commands.ts), or run as a process (main.ts).
 */
import {
  type AnyCommand,
  type Call,
  type Command,
  exitStatus,
  type OptionSpec,
  type PassingCommand,
  type Program,
  UsageError,
} from "../cli/frame/command";
import { azureDevOps } from "./azureDevOps";
import type { CodeHost } from "./codeHost";
import * as commands from "./commands";
import { github } from "./github";

/** Names of stacks are Pulumi's: nothing else may come in through what a person types into a form. */
const stackName = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,99}$/;

function checkedStack(name: string): string {
  if (stackName.test(name)) return name;
  throw new UsageError(`"${name}" is not a stack's name.`);
}

const stackOf = ({ args }: Call): string => checkedStack(args[0] ?? "");
const stacksOf = (call: Call): readonly string[] =>
  (call.text("stacks") ?? "").split(",").map(checkedStack);

/** Each platform sets a variable of its own in every job. */
function codeHost({ environment }: Call): CodeHost {
  if (environment["GITHUB_ACTIONS"] !== undefined) return github(environment);
  if (environment["TF_BUILD"] !== undefined) return azureDevOps(environment);
  throw new UsageError(
    "This is no job of GitHub Actions or Azure Pipelines: nowhere to report to.",
    "run it in a job; docs/pipelines.md says which.",
  );
}

const stack = { name: "STACK", summary: "its file is Pulumi.STACK.yaml", required: true } as const;
const reports = {
  name: "FOLDER",
  summary: "where the jobs before left their reports",
  required: true,
} as const;
const out: OptionSpec = {
  value: "FOLDER",
  summary: "where the report goes, as STACK.json",
  fallback: "reports",
};
const stacks: OptionSpec = {
  value: "STACK,…",
  summary: "all stacks: one without a report could not be told",
  fallback: "dev,qa,uat,prod",
};

const onStack = (
  name: string,
  summary: string,
  options: Command["options"],
  run: Command["run"],
): Command => ({ name, summary, arguments: [stack], options, examples: [], run });

const onReports = (
  name: string,
  summary: string,
  report: (host: CodeHost, folder: string, all: readonly string[]) => Promise<0>,
): Command => ({
  ...{ name, summary, arguments: [reports], options: { stacks }, examples: [] },
  run: (call) => {
    const all = stacksOf(call);
    return report(codeHost(call), call.args[0] ?? "", all);
  },
});

const up: PassingCommand = {
  name: "up",
  summary: "Make a stack as declared",
  ...{ arguments: [stack], options: {}, examples: [] },
  endsWith: "as pulumi ends",
  run: (call) => commands.up(stackOf(call)),
};

const list: readonly AnyCommand[] = [
  onStack(
    "preview",
    "Show what up would do, and keep it as a report",
    {
      out,
      "must-pass": { summary: "what the gate refuses is a failure, too: before people approve" },
    },
    (call) => commands.preview(stackOf(call), call.text("out") ?? "", call.flag("must-pass")),
  ),
  up,
  onStack(
    "drift",
    "Look whether a stack still is as declared, and keep it as a report",
    { out },
    (call) => commands.drift(stackOf(call), call.text("out") ?? ""),
  ),
  onReports("comment", "Write each preview's report to the pull request", commands.comment),
  onReports("issue", "Open, write anew or close the one issue on drift", commands.issue),
];

export const pipelineProgram: Program = {
  name: "pipelines/main.ts",
  purpose: "What the jobs in .github/workflows and azure-pipelines.yml run (docs/pipelines.md).",
  commands: list,
  statusTexts: [
    ["0", "done: of a report also where the stack differs, which the report says"],
    ["1", "failed, or it could not be told"],
    ["2", "called wrongly, or reports could not be sent"],
    ["other", "of up: as pulumi ended"],
  ],
  statusOf: () => exitStatus.unknown,
};
