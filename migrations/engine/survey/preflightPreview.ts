/**
 * What pre-flight says ahead of a run: once each, with the files that it is about. Pure.
 * Does NOT refuse anything: how the server is when the run begins is what counts (see serverLook.ts).
 */
import {
  formatFinding,
  judgeServer,
  type Needs,
  refusesRollback,
  type ServerFacts,
  type ServerFinding,
} from "./preflight";

/** A file that would run. */
export interface NeedsOfFile {
  readonly fileName: string;
  readonly needs: Needs;
  readonly isRollback: boolean;
}

/** A finding ahead of the run. `severity`: an error would refuse it, as the server is now. */
interface FindingAhead extends ServerFinding {
  /** In the order in which they would run. */
  readonly files: readonly string[];
}

/** What a look at the server found before anything runs. */
export type PreflightPreview =
  | { readonly kind: "looked"; readonly findings: readonly FindingAhead[] }
  | { readonly kind: "not looked"; readonly reason: string };

/** Judges the server for each file; what is true of several is said once. Errors first. */
export function previewOf(facts: ServerFacts, files: readonly NeedsOfFile[]): PreflightPreview {
  const found = new Map<string, FindingAhead>();
  for (const { fileName, needs, isRollback } of files) {
    for (const finding of judgeServer(facts, needs)) {
      const refuses = isRollback ? refusesRollback(finding) : finding.severity === "error";
      const severity = refuses ? "error" : "warning";
      const key = `${severity} ${formatFinding(finding)}`;
      const files = [...(found.get(key)?.files ?? []), fileName];
      found.set(key, { ...finding, severity, files });
    }
  }
  const of = (wanted: ServerFinding["severity"]) =>
    [...found.values()].filter(({ severity }) => severity === wanted);
  return { kind: "looked", findings: [...of("error"), ...of("warning")] };
}

/** Names of that many files are shown. */
const mostNamed = 3;

function aboutFiles(files: readonly string[]): string {
  const more = files.length - mostNamed;
  return `${files.slice(0, mostNamed).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** One line each; none when the server is fit for all of it. */
export function describePreview(preview: PreflightPreview | null): readonly string[] {
  if (preview === null) return [];
  if (preview.kind === "not looked") {
    return [`pre-flight: the server could not be asked: ${preview.reason}`];
  }
  return preview.findings.map(({ severity, files, ...finding }) => {
    const verdict = severity === "error" ? "would be refused" : "warning";
    return `pre-flight, as the server is now: ${aboutFiles(files)}: ${verdict}: ${formatFinding({ ...finding, severity })}`;
  });
}
