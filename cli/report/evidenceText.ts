/**
 * Evidence written down: as text for a terminal or a ticket's field, as markdown for a page. Pure.
 */
import { printable } from "../../stack/printable";
import type { EvidenceReport, MigrationEvidence } from "./evidence";
import type { Answer, ChecklistLine } from "./evidenceModel";
import { statementFacts } from "./statementReport";

const marks: Readonly<Record<Answer, string>> = {
  yes: "[x]",
  no: "[ ]",
  unknown: "[ ]",
  people: "[ ]",
};

/** Behind the item, so that an open box says why it is open. */
const remarks: Readonly<Record<Answer, string>> = {
  yes: "",
  no: " (missing)",
  unknown: " (could not be told)",
  people: " (only people can answer)",
};

const lineText = ({ item, answer }: ChecklistLine): string =>
  `${marks[answer]} ${item}${remarks[answer]}`;

/** What is told of a migration, by label. */
function factsOf(one: MigrationEvidence): readonly (readonly [label: string, text: string])[] {
  const review =
    one.reviewedBy === null ? "nobody yet" : `${one.reviewedBy}, ${one.reviewedOn ?? "no date"}`;
  const { rollback } = one;
  return [
    ["description", one.description],
    ["author", one.author],
    ["reviewed", review],
    ["checksum", one.checksum],
    [
      "impact",
      `${one.estimatedDuration}, downtime ${one.downtimeRequired ? "yes" : "no"}, lock escalation risk ${one.lockEscalationRisk.toLowerCase()}`,
    ],
    ...(one.limits === "" ? [] : [["limits", one.limits] as const]),
    ["rollback", rollback === null ? "none" : `${rollback.file}, ${rollback.checksum}`],
    ["data recovery", one.dataRecovery],
    ...(rollback?.warning == null ? [] : [["warning", rollback.warning] as const]),
  ];
}

/** For a terminal. */
export function evidenceText({ ticket, checklist, migrations }: EvidenceReport): string {
  return [
    `Evidence of ${ticket}`,
    "",
    "Before production deployment",
    ...checklist.flatMap((one) => [
      `  ${lineText(one)}`,
      ...one.facts.map((fact) => `        ${printable(fact)}`),
    ]),
    ...migrations.flatMap((one) => [
      "",
      `${one.version} ${one.file}`,
      ...factsOf(one).map(([label, text]) => `  ${label}: ${text}`),
      "  plan:",
      ...one.statements.flatMap((statement) => [
        `    ${statement.text}`,
        ...statementFacts(statement).map((fact) => `        ${fact}`),
      ]),
      ...one.record.flatMap(({ stack, events, measured }) => [
        `  record of ${stack}:`,
        ...events.map((event) => `    ${event}`),
        ...measured.map((text) => `    measured: ${text}`),
      ]),
    ]),
  ].join("\n");
}

/** What markdown would take for a mark. */
const escaped = (text: string): string => text.replace(/[\\`*_{}[\]<>|#]/g, "\\$&");
const inCode = (text: string): string => `\`${text.replaceAll("`", "'")}\``;

/** For a page or a comment. */
export function evidenceMarkdown(report: EvidenceReport): string {
  const { ticket, checklist, migrations, emergencies } = report;
  return [
    `# Evidence of ${escaped(ticket)}`,
    "",
    "## Before production deployment",
    "",
    ...checklist.flatMap((one) => [
      `- ${lineText(one)}`,
      ...one.facts.map((fact) => `  - ${escaped(printable(fact))}`),
    ]),
    ...migrations.flatMap((one) => [
      "",
      `## ${escaped(one.version)} ${inCode(one.file)}`,
      "",
      ...factsOf(one).map(([label, text]) => `- ${label}: ${escaped(text)}`),
      "",
      "### Plan",
      "",
      ...one.statements.flatMap((statement) => [
        `- ${inCode(statement.text)}`,
        ...statementFacts(statement).map((fact) => `  - ${escaped(fact)}`),
      ]),
      ...one.record.flatMap(({ stack, events, measured }) => [
        "",
        `### Record of ${escaped(stack)}`,
        "",
        ...events.map((event) => `- ${escaped(event)}`),
        ...measured.map((text) => `- measured: ${escaped(text)}`),
      ]),
      ...(one.exceptions.length === 0
        ? []
        : [
            "",
            "### Exceptions",
            "",
            ...one.exceptions.map(({ rule, reason }) => `- ${escaped(rule)}: ${escaped(reason)}`),
          ]),
      ...listingOf("SQL", one.sql),
      ...listingOf("Rollback", one.rollbackSql ?? ""),
    ]),
    ...(emergencies.length === 0
      ? []
      : [
          "",
          "## Break-glass",
          "",
          ...emergencies.map(({ stack, text }) => `- ${escaped(stack)}: ${escaped(text)}`),
        ]),
  ].join("\n");
}

/** A file as a block; its fence is longer than any in it. */
function listingOf(title: string, sql: string): readonly string[] {
  if (sql === "") return [];
  const longest = Math.max(2, ...(sql.match(/`+/g) ?? []).map((ticks) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return ["", `### ${title}`, "", `${fence}sql`, sql.trimEnd(), fence];
}
