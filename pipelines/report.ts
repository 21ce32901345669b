/**
 * What people read of a preview or of drift: the text of a comment, and of the one issue. Pure.
 * Does NOT run anything or send it anywhere.
 */

/** A part of a report: what was found of one stack. */
export interface StackReport {
  readonly stack: string;
  /** `same`: as declared. `differs`: it would change something, or has drifted. `failed`: it could not be told. */
  readonly state: "same" | "differs" | "failed";
  readonly text: string;
}

/**
 * Longest text of one stack, in characters: a comment of GitHub's ends at 65,536, and all four tiers stand in one issue.
 * Source: docs.github.com, "REST API endpoints for issue comments" refuses longer bodies.
 */
const longestText = 14_000;

/** Marks what this program wrote, so that the next run finds and replaces it. Not shown. */
export const marker = (subject: string): string => `<!-- ddl ${subject} -->`;

/** Cut in the middle: the head says what was looked at, the tail what came of it. */
function shortened(text: string): string {
  if (text.length <= longestText) return text;
  const half = longestText / 2;
  const left = text.length - longestText;
  return `${text.slice(0, half)}\n[… ${left} characters; all of it is in the job's log …]\n${text.slice(-half)}`;
}

/** How the engine says that there is something to do, when it was asked to fail then: here that is no error. */
const expectedError =
  /^error: no changes were expected for preview but changes were proposed[^\S\n]*\n?/m;

/** As a block of code, whose fence no line of the text can close. */
function block(text: string): string {
  const ticks = [...text.matchAll(/`{3,}/g)].map(([run]) => run.length);
  const fence = "`".repeat(Math.max(3, ...ticks.map((length) => length + 1)));
  return `${fence}text\n${shortened(text.replace(expectedError, "").trim())}\n${fence}`;
}

const previewHeadings: Readonly<Record<StackReport["state"], string>> = {
  same: "nothing to do",
  differs: "would change",
  failed: "the preview failed",
};

/** A comment on a pull request: what `up` would do to one stack. */
export function previewComment({ stack, state, text }: StackReport, commit: string): string {
  return [
    marker(`preview ${stack}`),
    `### ${stack}: ${previewHeadings[state]}`,
    `What \`pulumi up\` would do, at ${commit.slice(0, 12)}.`,
    block(text),
  ].join("\n\n");
}

const driftHeadings: Readonly<Record<StackReport["state"], string>> = {
  same: "as declared",
  differs: "differs from what is declared",
  failed: "could not be looked at",
};

/** Title of the one issue. */
export const driftTitle = "Databases differ from what is declared";

/** The one issue, or null when every stack is as declared. */
export function driftIssue(reports: readonly StackReport[], moment: Date): string | null {
  if (reports.every(({ state }) => state === "same")) return null;
  const parts = reports.map(({ stack, state, text }) =>
    [`## ${stack}: ${driftHeadings[state]}`, ...(state === "same" ? [] : [block(text)])].join(
      "\n\n",
    ),
  );
  return [
    marker("drift"),
    `Looked at on ${moment.toISOString().slice(0, 16).replace("T", " ")} UTC. This text is written anew by each look, and the issue is closed when all stacks are as declared.`,
    "`npx ddl heal --stack STACK` mends privileges and nothing else; docs/operations.md says what to do about the rest.",
    ...parts,
  ].join("\n\n");
}
