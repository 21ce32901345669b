/**
 * Findings as workflow commands: GitHub shows them beside the lines of a pull request. Pure.
 * Source: docs.github.com/en/actions/reference/workflow-commands-for-github-actions
 */
import { counted, countOf, type Finding, type Report } from "./finding";

/** A message may hold line breaks only in this form. */
const escapeData = (text: string): string =>
  text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
const escapeProperty = (text: string): string =>
  escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");

function annotation(finding: Finding, report: Report): string {
  const { file, line, column, severity, rule, message, why, remedy, excepted } = finding;
  const properties = [
    ...(file === "" ? [] : [`file=${escapeProperty(report.pathOf(file))}`]),
    ...(line === null ? [] : [`line=${line}`]),
    ...(column === null ? [] : [`col=${column}`]),
    `title=${escapeProperty(rule)}`,
  ];
  const texts = [
    message,
    ...(excepted === null ? [] : [`Excepted: ${excepted}`]),
    ...(why === null ? [] : [`Why: ${why}`]),
    `Do: ${remedy}`,
  ];
  const text = texts.join("\n");
  return `::${severity} ${properties.join(",")}::${escapeData(text)}`;
}

export function githubReport(report: Report): string {
  const { findings, migrations, tier } = report;
  const [errors, warnings] = [countOf(findings, "error"), countOf(findings, "warning")];
  const summary = `${counted(migrations, "migration")} checked for ${tier}: ${counted(errors, "error")}, ${counted(warnings, "warning")}`;
  return [...findings.map((finding) => annotation(finding, report)), summary].join("\n");
}
