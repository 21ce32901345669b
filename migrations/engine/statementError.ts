/**
 * Says what failed, where in the file, what is kept of the migration and what to do now.
 * Does NOT catch or retry anything (see run.ts).
 */
import { DatabaseError } from "pg";

import { describeWait, type Wait } from "./blockers";
import { MigrationError } from "./errors";
import { BlockedError } from "./lockWaiting";
import { rollbackCommand } from "./rollbackCommand";
import type { Statement } from "./statements";

/** A statement of a migration failed. */
export class StatementError extends MigrationError {
  readonly code = "STATEMENT_FAILED";
}

/** Where a failed run stands. */
export interface Standing {
  readonly fileName: string;
  readonly version: string;
  /** Which of the migration's two files ran. */
  readonly direction: "forward" | "rollback";
  readonly rollbackFileName: string | null;
  /** Lines at which the segments start whose effect the database keeps. */
  readonly keptFrom: readonly number[];
  readonly infrastructureRole: string;
  /** What it waited for when it gave up; absent unless a lock was in its way. */
  readonly wait?: Wait | null;
}

/** Marks the place in the statement that PostgreSQL complains about. */
function caret(statement: Statement, position: string | undefined): readonly string[] {
  if (position === undefined) return [];
  // PostgreSQL counts characters (code points) from 1.
  const before = Array.from(statement.text)
    .slice(0, Number(position) - 1)
    .join("");
  const lineIndex = before.split("\n").length - 1;
  const source = statement.text.split("\n")[lineIndex] ?? "";
  const column = Array.from(before.split("\n").at(-1) ?? "").length;
  const number = String(statement.line + lineIndex);
  return [`  ${number} | ${source}`, `  ${" ".repeat(number.length)} | ${" ".repeat(column)}^`];
}

/** What to do about the cause, where it is not the file's fault. Keys are SQLSTATEs. */
const remedies: Readonly<Record<string, string>> = {
  "55P03":
    "Another session kept a lock for longer than lockBudgetMs. Run up again when it is done or at a quieter hour.",
  "57014":
    "It was cancelled, or took longer than statementTimeoutMs. Raise that if the statement needs the time.",
};

function whatNow(standing: Standing, sqlstate: string | undefined): string {
  const correct =
    remedies[sqlstate ?? ""] ??
    (standing.direction === "rollback"
      ? "Correct the rollback file, test it in a lower environment, and run the same command again. Do not mend the database by hand."
      : "Correct it in a lower environment and run up again. Do not mend the database by hand.");
  if (standing.keptFrom.length === 0) return correct;
  if (standing.direction === "rollback") {
    return `${correct} The rollback then goes on at the first segment that is not done.`;
  }
  const resume = "Up resumes at the first segment that is not done";
  return standing.rollbackFileName === null
    ? `${resume}, as long as the file's text stays the same. There is no rollback file.`
    : `${resume}; to go back instead: ${rollbackCommand(standing.infrastructureRole, standing.rollbackFileName)}`;
}

function whatIsKept({ version, direction, keptFrom }: Standing): string {
  const lines = keptFrom.join(", ");
  if (direction === "forward") {
    return keptFrom.length === 0
      ? `Nothing of version ${version} was kept.`
      : `Of version ${version} these segments are done and kept: lines ${lines}.`;
  }
  return keptFrom.length === 0
    ? `The rollback changed nothing: version ${version} is as it was before.`
    : `Version ${version} is half rolled back: the segments at lines ${lines} are done.`;
}

/** Builds the error for a statement that the server refused. */
export function explainStatementFailure(
  cause: unknown,
  statement: Statement,
  standing: Standing,
): StatementError {
  const place = `${standing.fileName}:${statement.line}`;
  const what = [statement.kind, statement.target].filter(Boolean).join(" ");
  const kept = whatIsKept(standing);
  if (cause instanceof BlockedError) {
    return explainStatementFailure(cause.refusal, statement, { ...standing, wait: cause.wait });
  }
  if (cause instanceof MigrationError) {
    const found = cause.message.split("\n")[0] ?? "";
    return new StatementError(`${place}: ${what} failed: ${found}\n  ${kept}`, cause.hint, {
      cause,
    });
  }
  if (!(cause instanceof DatabaseError)) {
    const text = cause instanceof Error ? cause.message : String(cause);
    return new StatementError(
      `${place}: ${what} was cut off: ${text}.\n  ${kept}`,
      "Check that the server runs and is reachable, then run up again: it resumes.",
      { cause },
    );
  }
  const lines = [
    `${place}: ${what} failed: ${cause.message} (SQLSTATE ${cause.code ?? "unknown"}).`,
    ...caret(statement, cause.position),
    ...(cause.detail === undefined ? [] : [`  Detail: ${cause.detail}`]),
    ...(cause.hint === undefined ? [] : [`  PostgreSQL says: ${cause.hint}`]),
    ...(standing.wait == null ? [] : [`  It was ${describeWait(standing.wait)}.`]),
    ...(cause.where === undefined ? [] : [`  Where: ${cause.where.split("\n")[0] ?? ""}`]),
    `  ${kept}`,
  ];
  return new StatementError(lines.join("\n"), whatNow(standing, cause.code), { cause });
}
