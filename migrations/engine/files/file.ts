/**
 * One migration from the bytes of its forward and rollback files, or everything that is wrong with them.
 * Does NOT read the folder, compare files with each other (see collection) or judge by tier (see gate).
 */
import type { Problem } from "../../../stack/errors";
import { type Statement, trySplitSql } from "../statements/statements";
import { checkBatches } from "./batch";
import { checksumOf } from "./checksum";
import {
  type Header,
  type ParsedHeader,
  parseHeader,
  parseRollbackHeader,
  type RollbackHeader,
} from "./header";
import { checkLedgerStatements } from "./ledgerChecks";
import { checkBanners, findBanners, sectionNames } from "./sections";
import { buildSegments, type Segment } from "./segments";
import { decodeSource } from "./sourceText";

/** A file's name and its bytes as they are on disk. */
export interface SourceFile {
  readonly name: string;
  readonly bytes: Buffer;
}

/** The rollback file of a migration. */
export interface RollbackFile {
  readonly fileName: string;
  readonly header: RollbackHeader;
  /** Of everything after the header block. */
  readonly checksum: string;
  readonly segments: readonly Segment[];
  readonly sqlBytes: number;
}

/** A well-formed migration. */
export interface MigrationFile {
  /** The file name's prefix: 4 for 004. Gives the order. */
  readonly number: number;
  /** "004_add_status" */
  readonly name: string;
  readonly fileName: string;
  readonly header: Header;
  /** Of everything after the header block, so that review and ticket may be filled in later. */
  readonly checksum: string;
  readonly segments: readonly Segment[];
  /** Bytes of SQL behind the header. */
  readonly sqlBytes: number;
  /** Null when there is no rollback file: the gate decides by tier. */
  readonly rollback: RollbackFile | null;
}

export type ParsedMigration =
  { readonly migration: MigrationFile } | { readonly problems: readonly Problem[] };

/** `004_add_status.sql`: the number has three digits, or more without a leading zero. */
const fileNameForm = /^(\d{3}|[1-9]\d{3,5})_[a-z0-9]+(?:_[a-z0-9]+)*\.sql$/;

/** The number of a well-named forward or rollback file, else null. */
export function numberOf(fileName: string): number | null {
  const number = Number(fileNameForm.exec(fileName)?.[1] ?? 0);
  return number === 0 ? null : number;
}

interface ParsedFile<H> {
  readonly header: H | null;
  readonly statements: readonly Statement[];
  readonly text: string;
  readonly headerEnd: number;
  readonly problems: readonly Problem[];
  /** False when the SQL could not be read, so that nothing can be said about its statements. */
  readonly isReadable: boolean;
}

function parseFile<H>(
  file: SourceFile,
  readHeader: (fileName: string, text: string) => ParsedHeader<H>,
): ParsedFile<H> {
  const source = decodeSource(file.name, file.bytes);
  if ("problems" in source) {
    return {
      header: null,
      statements: [],
      text: "",
      headerEnd: 0,
      problems: source.problems,
      isReadable: false,
    };
  }
  const { text } = source;
  const split = trySplitSql(file.name, text);
  const statements = "statements" in split ? split.statements : [];
  if ("statements" in split && statements.length === 0) {
    const problem: Problem = {
      code: "FILE_EMPTY",
      file: file.name,
      line: null,
      message: "the file holds no SQL statement.",
      hint: "write the migration, or remove the file.",
    };
    return { header: null, statements, text, headerEnd: 0, problems: [problem], isReadable: false };
  }
  const parsed = readHeader(file.name, text);
  const problems = [...parsed.problems, ...("problems" in split ? split.problems : [])];
  const first = statements[0];
  // Only a lone CR can end a comment inside a line. What the header holds is not in the checksum.
  if (first !== undefined && first.startOffset < Buffer.byteLength(text.slice(0, parsed.end))) {
    problems.push({
      code: "SQL_IN_HEADER",
      file: file.name,
      line: first.line,
      message: "a statement hides in the header block.",
      hint: "remove the lone carriage return, and put the SQL into a section.",
    });
  }
  return {
    header: parsed.header,
    statements,
    text,
    headerEnd: parsed.end,
    problems,
    isReadable: "statements" in split,
  };
}

/** The statements by section; those before the first banner are a problem. */
function forwardSegments(
  name: string,
  parsed: ParsedFile<Header>,
): { segments: readonly Segment[]; problems: readonly Problem[] } {
  const banners = findBanners(parsed.text, parsed.statements);
  const bannerProblems = checkBanners(name, banners);
  if (bannerProblems.length > 0) return { segments: [], problems: bannerProblems };
  const parts = sectionNames.map((section, index) => {
    const from = banners[index]?.offset ?? 0;
    const to = banners[index + 1]?.offset ?? Infinity;
    const inside = ({ startOffset }: Statement): boolean => startOffset >= from && startOffset < to;
    return { section, statements: parsed.statements.filter(inside) };
  });
  const { segments, problems } = buildSegments(name, parts);
  const found = [...problems];
  const report = (code: string, line: number | null, message: string, hint: string): void => {
    found.push({ code, file: name, line, message, hint });
  };
  const first = parsed.statements[0];
  if (first !== undefined && first.startOffset < (banners[0]?.offset ?? 0)) {
    const hint = "move it below the PRE-FLIGHT CHECKS banner.";
    report("SQL_BEFORE_SECTIONS", first.line, "a statement stands before the first section.", hint);
  }
  if (!segments.some((segment) => segment.section === "migration") && problems.length === 0) {
    const line = banners.find((banner) => banner.section === "migration")?.line ?? null;
    report(
      "MIGRATION_EMPTY",
      line,
      "the MIGRATION section holds no statement.",
      "write the change there.",
    );
  }
  return { segments, problems: found };
}

