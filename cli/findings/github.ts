/**
 * Findings as workflow commands: GitHub shows them beside the lines of a pull request. Pure.
 * Source: docs.github.com/en/actions/reference/workflow-commands-for-github-actions
 */
import { annotationSummary, annotationText, type Finding, type Report } from "./finding";

/** A message may hold line breaks only in this form. */
const escapeData = (text: string): string =>
  text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
const escapeProperty = (text: string): string =>
  escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");

function annotation(finding: Finding, report: Report): string {
  const { file, line, column, severity, rule } = finding;
  const properties = [
    ...(file === "" ? [] : [`file=${escapeProperty(report.pathOf(file))}`]),
    ...(line === null ? [] : [`line=${line}`]),
    ...(column === null ? [] : [`col=${column}`]),
    `title=${escapeProperty(rule)}`,
  ];
  return `::${severity} ${properties.join(",")}::${escapeData(annotationText(finding))}`;
}

export function githubReport(report: Report): string {
  const lines = report.findings.map((finding) => annotation(finding, report));
  return [...lines, annotationSummary(report)].join("\n");
}
