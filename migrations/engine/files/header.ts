/**
 * Checks the raw fields of a header block and gives them types, for forward and rollback files.
 * Does NOT compare the header with the SQL, nor judge what a tier demands of it (see gate).
 */
import type { Problem } from "../../../stack/errors";
import { HeaderCheck, type RuleException } from "./headerCheck";
import { readHeaderLines } from "./headerLines";
import { limitLines, type TimeLimits } from "./timeLimits";

/** Lines that say one of a few words, perhaps with an explanation behind it. */
export type ChoiceLabel = "Downtime required" | "Lock escalation risk" | "Data recovery";

/** The header block of a forward file. Source: policy, "Header Block". */
export interface Header {
  /** The MIGRATION line: the file's own name. */
  readonly file: string;
  /** Semantic version; the ledger's key. */
  readonly version: string;
  /** CHG-YYYY-NNNN, or `pending`. */
  readonly ticket: string;
  readonly author: string;
  /** ISO date, as are all dates here. */
  readonly created: string;
  /** Null until reviewed. */
  readonly reviewedBy: string | null;
  readonly reviewedOn: string | null;
  readonly description: string;
  /** One text per bullet; "None" gives none. */
  readonly dependencies: readonly string[];
  readonly impact: {
    readonly tablesAffected: readonly string[];
    readonly estimatedDuration: string;
    readonly downtimeRequired: boolean;
    readonly lockEscalationRisk: "Low" | "Medium" | "High";
  };
  readonly rollback: {
    readonly script: string;
    /** Null until filled in. */
    readonly tested: boolean | null;
    readonly dataRecovery: "Automatic" | "Manual" | "Not possible";
    /** Where the backup is that brings dropped data back; null where none is named. */
    readonly backupReference: string | null;
  };
  /** Of the run of this file; of its rollback the rollback file's header says its own. */
  readonly limits: TimeLimits;
  /** What stands in a line of which one word counts, by its label: "Yes (5 minutes)". */
  readonly choices: Readonly<Record<ChoiceLabel, string>>;
  /** Rules that shall not hold back this file, each with its reason; usually none. */
  readonly exceptions: readonly RuleException[];
  /** 1-based line of each field, by the name it has in the file ("TICKET", "Rollback tested"). */
  readonly lines: Readonly<Record<string, number>>;
}

/** The header block of a rollback file. Source: policy, "Rollback Script". */
export interface RollbackHeader {
  readonly file: string;
  readonly ticket: string;
  /** The version it rolls back. */
  readonly rollsBack: string;
  /** Of the run of the rollback. */
  readonly limits: TimeLimits;
  readonly lines: Readonly<Record<string, number>>;
}

/** A header that may be unusable; `end` (an index in the text) is known either way. */
export interface ParsedHeader<H> {
  /** Null when `problems` is not empty. */
  readonly header: H | null;
  readonly problems: readonly Problem[];
  readonly end: number;
}

/** `004_x.sql` to `004_x_rollback.sql`. */
export function rollbackNameOf(fileName: string): string {
  return fileName.replace(/\.sql$/, "_rollback.sql");
}

/**
 * Parses the header of a forward file.
 *
 * @param fileName  Without folder; MIGRATION and the rollback script must agree with it.
 * @param text      LF-normalised file.
 */
export function parseHeader(fileName: string, text: string): ParsedHeader<Header> {
  const lines = readHeaderLines(text);
  const check = new HeaderCheck(fileName, lines, "MIGRATION");
  if (check.isAbsent()) return { header: null, problems: check.problems, end: lines.end };
  const header: Header = {
    file: check.fileName("MIGRATION", fileName, "HEADER_FILE_NAME"),
    version: check.version("VERSION"),
    ticket: check.ticket("TICKET"),
    author: check.required("AUTHOR"),
    created: check.date(check.required("CREATED"), "CREATED"),
    reviewedBy: check.optional("REVIEWED BY"),
    reviewedOn: check.optionalDate("REVIEWED ON"),
    description: check.required("DESCRIPTION"),
    dependencies: check.bullets("DEPENDENCIES"),
    impact: {
      tablesAffected: check.list("IMPACT", "Tables affected"),
      estimatedDuration: check.required("IMPACT", "Estimated duration"),
      downtimeRequired: check.choice("IMPACT", "Downtime required", ["Yes", "No"]) === "Yes",
      lockEscalationRisk:
        check.choice("IMPACT", "Lock escalation risk", ["Low", "Medium", "High"]) ?? "High",
    },
    rollback: {
      script: check.fileName(
        "ROLLBACK",
        rollbackNameOf(fileName),
        "HEADER_ROLLBACK_NAME",
        "Rollback script",
      ),
      tested: check.testedOrOpen("ROLLBACK", "Rollback tested"),
      dataRecovery:
        check.choice("ROLLBACK", "Data recovery", ["Automatic", "Manual", "Not possible"]) ??
        "Not possible",
      backupReference: check.reference("ROLLBACK", "Backup reference"),
    },
    limits: limitsIn((name) => check.time(name, "IMPACT", limitLines[name].label)),
    choices: {
      "Downtime required": check.text("IMPACT", "Downtime required"),
      "Lock escalation risk": check.text("IMPACT", "Lock escalation risk"),
      "Data recovery": check.text("ROLLBACK", "Data recovery"),
    },
    exceptions: check.exceptions("EXCEPTIONS"),
    lines: check.lines,
  };
  const failed = check.problems.length > 0;
  return { header: failed ? null : header, problems: check.problems, end: lines.end };
}

const limitsIn = (read: (name: keyof TimeLimits) => number | null): TimeLimits => ({
  lockTimeoutMs: read("lockTimeoutMs"),
  statementTimeoutMs: read("statementTimeoutMs"),
});

/** Parses the header of a rollback file; parameters as for parseHeader. */
export function parseRollbackHeader(fileName: string, text: string): ParsedHeader<RollbackHeader> {
  const lines = readHeaderLines(text);
  const check = new HeaderCheck(fileName, lines, "ROLLBACK");
  if (check.isAbsent()) return { header: null, problems: check.problems, end: lines.end };
  const header: RollbackHeader = {
    file: check.fileName("ROLLBACK", fileName, "HEADER_FILE_NAME"),
    ticket: check.ticket("TICKET"),
    rollsBack: check.version("ROLLS BACK"),
    limits: limitsIn((name) => check.time(name, limitLines[name].field)),
    lines: check.lines,
  };
  const failed = check.problems.length > 0;
  return { header: failed ? null : header, problems: check.problems, end: lines.end };
}
