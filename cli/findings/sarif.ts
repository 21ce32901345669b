/**
 * Findings in SARIF 2.1.0, as code scanning reads it. Pure.
 * Source: docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
import type { Finding, Report } from "./finding";

/** What the log says of a rule. */
export interface RuleHelp {
  readonly id: string;
  readonly why: string;
  /** The clause of the policy, or a page of PostgreSQL's manual. */
  readonly source: string;
  /** What is wrong and, of rules about files, what to write in its place. */
  readonly page: { readonly problem: string; readonly instead?: string };
}

const schema = "https://json.schemastore.org/sarif-2.1.0.json";

const paragraph = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

function ruleDescriptor(id: string, help: RuleHelp | undefined): object {
  if (help === undefined) {
    const text = "docs/errors.md explains this code.";
    return { id, shortDescription: { text: id }, help: { text } };
  }
  const { why, source, page } = help;
  const advice = page.instead === undefined ? [] : [`Instead: ${page.instead}`];
  return {
    id,
    shortDescription: { text: paragraph(page.problem) },
    help: { text: [`Why: ${why}`, ...advice, `Source: ${source}`].join("\n") },
  };
}

function result(finding: Finding, ruleIndex: number, report: Report): object {
  const { file, line, column, severity, rule, message, why, remedy, excepted } = finding;
  const region =
    line === null
      ? {}
      : { region: { startLine: line, ...(column === null ? {} : { startColumn: column }) } };
  const path = encodeURI(report.pathOf(file));
  // Outside of the repository there is nothing to be relative to.
  const artifactLocation = path.startsWith("/")
    ? { uri: `file://${path}` }
    : { uri: path, uriBaseId: "%SRCROOT%" };
  const text = [message, ...(why === null ? [] : [`Why: ${why}`]), `Do: ${remedy}`].join("\n");
  return {
    ruleId: rule,
    ruleIndex,
    level: severity,
    message: { text },
    ...(excepted === null ? {} : { suppressions: [{ kind: "inSource", justification: excepted }] }),
    locations: file === "" ? [] : [{ physicalLocation: { artifactLocation, ...region } }],
  };
}

/**
 * The log as text.
 *
 * @param rules    What is known of the rules; those without findings are listed too, so that a reader sees what was asked.
 * @param version  Of this program.
 */
export function sarifReport(report: Report, rules: readonly RuleHelp[], version: string): string {
  const { findings } = report;
  const ids = [...new Set([...rules.map(({ id }) => id), ...findings.map(({ rule }) => rule)])];
  const log = {
    $schema: schema,
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "ddl",
            semanticVersion: version,
            rules: ids.map((id) =>
              ruleDescriptor(
                id,
                rules.find((rule) => rule.id === id),
              ),
            ),
          },
        },
        columnKind: "unicodeCodePoints",
        results: findings.map((finding) => result(finding, ids.indexOf(finding.rule), report)),
      },
    ],
  };
  return JSON.stringify(log, null, 2);
}
