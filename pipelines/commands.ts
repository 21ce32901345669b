/**
 * What a pipeline's jobs do, one function each: preview, up and drift on a stack, reports to where people read them.
 * Does NOT read the command line (program.ts) or know a platform (codeHost.ts).
 */
import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describeDrift, describeSchemaDrift } from "../cli/stack/drift";
import { projectFolder } from "../cli/stack/project";
import { stackAccess } from "../cli/stack/stackAccess";
import { CHANGES_EXPECTED } from "../toolchain/pulumi";
import { type CodeHost, keepComment, keepIssue } from "./codeHost";
import { driftIssue, driftTitle, previewComment, type StackReport } from "./report";
import { runOnStack, type StackOutcome } from "./stackRun";

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const stateOf = ({ status }: StackOutcome): StackReport["state"] => {
  if (status === 0) return "same";
  return status === CHANGES_EXPECTED ? "differs" : "failed";
};

/** Kept for a job that comes later and has other rights: files `<folder>/<stack>.json`. */
async function keep(folder: string, report: StackReport): Promise<0 | 1> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${report.stack}.json`), JSON.stringify(report));
  return report.state === "failed" ? 1 : 0;
}

/** The report of each stack; of one whose job wrote none, that it could not be told. */
const kept = (folder: string, stacks: readonly string[]): Promise<readonly StackReport[]> =>
  Promise.all(
    stacks.map(async (stack): Promise<StackReport> => {
      const text = await readFile(join(folder, `${stack}.json`), "utf8").catch(() => null);
      if (text !== null) return JSON.parse(text) as StackReport;
      return { stack, state: "failed", text: "Its job wrote no report: look at the job's log." };
    }),
  );

/**
 * Shows what `up` would do. Fails only when that cannot be told, or when it must pass and the gate refuses.
 *
 * @param mustPass  Before people approve: what the gate refuses is a failure.
 */
export async function preview(stack: string, folder: string, mustPass: boolean): Promise<0 | 1> {
  const outcome = await runOnStack(["preview", "--expect-no-changes"], stack, {
    judged: true,
    variables: mustPass ? { DDL_PREVIEW_MUST_PASS: "1" } : {},
  });
  const report = { stack, state: stateOf(outcome), text: outcome.text };
  const summary = process.env["GITHUB_STEP_SUMMARY"];
  if (summary !== undefined) await appendFile(summary, `${previewComment(report, commit())}\n`);
  return keep(folder, report);
}

/** The commit that the job is about. */
const commit = (): string => process.env["COMMIT"] ?? process.env["GITHUB_SHA"] ?? "";

/** Makes a stack as declared. Ends as pulumi does: what the gate refuses is a failure. */
export async function up(stack: string): Promise<number> {
  return (await runOnStack(["up", "--yes"], stack, { judged: true })).status;
}

/** Looks whether a stack still is as declared. Fails only when that cannot be told. */
export async function drift(stack: string, folder: string): Promise<0 | 1> {
  const outcome = await runOnStack(["preview", "--expect-no-changes", "--diff"], stack, {
    judged: false,
  });
  const report: StackReport = { stack, state: stateOf(outcome), text: outcome.text };
  return keep(folder, report.state === "failed" ? report : await withSchemas(report));
}

/** What was changed in the schemas by hand is no resource's: only a look at the catalog tells. */
async function withSchemas(report: StackReport): Promise<StackReport> {
  const { stack, state, text } = report;
  try {
    const file = join(projectFolder(), `Pulumi.${stack}.yaml`);
    const access = await stackAccess(projectFolder(), file, process.env);
    const privileges = await describeDrift(access);
    const schemas = await describeSchemaDrift(access);
    const found = [privileges, schemas.text].filter((one) => one !== "");
    return {
      stack,
      state: schemas.isDrift ? "differs" : state,
      text: [...found, text].join("\n\n"),
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    say(reason);
    return { stack, state: "failed", text: `${reason}\n\n${text}` };
  }
}

/** Writes a comment for each stack that was previewed. */
export async function comment(
  host: CodeHost,
  folder: string,
  stacks: readonly string[],
): Promise<0> {
  for (const report of await kept(folder, stacks)) {
    await keepComment(host, `preview ${report.stack}`, previewComment(report, commit()));
    say(`${report.stack}: the comment is written`);
  }
  return 0;
}

/** Opens, writes anew or closes the one issue on drift. */
export async function issue(host: CodeHost, folder: string, stacks: readonly string[]): Promise<0> {
  const body = driftIssue(await kept(folder, stacks), new Date());
  say(await keepIssue(host, driftTitle, body));
  return 0;
}
