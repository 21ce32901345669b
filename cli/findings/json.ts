/**
 * Findings for programs. Pure. Does NOT leave anything out that another format shows.
 */
import { countOf, type Report } from "./finding";

/** Raised when a key changes its meaning or goes; new keys may come at any time. */
const schemaVersion = 1;

export function jsonReport({ tier, migrations, findings, pathOf }: Report): string {
  const report = {
    schemaVersion,
    tier,
    migrations,
    errors: countOf(findings, "error"),
    warnings: countOf(findings, "warning"),
    findings: findings.map((finding) => ({ ...finding, path: pathOf(finding.file) })),
  };
  return JSON.stringify(report, null, 2);
}