interface Half<F> {
  readonly file: F | null;
  readonly problems: readonly Problem[];
}

function parseForward(
  source: SourceFile,
): Half<Omit<MigrationFile, "rollback">> & { readonly header: Header | null } {
  const parsed = parseFile(source, parseHeader);
  const { segments, problems } = parsed.isReadable
    ? forwardSegments(source.name, parsed)
    : { segments: [], problems: [] };
  const version = parsed.header?.version ?? null;
  // Without its sections a file's ledger statements have no place to be judged by.
  const ledger =
    segments.length > 0 ? checkLedgerStatements(source.name, segments, version, "forward") : [];
  const all = [...parsed.problems, ...problems, ...checkBatches(segments), ...ledger];
  const number = numberOf(source.name);
  if (parsed.header === null || number === null || all.length > 0) {
    return { file: null, header: parsed.header, problems: all };
  }
  const sql = parsed.text.slice(parsed.headerEnd);
  const file = {
    number,
    name: source.name.replace(/\.sql$/, ""),
    fileName: source.name,
    header: parsed.header,
    checksum: checksumOf(sql),
    segments,
    sqlBytes: Buffer.byteLength(sql),
  };
  return { file, header: parsed.header, problems: [] };
}

/** Whether the two headers name the same version and ticket. */
export function checkRollbackHeader(
  name: string,
  rollback: RollbackHeader,
  forward: Header,
): readonly Problem[] {
  const problems: Problem[] = [];
  const report = (code: string, field: string, actual: string, expected: string): void => {
    const message = `${field} is ${actual}, but the migration's is ${expected}.`;
    const line = rollback.lines[field] ?? null;
    problems.push({ code, file: name, line, message, hint: "make the two headers agree." });
  };
  if (rollback.rollsBack !== forward.version) {
    report("ROLLBACK_VERSION", "ROLLS BACK", rollback.rollsBack, forward.version);
  }
  if (rollback.ticket !== forward.ticket) {
    report("ROLLBACK_TICKET", "TICKET", rollback.ticket, forward.ticket);
  }
  return problems;
}

function parseRollback(source: SourceFile, forward: Header | null): Half<RollbackFile> {
  const parsed = parseFile(source, parseRollbackHeader);
  const { segments, problems } = buildSegments(source.name, [
    { section: "rollback", statements: parsed.statements },
  ]);
  const version = forward?.version ?? parsed.header?.rollsBack ?? null;
  const ledger = parsed.isReadable
    ? checkLedgerStatements(source.name, segments, version, "rollback")
    : [];
  const agreement =
    parsed.header !== null && forward !== null
      ? checkRollbackHeader(source.name, parsed.header, forward)
      : [];
  const batches = checkBatches(segments);
  const all = [...parsed.problems, ...problems, ...batches, ...ledger, ...agreement];
  if (parsed.header === null || all.length > 0) return { file: null, problems: all };
  const sql = parsed.text.slice(parsed.headerEnd);
  const file = {
    fileName: source.name,
    header: parsed.header,
    checksum: checksumOf(sql),
    segments,
    sqlBytes: Buffer.byteLength(sql),
  };
  return { file, problems: [] };
}

/**
 * Parses one migration.
 *
 * @param name      The forward file's name, `NNN_description.sql`.
 * @param bytes     Its content; CRLF and a BOM are accepted and do not change the checksum.
 * @param rollback  The rollback file, or null when there is none (not a problem here).
 * @returns         The migration, or all problems of both files.
 * @throws {ParserNotLoadedError} loadParser was not awaited.
 */
export function parseMigration(
  name: string,
  bytes: Buffer,
  rollback: SourceFile | null,
): ParsedMigration {
  const forward = parseForward({ name, bytes });
  const back = rollback === null ? null : parseRollback(rollback, forward.header);
  const problems = [...forward.problems, ...(back?.problems ?? [])];
  if (numberOf(name) === null) problems.push(wrongName(name));
  if (forward.file === null || problems.length > 0) return { problems: capProblems(problems) };
  return { migration: { ...forward.file, rollback: back?.file ?? null } };
}

/** Nobody reads more than this of one migration, and a hostile file could hold a million. */
const maxProblems = 100;

function capProblems(problems: readonly Problem[]): readonly Problem[] {
  const more = problems.length - maxProblems;
  const [first] = problems;
  if (more <= 0 || first === undefined) return problems;
  const message = `${more} more problems are not shown.`;
  const hint = "correct those shown first.";
  const rest: Problem = { code: "MORE_PROBLEMS", file: first.file, line: null, message, hint };
  return [...problems.slice(0, maxProblems), rest];
}

/** The problem of a file that is not named as a migration. */
export function wrongName(file: string): Problem {
  return {
    code: "WRONG_NAME",
    file,
    line: null,
    message: "the name is not NNN_description.sql or NNN_description_rollback.sql.",
    hint: "use three digits from 001, lower case letters, digits and underscores.",
  };
}
