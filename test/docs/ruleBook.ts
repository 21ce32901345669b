/**
 * migrations/RULES.md: a page for each rule of the gate, made from the rules themselves.
 * Does NOT read or write a file (see docs.ts).
 */
import { ruleChapters } from "../../migrations/engine/gate/gateRules";
import type { Example, Situation } from "../../migrations/engine/gate/input/examples";
import type { GateRule } from "../../migrations/engine/gate/input/gateRule";
import { formatViolations } from "../../migrations/engine/gate/violationText";
import { loadParser } from "../../migrations/engine/statements/statements";
import { tiers } from "../../stack/tier";
import { judgeSituation } from "../support/files/judgeSituation";

const fence = (sql: string): string => `\`\`\`sql\n${sql}\n\`\`\``;

/** The parts of an example that differ from an ordinary migration, under their sections' names. */
function exampleText(example: Example): string {
  const { body, rollback, preflight, postflight, header, before, repeatables } = example;
  const headerLines = Object.entries(header ?? {}).map(([label, value]) => `-- ${label}: ${value}`);
  const parts: readonly (readonly [string, string | undefined])[] = [
    ["the migration before", before],
    ["header", headerLines.join("\n") || undefined],
    ["PRE-FLIGHT CHECKS", preflight],
    ["MIGRATION", body],
    ["POST-FLIGHT VALIDATION", postflight],
    ["rollback file", rollback === null ? "-- (there is none)" : rollback],
    ...Object.entries(repeatables ?? {}).map(([name, sql]): readonly [string, string] => [
      `repeatable/${name}.sql`,
      sql,
    ]),
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

/** What is printed in the situation, in the last tier that has the rule. */
function messageText({ id, severity }: GateRule, situation: Situation): string {
  const tier = tiers.findLast((one) => severity(one) !== null);
  if (tier === undefined) throw new Error(`No tier has the rule ${id}.`);
  const found = judgeSituation(situation, tier).filter(({ rule }) => rule === id);
  return `\`\`\`text\n${formatViolations(found, tier)}\n\`\`\``;
}

function pageOf(rule: GateRule): string {
  const { id, severity, why, source, page } = rule;
  const weights = tiers.map((tier) => `${tier} ${severity(tier) ?? "-"}`).join(", ");
  return [
    `### ${id}`,
    page.problem,
    [
      `- Why: ${why}`,
      ...(page.about === "files" ? [`- Instead: ${page.instead}`] : []),
      `- Tiers: ${weights}`,
      `- Exception: ${exceptionText(rule)}`,
      ...(rule.liftedByBreakGlass ? ["- An open break-glass makes a warning of it."] : []),
      ...(rule.warnsInPreview ? ["- A preview only warns of it."] : []),
      `- Source: ${source}`,
    ].join("\n"),
    ...(page.about === "files"
      ? ["Not:", exampleText(page.bad), "But:", exampleText(page.good)]
      : ["For example:", messageText(rule, page.bad)]),
  ].join("\n\n");
}

const introduction = `# Rules of the gate

First the rules about a run: what was recorded, what is asked for, what the tier below and people say; each with what
it prints. Then those about a file's SQL and header: what is wrong, why, what to write in its place. A test runs each
example: the first of a rule breaks that rule and no other, the second breaks none. All rules in one table, with their
weight in each tier: [docs/gate.md](../docs/gate.md#all-rules).

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
export async function ruleBook(): Promise<string> {
  await loadParser();
  return `${[
    introduction,
    contents,
    ...Object.entries(ruleChapters).flatMap(([title, rules]) => [
      `## ${title}`,
      ...rules.map(pageOf),
    ]),
  ].join("\n\n")}\n`;
}
