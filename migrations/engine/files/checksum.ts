/**
 * The checksum of SQL text: the same whatever the line endings and with or without a BOM.
 * Does NOT decide which part of a file is hashed (see file).
 */
import { createHash } from "node:crypto";

/** Removes a leading byte order mark and turns CRLF into LF. A lone CR stays: it may be data. */
export function normaliseText(text: string): string {
  const withoutMark = text.startsWith("\ufeff") ? text.slice(1) : text;
  return withoutMark.replaceAll("\r\n", "\n");
}

/** Returns `sha256:` and 64 hexadecimal digits of the normalised text's UTF-8 bytes. */
export function checksumOf(sql: string): string {
  return `sha256:${createHash("sha256").update(normaliseText(sql), "utf8").digest("hex")}`;
}
