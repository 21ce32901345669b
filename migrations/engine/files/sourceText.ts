/**
 * Bytes of a file to text that may be parsed: size, encoding and characters that never belong in SQL.
 * Does NOT read the file and does not look at the SQL.
 */
import type { Problem } from "../../../stack/errors";
import { normaliseText } from "./checksum";

/** Larger files are refused unread. Below it, maxParserLoad in parser.ts is the other limit. */
export const maxFileBytes = 20 * 1024 * 1024;

/**
 * Characters that make text look different from what runs: bidirectional overrides and isolates, line ends that end no
 * comment (NEL, U+2028, U+2029), and letters of no width. The joiners U+200C and U+200D belong to scripts and emoji.
 */
const hiddenCharacter = /[\u202a-\u202e\u2066-\u2069\u0085\u2028\u2029\u200b\u2060\ufeff\u00ad]/u;

/** Text with LF line ends and no BOM, or what is wrong with the bytes. */
export type SourceText =
  { readonly text: string } | { readonly problems: readonly [Problem, ...Problem[]] };

/** 1-based line of a byte offset. */
function lineOfByte(bytes: Buffer, offset: number): number {
  let line = 1;
  for (let at = bytes.indexOf(10); at !== -1 && at < offset; at = bytes.indexOf(10, at + 1)) {
    line += 1;
  }
  return line;
}

/** The offset of the first byte that is not UTF-8: where re-encoding first differs. */
function firstInvalidByte(bytes: Buffer): number {
  const again = Buffer.from(bytes.toString("utf8"), "utf8");
  for (let at = 0; at < bytes.length; at += 1) if (bytes[at] !== again[at]) return at;
  return bytes.length;
}

/** The problem of a file above the limit; also used before a file is read. */
export function fileTooLarge(file: string, size: number): Problem {
  return {
    code: "FILE_TOO_LARGE",
    file,
    line: null,
    message: `the file has ${size} bytes; the limit is ${maxFileBytes}.`,
    hint: "load bulk data outside the migration, or split it into several migrations.",
  };
}

/**
 * Decodes a file.
 *
 * @param file   Name for messages.
 * @param bytes  The file as it is on disk; CRLF and a UTF-8 BOM are accepted.
 */
export function decodeSource(file: string, bytes: Buffer): SourceText {
  const refuse = (
    code: string,
    line: number | null,
    message: string,
    hint: string,
  ): SourceText => ({
    problems: [{ code, file, line, message, hint }],
  });
  if (bytes.length > maxFileBytes) return { problems: [fileTooLarge(file, bytes.length)] };
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return refuse(
      "INVALID_UTF8",
      1,
      "the file is UTF-16, not UTF-8.",
      'save it as "UTF-8" in the editor.',
    );
  }
  const nul = bytes.indexOf(0);
  if (nul !== -1) {
    return refuse(
      "NUL_BYTE",
      lineOfByte(bytes, nul),
      "the file holds a NUL byte; PostgreSQL would ignore everything behind it.",
      "remove the byte; is this really a text file?",
    );
  }
  let decoded: string;
  try {
    decoded = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const at = firstInvalidByte(bytes);
    return refuse(
      "INVALID_UTF8",
      lineOfByte(bytes, at),
      `byte ${at + 1} (0x${(bytes[at] ?? 0).toString(16).padStart(2, "0")}) is not UTF-8.`,
      "save the file as UTF-8; it was probably written as Latin-1 or Windows-1252.",
    );
  }
  const text = normaliseText(decoded);
  const hidden = hiddenCharacter.exec(text);
  if (hidden !== null) {
    const codePoint = hidden[0].codePointAt(0) ?? 0;
    return refuse(
      "HIDDEN_CHARACTER",
      text.slice(0, hidden.index).split("\n").length,
      `the character U+${codePoint.toString(16).toUpperCase()} makes the text look different from what runs.`,
      "remove it, or write it as an escape: U&'\\202E'.",
    );
  }
  return { text };
}
