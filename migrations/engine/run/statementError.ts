/**
 * Says what failed, where in the file, what is kept of the migration and what to do now.
 * Does NOT catch or retry anything (see run.ts).
 */
import { DatabaseError } from "pg";

import { MigrationError } from "../../../stack/errors";
import { printableText } from "../../../stack/printable";
import { type Tier, tierRules } from "../../../stack/tier";
import { describeWait, type Wait } from "../server/blockers";
import { BlockedError } from "../server/lockWaiting";
import type { Statement } from "../statements/statements";
import { rollbackCommand } from "./rollbackCommand";

/** A statement of a migration failed. */
export class StatementError extends MigrationError {
  readonly code = "STATEMENT_FAILED";
}

/** Where a failed run stands. */
export interface FailureContext {
  readonly tier: Tier;
  readonly fileName: string;
  readonly version: string;
  /** Which of the migration's two files ran. */
  readonly direction: "forward" | "rollback";
  readonly rollbackFileName: string | null;
  /** Lines at which the segments start whose effect the database keeps. */
  readonly keptFrom: readonly number[];
  /** An earlier text of the version was run in part and not taken back: what it did is there, whatever this one did. */
  readonly earlierText: boolean;
  /** Lines of the segments that are not done, the one that failed first. */
  readonly openFrom: readonly number[];
  /** What the failed segment itself may have left, because it is not one transaction; null where it is. */
  readonly leaves: string | null;
  readonly infrastructureRole: string;
  /** What it waited for when it gave up; absent unless a lock was in its way. */
  readonly wait?: Wait | null;
}

/** Characters of a source line that are shown on either side of the caret: seed data may stand in one line. */
const shownAround = 80;

/** A line of a text and below it a caret. @param position  In characters (code points) from 1, as PostgreSQL counts. */
function caret(text: string, position: string, label: (line: number) => string): readonly string[] {
  const before = Array.from(text)
    .slice(0, Number(position) - 1)
    .join("");
  const lineIndex = before.split("\n").length - 1;
  const source = Array.from(text.split("\n")[lineIndex] ?? "");
  const column = Array.from(before.split("\n").at(-1) ?? "").length;
  const from = Math.max(0, column - shownAround);
  const shown = source.slice(from, column + shownAround);
  const [head, tail] = [from > 0 ? "…" : "", column + shownAround < source.length ? "…" : ""];
  // Tabs are kept, so that the caret stands where the source's tabs put it.
  const blank = `${head}${source.slice(from, column).join("")}`.replace(/[^\t]/gu, " ");
  const name = label(lineIndex);
  return [
    `  ${name} | ${head}${shown.join("")}${tail}`,
    `  ${" ".repeat(name.length)} | ${blank}^`,
  ];
}

/** Marks the place that PostgreSQL complains about: in the file, or in a query that a function or DO block ran. */
function place(statement: Statement, cause: DatabaseError): readonly string[] {
  const { position, internalPosition, internalQuery } = cause;
  if (position !== undefined) {
    return caret(statement.text, position, (line) => String(statement.line + line));
  }
  if (internalPosition === undefined || internalQuery === undefined) return [];
  return caret(internalQuery, internalPosition, () => "inside");
}

/** Of a session that is gone. */
const endedByServer =
  "The server ended the session: an administrator, or a restart. Find out which, then run up again.";

/** What to do about the cause, where it is not the file's text as such. Keys are SQLSTATEs. */
const remedies: Readonly<Record<string, string>> = {
  "2D000":
    "A procedure ends its transaction, which is the runner's here. Write its steps as statements of the file, each behind the COMMIT of the one before; `-- batch` commits in rounds.",
  "57P01": endedByServer,
  "57P02": endedByServer,
  "55P03":
    "Another session kept a lock for longer than lockBudgetMs. Run up again when it is done or at a quieter hour.",
  "57014":
    "It was cancelled, or took longer than statementTimeoutMs, or than the Statement timeout of its header. Raise that if the statement needs the time.",
};

/** In the first tier this is where files are corrected; elsewhere a correction walks up like any change. */
export const correctIt = (tier: Tier, what = "it"): string =>
  tierRules[tier].lowerTier === null ? `Correct ${what}` : `Correct ${what} in a lower environment`;

/** SQLSTATEs of what is there already: schema, table and the like, column, type or constraint, function. */
const isThere: ReadonlySet<string> = new Set(["42P06", "42P07", "42701", "42710", "42723"]);

/** A database that was made elsewhere has what the file makes. */
const foundBefore = ({ version, tier }: FailureContext): string =>
  `Where the database had it before this program came: npx ddl compare ${version} names each difference from the files, and npx ddl baseline ${version} records it as applied. Else: ${correctIt(tier, "the file")}.`;

