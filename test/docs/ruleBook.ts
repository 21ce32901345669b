/**
 * migrations/RULES.md: a page for each rule about migration files, made from the rules themselves. Pure.
 * Does NOT read or write a file (see docs.ts).
 */
import { ruleChapters } from "../../migrations/engine/gate/gateRules";
import type { Example, GateRule } from "../../migrations/engine/gate/input/gateRule";
import { tiers } from "../../stack/tier";

const fence = (sql: string): string => `\`\`\`sql\n${sql}\n\`\`\``;

/** The parts of an example that differ from an ordinary migration, under their sections' names. */
function exampleText({ body, rollback, preflight, postflight, header, before }: Example): string {
  const headerLines = Object.entries(header ?? {}).map(([label, value]) => `-- ${label}: ${value}`);
  const parts: readonly (readonly [string, string | undefined])[] = [
    ["the migration before", before],
    ["header", headerLines.join("\n") || undefined],
    ["PRE-FLIGHT CHECKS", preflight],
    ["MIGRATION", body],
    ["POST-FLIGHT VALIDATION", postflight],
    ["rollback file", rollback],
  ];
  const given = parts.flatMap(([title, sql]) => (sql === undefined ? [] : [{ title, sql }]));
  return fence(given.map(({ title, sql }) => `-- ${title}\n${sql}`).join("\n\n"));
}

function exceptionText({ exception }: GateRule): string {
  if (exception === undefined) return "no exception is heard.";
  return exception === "reason"
    ? "with a reason."
    : `with a reason; in uat and prod also with ${exception.demand}.`;
}

function pageOf(rule: GateRule): string {
  const { id, severity, why, source, page } = rule;
  if (page === undefined) throw new Error(`The rule ${id} has no page.`);
  const weights = tiers.map((tier) => `${tier} ${severity(tier) ?? "-"}`).join(", ");
  return [
    `### ${id}`,
    page.problem,
    [
      `- Why: ${why}`,
      `- Instead: ${page.instead}`,
      `- Tiers: ${weights}`,
      `- Exception: ${exceptionText(rule)}`,
      `- Source: ${source}`,
    ].join("\n"),
    "Not:",
    exampleText(page.bad),
    "But:",
    exampleText(page.good),
  ].join("\n\n");
}

const introduction = `# Rules about migration files

What the gate asks of a file's SQL and header: what is wrong, why, what to write in its place. A test runs each example:
the first of a rule breaks that rule and no other, the second breaks none. Rules about tickets, review, target and
order are in the table of [docs/gate.md](../docs/gate.md#all-rules).

Objects that the same file makes are not in use by anybody: the rules let them be. Each violation names the file's own
tables and columns in its remedy.

An exception is one bullet in the header, \`- rule-id: reason\`, in a block EXCEPTIONS behind ROLLBACK; see
[README.md](README.md#exceptions). Ids are squawk's where the rule is the same.

This file is written by \`npm run docs\`.`;

/** One line a chapter, with links to its rules. */
const contents = Object.entries(ruleChapters)
  .map(([title, rules]) => `- ${title}: ${rules.map(({ id }) => `[${id}](#${id})`).join(", ")}`)
  .join("\n");

/** The whole file. */
export const ruleBook: string =
  [
    introduction,
    contents,
    ...Object.entries(ruleChapters).flatMap(([title, rules]) => [
      `## ${title}`,
      ...rules.map(pageOf),
    ]),
  ].join("\n\n") + "\n";
