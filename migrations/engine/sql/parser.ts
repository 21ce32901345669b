/**
 * The real PostgreSQL parser (libpg-query, grammar of PostgreSQL 18) behind one safe function.
 * Does NOT classify statements (see statements) and never throws because of the SQL it is given.
 */
import { hasSqlDetails, loadModule, parsePlPgSQLSync, parseSync, scanSync } from "libpg-query";

import { ParserNotLoadedError } from "../../../stack/errors";
import { asList, asNode, asText, dig, type TreeNode } from "./tree";

/** One statement as the parser found it. Offsets are UTF-8 bytes of the whole text. */
export interface RawStatement {
  readonly start: number;
  /** Before the semicolon, or the end of the text. */
  readonly end: number;
  /** Node tag, for example CreateStmt. */
  readonly tag: string;
  readonly node: TreeNode;
}

/** Why the parser gave up. `position` counts characters (code points) from 0. */
export interface ParserFailure {
  readonly reason: "syntax" | "too deep" | "too large" | "operator run" | "nul";
  readonly message: string;
  readonly position: number;
}

/**
 * The most that is given to the parser, in words, literals, operators, "(" and ";" (roughly, one
 * parse-tree node each). Its memory ends at 1 GB: about 4 million were too many, measured over
 * fifteen kinds of dense SQL. Comments and quoted text hardly count.
 */
export const maxParserLoad = 2_200_000;

/** PostgreSQL's scanner takes quadratic time on one run of operator characters ("/*" 100 000 times: 45 s). */
export const maxOperatorRun = 1_000;

/** PostgreSQL's own set. A quoted or commented banner of that length is refused as well. */
const operatorCharacters: readonly boolean[] = Array.from({ length: 128 }, (_, code) =>
  "-~!@#^&|`?+*/%<>=".includes(String.fromCharCode(code)),
);

// An approximation is enough: it only keeps the parser from running out of memory. Each alternative
// runs to the end of the text where its closing mark is missing, so that the count stays linear.
const loadUnit =
  /--[^\n]*|'[^']*'|\$([A-Za-z_]*)\$[^]*?(?:\$\1\$|$)|\/\*[^]*?(?:\*\/|$)|[\w\u0080-\uffff]+|[-~!@#^&|`?+*/%<>=:[(;]/g;

/** Loads the parser; call it once before anything is parsed. Later calls return at once. */
export async function loadParser(): Promise<void> {
  await loadModule();
}

/** True when the text holds more than the parser can take. Stops counting at the limit. */
function isTooLarge(sql: string): boolean {
  // Each unit is at least one character, so small files need no count.
  if (sql.length <= maxParserLoad) return false;
  let load = 0;
  loadUnit.lastIndex = 0;
  for (let unit = loadUnit.exec(sql); unit !== null; unit = loadUnit.exec(sql)) {
    if (!unit[0].startsWith("--")) load += 1;
    if (load > maxParserLoad) return true;
  }
  return false;
}

/** Index of the first too long run of operator characters, or -1. A regular expression would be quadratic too. */
function findOperatorRun(sql: string): number {
  let start = 0;
  for (let at = 0; at < sql.length; at += 1) {
    if (operatorCharacters[sql.charCodeAt(at)] !== true) start = at + 1;
    else if (at - start >= maxOperatorRun) return start;
  }
  return -1;
}

const codePointsBefore = (text: string, index: number): number => {
  let count = 0;
  for (const character of text.slice(0, index)) count += character.length > 0 ? 1 : 0;
  return count;
};

function refuseUnparsed(sql: string): ParserFailure | null {
  const nul = sql.indexOf("\0");
  if (nul !== -1) {
    return { reason: "nul", message: "NUL byte", position: codePointsBefore(sql, nul) };
  }
  const run = findOperatorRun(sql);
  if (run !== -1) {
    const message = `more than ${maxOperatorRun} operator characters in a row`;
    return { reason: "operator run", message, position: codePointsBefore(sql, run) };
  }
  if (isTooLarge(sql)) {
    const message = `more than ${maxParserLoad} words, literals and operators`;
    return { reason: "too large", message, position: 0 };
  }
  return null;
}