function whatNow(context: FailureContext, sqlstate: string | undefined): string {
  const { direction, keptFrom, earlierText } = context;
  const isWhole = keptFrom.length === 0 && !earlierText && context.leaves === null;
  if (direction === "forward" && isWhole && isThere.has(sqlstate ?? "")) {
    return foundBefore(context);
  }
  const remedy = remedies[sqlstate ?? ""];
  const correct =
    remedy ??
    (context.direction === "rollback"
      ? `${correctIt(context.tier, "the rollback file")}, and run the same command again. Do not mend the database by hand.`
      : `${correctIt(context.tier)} and run up again. Do not mend the database by hand.`);
  if (context.earlierText && context.direction === "forward") {
    return context.rollbackFileName === null
      ? `${correct} What the earlier text did is still there, and no rollback file takes it back.`
      : `Take back what the earlier text did, then run up again: ${rollbackCommand(context.infrastructureRole, context.rollbackFileName)}`;
  }
  if (context.keptFrom.length === 0 && context.leaves === null) return correct;
  if (context.direction === "rollback") {
    return `${correct} The rollback then goes on at the first segment that is not done.`;
  }
  const cause = remedy === undefined ? "" : `${remedy} `;
  const resume = `${cause}Up resumes at the first segment that is not done`;
  return context.rollbackFileName === null
    ? `${resume}, as long as the file's text stays the same. There is no rollback file.`
    : `${resume}; to go back instead, lower targetVersion below ${context.version} and run up, or by hand: ${rollbackCommand(context.infrastructureRole, context.rollbackFileName)}`;
}

function whatIsKept(context: FailureContext): string {
  const { leaves, openFrom } = context;
  const open = openFrom.length === 0 ? "" : ` Not done: lines ${openFrom.join(", ")}.`;
  return [`${doneSoFar(context)}${open}`, ...(leaves === null ? [] : [leaves])].join("\n  ");
}

function doneSoFar({ version, direction, keptFrom, leaves, earlierText }: FailureContext): string {
  const lines = keptFrom.join(", ");
  if (earlierText && direction === "forward") {
    const now =
      keptFrom.length === 0 ? "no segment is done" : `segments at lines ${lines} are done`;
    return `An earlier text of version ${version} was run in part, and what it did is still there. Of this text ${now}.`;
  }
  if (keptFrom.length === 0 && leaves !== null) return `No segment of version ${version} is done.`;
  if (direction === "forward") {
    return keptFrom.length === 0
      ? `Nothing of version ${version} was kept.`
      : `Of version ${version} these segments are done and kept: lines ${lines}.`;
  }
  return keptFrom.length === 0
    ? `The rollback changed nothing: version ${version} is as it was before.`
    : `Version ${version} is half rolled back: the segments at lines ${lines} are done.`;
}

/** What the server says may have lines, of whatever depends on a table: they stay below what they belong to. */
const said = (text: string): string => printableText(text).replaceAll("\n", "\n    ");

/** Builds the error for a statement that the server refused. */
export function explainStatementFailure(
  cause: unknown,
  statement: Statement,
  context: FailureContext,
): StatementError {
  const at = `${context.fileName}:${statement.line}`;
  const what = [statement.kind, statement.target].filter(Boolean).join(" ");
  const kept = whatIsKept(context);
  if (cause instanceof BlockedError) {
    return explainStatementFailure(cause.refusal, statement, { ...context, wait: cause.wait });
  }
  if (cause instanceof MigrationError) {
    const found = cause.message.slice(0, cause.message.lastIndexOf("\n  Hint:"));
    return new StatementError(`${at}: ${what} failed: ${found}\n  ${kept}`, cause.hint, {
      cause,
    });
  }
  if (!(cause instanceof DatabaseError)) {
    const text = cause instanceof Error ? cause.message : String(cause);
    return new StatementError(
      `${at}: ${what} was cut off: ${text}.\n  As far as is known: ${kept}`,
      "Check that the server runs and is reachable, then run up again: it resumes behind what was committed.",
      { cause },
    );
  }
  const lines = [
    `${at}: ${what} failed: ${said(cause.message)} (SQLSTATE ${cause.code ?? "unknown"}).`,
    ...place(statement, cause),
    ...(cause.detail === undefined ? [] : [`  Detail: ${said(cause.detail)}`]),
    ...(cause.hint === undefined ? [] : [`  PostgreSQL says: ${said(cause.hint)}`]),
    ...(context.wait == null ? [] : [`  It was ${describeWait(context.wait)}.`]),
    ...(cause.where === undefined ? [] : [`  Where: ${cause.where.split("\n")[0] ?? ""}`]),
    `  ${kept}`,
  ];
  return new StatementError(lines.join("\n"), whatNow(context, cause.code), { cause });
}
