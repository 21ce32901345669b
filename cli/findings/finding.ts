/**
 * One thing to tell about a migration file, whether a file that cannot be used or a rule that is broken: what every
 * output format shows. Pure. Does NOT judge anything.
 */
import type { Violation } from "../../migrations/engine/gate/input/gateRule";
import type { Problem } from "../../stack/errors";
import type { Severity } from "../../stack/tier";

export interface Finding {
  /** Name without folder. */
  readonly file: string;
  /** 1-based; null when it is about the whole file. */
  readonly line: number | null;
  /** 1-based, in characters; null when only the line is known. */
  readonly column: number | null;
  readonly severity: Severity;
  /** A rule's id ("review-missing") or a problem's code ("SYNTAX_ERROR"). */
  readonly rule: string;
  /** What is wrong. */
  readonly message: string;
  /** Why it matters; null for problems, which say it themselves. */
  readonly why: string | null;
  /** What to do. */
  readonly remedy: string;
  /** The reason that the file's header gives for letting it pass; null when it gives none. */
  readonly excepted: string | null;
}

/** A file with a problem cannot be used in any tier. */
export const findingOfProblem = (problem: Problem): Finding => ({
  file: problem.file,
  line: problem.line,
  column: problem.column ?? null,
  severity: "error",
  rule: problem.code,
  message: problem.message,
  why: null,
  remedy: problem.hint,
  excepted: null,
});

export const findingOfViolation = (violation: Violation): Finding => ({
  file: violation.file,
  line: violation.line,
  column: violation.column ?? null,
  severity: violation.severity,
  rule: violation.rule,
  message: violation.message,
  why: violation.why,
  remedy: violation.remedy,
  excepted: violation.excepted ?? null,
});

/** By file, then place; what is about a whole file comes first. Returns a new array. */
export function sortFindings(findings: readonly Finding[]): readonly Finding[] {
  const byNumber = (a: number | null, b: number | null): number => (a ?? 0) - (b ?? 0);
  return [...findings].sort((a, b) => {
    if (a.file !== b.file) return a.file < b.file ? -1 : 1;
    return byNumber(a.line, b.line) || byNumber(a.column, b.column);
  });
}

export const countOf = (findings: readonly Finding[], severity: Severity): number =>
  findings.filter((finding) => finding.severity === severity).length;

/** `1 error`, `3 errors` */
export const counted = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? "" : "s"}`;

/** What a format needs beside the findings. */
export interface Report {
  readonly tier: string;
  /** Migrations that were looked at. */
  readonly migrations: number;
  readonly findings: readonly Finding[];
  /** Path of a file, as the reader of the format expects it. */
  readonly pathOf: (file: string) => string;
  /** Text of a file, or null when it cannot be read. */
  readonly textOf: (file: string) => string | null;
}

/** What an annotation says, a line each: the platform shows place and rule beside it. */
export function annotationText({ message, excepted, why, remedy }: Finding): string {
  return [
    message,
    ...(excepted === null ? [] : [`Excepted: ${excepted}`]),
    ...(why === null ? [] : [`Why: ${why}`]),
    `Do: ${remedy}`,
  ].join("\n");
}

/** The line behind all annotations. */
export function annotationSummary({ findings, migrations, tier }: Report): string {
  const [errors, warnings] = [countOf(findings, "error"), countOf(findings, "warning")];
  return `${counted(migrations, "migration")} checked for ${tier}: ${counted(errors, "error")}, ${counted(warnings, "warning")}`;
}