function explainFailure(error: unknown): ParserFailure {
  if (hasSqlDetails(error)) {
    const position = error.sqlDetails?.cursorPosition ?? 0;
    const reason = error.message.startsWith("memory exhausted") ? "too deep" : "syntax";
    return { reason, message: error.message, position };
  }
  // By name, not instanceof: the error may come from another realm (a test's, a worker's).
  const message = asText(dig(error, "message")) ?? String(error);
  if (message.includes("not initialized")) throw new ParserNotLoadedError(error);
  // The WebAssembly stack overflowed; the parser stays usable (measured).
  if (dig(error, "name") === "RangeError") return { reason: "too deep", message, position: 0 };
  return { reason: "too large", message, position: 0 };
}

/**
 * Parses SQL text.
 *
 * @param sql  Any text; lone surrogates are replaced as in any encoding to UTF-8.
 * @returns    The statements in order, or why there are none. `[]` for only blanks and comments.
 * @throws {ParserNotLoadedError} loadParser was not awaited.
 */
export function parseStatements(sql: string): readonly RawStatement[] | ParserFailure {
  if (sql === "") return [];
  const refused = refuseUnparsed(sql);
  if (refused !== null) return refused;
  const { exitCode } = process;
  let tree: unknown;
  try {
    tree = parseSync(sql);
  } catch (error) {
    // When its memory ends, emscripten sets the exit code of this whole process.
    process.exitCode = exitCode;
    return explainFailure(error);
  }
  const size = Buffer.byteLength(sql);
  return asList(dig(tree, "stmts")).map((item): RawStatement => {
    const start = Number(dig(item, "stmt_location") ?? 0);
    const length = dig(item, "stmt_len");
    const [tag = "", node] = Object.entries(asNode(dig(item, "stmt")) ?? {})[0] ?? [];
    return {
      start,
      end: typeof length === "number" ? start + length : size,
      tag: asText(tag) ?? "",
      node: asNode(node) ?? {},
    };
  });
}

/** A word or sign of SQL; comments are left out. Offsets are UTF-8 bytes. */
export interface Token {
  readonly start: number;
  readonly end: number;
  /** A reserved word in upper case or a sign as written; null for anything else. */
  readonly mark: string | null;
}

/** Scans SQL that the parser has accepted. */
export function scanTokens(sql: string): readonly Token[] {
  const bytes = Buffer.from(sql, "utf8");
  return scanSync(sql)
    .tokens.filter(({ tokenName }) => !tokenName.endsWith("_COMMENT"))
    .map(({ start, end, tokenName, keywordName }) => {
      const text = bytes.toString("utf8", start, end);
      const isSign = tokenName.startsWith("ASCII_");
      const mark = keywordName === "RESERVED_KEYWORD" ? text.toUpperCase() : isSign ? text : null;
      return { start, end, mark };
    });
}

/** A word of SQL as it is written. */
export interface Word {
  readonly text: string;
  readonly kind: "name" | "number" | "text" | "sign";
}

const wordKinds: Readonly<Record<string, Word["kind"]>> = {
  ...{ SCONST: "text", USCONST: "text", ICONST: "number", FCONST: "number" },
};

/** The words of any text that the scanner takes, a body of PL/pgSQL among them; none of one that it does not. */
export function scanWords(sql: string): readonly Word[] {
  try {
    return scanSync(sql)
      .tokens.filter(({ tokenName }) => !tokenName.endsWith("_COMMENT"))
      .map(({ text, tokenName }) => ({
        text,
        kind: wordKinds[tokenName] ?? (/^["\p{L}_]/u.test(text) ? "name" : "sign"),
      }));
  } catch {
    return [];
  }
}

/**
 * Parses the PL/pgSQL of a DO or CREATE FUNCTION statement.
 *
 * @param sql  The whole statement, which parseStatements has accepted.
 * @returns    libpg-query's tree of PLpgSQL nodes, or null when the body cannot be parsed.
 */
export function parsePlpgsql(sql: string): unknown {
  const { exitCode } = process;
  try {
    return parsePlPgSQLSync(sql);
  } catch {
    process.exitCode = exitCode;
    return null;
  }
}
