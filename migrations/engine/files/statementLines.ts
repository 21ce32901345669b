/**
 * One short line per statement, for previews and resource inputs.
 * Does NOT hold the SQL itself: Pulumi's state stays small whatever the size of a file.
 */
import { cutBetweenWords } from "../../../stack/cutText";
import type { Statement } from "../statements/statements";
import { checksumOf } from "./checksum";
import type { Segment } from "./segments";

/** Characters of SQL that are looked at before blanks are collapsed: enough for any limit in use. */
const lookAhead = 4_096;
const digestLength = 8;

function describeStatement({ text, line }: Statement, limit: number): string {
  const collapsed = Array.from(text.slice(0, lookAhead).replace(/\s+/g, " ").trim());
  const isWhole = text.length <= lookAhead && collapsed.length <= limit;
  if (isWhole) return `L${line} ${collapsed.join("")}`;
  const digest = checksumOf(text).slice(0, "sha256:".length + digestLength);
  const shown = cutBetweenWords(collapsed.join(""), limit);
  return `L${line} ${shown} … [${Buffer.byteLength(text)} bytes ${digest}]`;
}

/**
 * Describes all statements of the segments, in order.
 *
 * @param limit  Characters of SQL shown; what is longer is cut, with its size and digest behind it. The engine cuts
 *               lines of a diff at 150 characters, so that digest would be lost beyond about this limit.
 * @returns      For example `L37 CREATE TABLE dagapp.jobs ( … [812 bytes sha256:1a2b3c4d]`.
 */
export function describeStatements(segments: readonly Segment[], limit = 105): readonly string[] {
  return segments.flatMap(({ statements }) =>
    statements.map((statement) => describeStatement(statement, limit)),
  );
}
