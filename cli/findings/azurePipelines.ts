/**
 * Findings as logging commands: Azure Pipelines shows them on the run, each with its file and line. Pure.
 * Source: learn.microsoft.com, Azure Pipelines, "Logging commands", LogIssue.
 */
import { annotationSummary, annotationText, type Finding, type Report } from "./finding";

/** Source: azure-pipelines-agent, "Logging command encoding". */
const escapeData = (text: string): string =>
  text.replaceAll("%", "%AZP25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
const escapeProperty = (text: string): string =>
  escapeData(text).replaceAll(";", "%3B").replaceAll("]", "%5D");

function issue(finding: Finding, report: Report): string {
  const { file, line, column, severity, rule } = finding;
  const properties = [
    `type=${severity}`,
    ...(file === "" ? [] : [`sourcepath=${escapeProperty(report.pathOf(file))}`]),
    ...(line === null ? [] : [`linenumber=${line}`]),
    ...(column === null ? [] : [`columnnumber=${column}`]),
    `code=${escapeProperty(rule)}`,
  ];
  const text = escapeData(annotationText(finding));
  return `##vso[task.logissue ${properties.join(";")};]${text}`;
}

export function azurePipelinesReport(report: Report): string {
  const lines = report.findings.map((finding) => issue(finding, report));
  return [...lines, annotationSummary(report)].join("\n");
}
