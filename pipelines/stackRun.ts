/**
 * Runs one pulumi command on a real stack, as a job does: output goes on to the log and is kept for the report.
 * Does NOT know what a report looks like (report.ts) or where it goes (codeHost.ts).
 */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";

import { projectFolder } from "../cli/stack/project";
import { streamLog } from "../toolchain/log";
import { policyArguments } from "../toolchain/policyHost";
import { ensurePulumi } from "../toolchain/pulumi";
import { identityVariables } from "./identity";

export interface StackOutcome {
  /** As pulumi ended; 128 and more where it was killed. */
  readonly status: number;
  /** Both streams, in the order in which they came, without colours. */
  readonly text: string;
}

/** Line by line and without the list of outputs. */
const plain = ["--non-interactive", "--suppress-progress", "--suppress-outputs", "--color=never"];

/** PULUMI_HOME where the job names none: plugins of this project, apart from those of other jobs. */
const ownHome = (): string => join(projectFolder(), ".build", "pulumi-home");

/**
 * Runs `pulumi <command> --stack <stack>`.
 *
 * @param judged  Whether the rules of the estate judge what it registers.
 */
export async function runOnStack(
  command: readonly string[],
  stack: string,
  {
    judged,
    variables = {},
  }: { readonly judged: boolean; readonly variables?: Readonly<Record<string, string>> },
): Promise<StackOutcome> {
  const { bin } = await ensurePulumi(streamLog());
  const home = process.env["PULUMI_HOME"] ?? ownHome();
  const policies = judged ? await policyArguments(home) : [];
  const child = spawn(join(bin, "pulumi"), [...command, "--stack", stack, ...policies, ...plain], {
    cwd: projectFolder(),
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      ...identityVariables(process.env),
      ...variables,
      PATH: `${bin}:${process.env["PATH"] ?? ""}`,
      PULUMI_HOME: home,
      PULUMI_SKIP_UPDATE_CHECK: "1",
      PULUMI_NODEJS_TRANSPILE_ONLY: "true",
    },
  });
  let text = "";
  const keep = (chunk: Buffer): void => {
    text += chunk.toString();
    process.stdout.write(chunk);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  return new Promise((done, fail) => {
    child.once("error", fail);
    child.once("close", (status, signal) => {
      done({ status: status ?? 128 + (signal === null ? 0 : constants.signals[signal]), text });
    });
  });
}
