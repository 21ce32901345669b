/**
 * Turns the parser's failures into problems with a place, the offending text and what to do.
 * Does NOT parse.
 */
import type { Problem } from "../../../stack/errors";
import { maxOperatorRun, maxParserLoad, type ParserFailure } from "./parser";

interface TextPosition {
  readonly line: number;
  readonly column: number;
  /** Index in the JavaScript string. */
  readonly index: number;
  /** The line itself, cut to a readable width around the column. */
  readonly excerpt: string;
}

/** What is searched backwards for a COPY whose data follow it. */
const copyWindow = 4_000;
const excerptWidth = 80;

/** Finds a position that counts code points. */
function locate(text: string, codePoints: number): TextPosition {
  let index = 0;
  for (let left = codePoints; left > 0 && index < text.length; left -= 1) {
    index += (text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1;
  }
  let line = 1;
  for (let at = text.indexOf("\n"); at !== -1 && at < index; at = text.indexOf("\n", at + 1)) {
    line += 1;
  }
  const lineStart = index === 0 ? 0 : text.lastIndexOf("\n", index - 1) + 1;
  const lineBreak = text.indexOf("\n", index);
  const from = Math.max(lineStart, index - excerptWidth / 2);
  const to = Math.min(lineBreak === -1 ? text.length : lineBreak, from + excerptWidth);
  let column = 1;
  for (const character of text.slice(lineStart, index)) column += character === "" ? 0 : 1;
  return { line, column, index, excerpt: text.slice(from, to).trim() };
}

interface Wording {
  readonly code: string;
  readonly applies: (failure: ParserFailure, text: string, place: TextPosition) => boolean;
  readonly message: (failure: ParserFailure, place: TextPosition) => string;
  readonly hint: string;
}

const starts = (prefix: string) => (failure: ParserFailure) => failure.message.startsWith(prefix);
/** PostgreSQL repeats the whole rest of an unclosed text; cut it. */
const short = (message: string): string =>
  message.length > 120 ? `${message.slice(0, 117)}…` : message;

/** First match wins. */
const wordings: readonly Wording[] = [
  {
    code: "NUL_BYTE",
    applies: (failure) => failure.reason === "nul",
    message: () => "a NUL byte; PostgreSQL would ignore everything behind it.",
    hint: "remove the byte.",
  },
  {
    code: "OPERATOR_RUN",
    applies: (failure) => failure.reason === "operator run",
    message: () => `more than ${maxOperatorRun} of the characters +-*/<>=~!@#%^&|\`? in a row.`,
    hint: "shorten the line; PostgreSQL's scanner slows down without bound on such runs.",
  },
  {
    code: "SQL_TOO_LARGE",
    applies: (failure) => failure.reason === "too large",
    message: () =>
      `the SQL has more than ${maxParserLoad} words, literals and operators, or needs more memory than the parser has.`,
    hint: "load bulk data outside the migration, or split it into several migrations.",
  },
  {
    code: "SQL_TOO_DEEP",
    applies: (failure) => failure.reason === "too deep",
    message: () => "an expression is nested too deeply for the parser.",
    hint: "write long OR and + chains as IN (…), = ANY (…) or VALUES lists.",
  },
  {
    code: "UNCLOSED_DOLLAR_QUOTE",
    applies: starts("unterminated dollar-quoted"),
    message: (_failure, place) => `a dollar quote is never closed: ${place.excerpt}`,
    hint: "close it with exactly the tag that opened it ($$ … $$, $body$ … $body$).",
  },
  {
    code: "UNCLOSED_COMMENT",
    applies: starts("unterminated /* comment"),
    message: (_failure, place) => `a comment is never closed: ${place.excerpt}`,
    hint: "close it with */; comments nest in PostgreSQL, so each /* needs its own.",
  },
  {
    code: "UNCLOSED_QUOTE",
    applies: starts("unterminated "),
    message: (_failure, place) => `a quote is never closed: ${place.excerpt}`,
    hint: "close it; write a quote inside a quoted text twice ('it''s').",
  },
  {
    code: "PSQL_COMMAND",
    applies: (_failure, text, place) => text[place.index] === "\\",
    message: (_failure, place) => `psql command, not SQL: ${place.excerpt}`,
    hint: "remove it: a migration is plain SQL (\\set, \\i and \\copy exist in psql only).",
  },
  {
    code: "COPY_FROM_STDIN",
    applies: (_failure, text, place) =>
      /\bFROM\s+STDIN\b[^;]*;[^;]*$/i.test(
        text.slice(Math.max(0, place.index - copyWindow), place.index),
      ),
    message: () => "COPY … FROM STDIN reads data that only psql can send.",
    hint: "write the rows as INSERT … VALUES, or load them outside the migration.",
  },
  {
    code: "SYNTAX_ERROR",
    applies: (failure, text, place) =>
      /near "limit"/i.test(failure.message) &&
      /\b(update|delete)\b[^;]*$/i.test(
        text.slice(Math.max(0, place.index - copyWindow), place.index),
      ),
    message: (failure, place) => `${short(failure.message)}: ${place.excerpt}`,
    hint: "UPDATE and DELETE take no LIMIT in PostgreSQL: choose the rows by key, as in WHERE id IN (SELECT id … LIMIT n).",
  },
];

const otherwise: Omit<Wording, "applies"> = {
  code: "SYNTAX_ERROR",
  message: (failure, place) => `${short(failure.message)}: ${place.excerpt}`,
  hint: "correct the SQL; the parser is PostgreSQL's own, and stops at the first error of a file.",
};

/** Returns the problem that a failure of the parser is. */
export function explainParserFailure(file: string, text: string, failure: ParserFailure): Problem {
  const place = locate(text, failure.position);
  const wording = wordings.find((one) => one.applies(failure, text, place)) ?? otherwise;
  return {
    code: wording.code,
    file,
    line: place.line,
    column: place.column,
    message: wording.message(failure, place),
    hint: wording.hint,
  };
}
