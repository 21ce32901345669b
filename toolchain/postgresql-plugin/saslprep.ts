/**
 * SASLprep as PostgreSQL does it: the text of a password that goes into a SCRAM verifier. Pure.
 * Does NOT refuse a password: what the profile forbids is used as it is, as the server and libpq do.
 * Source: RFC 4013; PostgreSQL, src/common/saslprep.c (which checks the mapped text before normalising it).
 */
import { MAPPED_TO_NOTHING, NON_ASCII_SPACE, PACKED_RANGES } from "./saslprepTables";

type Range = readonly [first: number, last: number];

function unpack(packed: string): readonly Range[] {
  const numbers = packed.split(" ").map((text) => Number.parseInt(text, 36));
  const ranges: Range[] = [];
  let last = 0;
  for (let index = 0; index + 1 < numbers.length; index += 2) {
    const first = last + (numbers[index] ?? 0);
    last = first + (numbers[index + 1] ?? 0);
    ranges.push([first, last]);
  }
  return ranges;
}

const REFUSED = unpack(PACKED_RANGES.refused);
const RIGHT_TO_LEFT = unpack(PACKED_RANGES.rightToLeft);
const LEFT_TO_RIGHT = unpack(PACKED_RANGES.leftToRight);

const isIn = (ranges: readonly Range[], codePoint: number): boolean =>
  ranges.some(([first, last]) => codePoint >= first && codePoint <= last);

/** A text with right-to-left letters may hold no left-to-right ones, and must begin and end with one of its own. */
function breaksDirectionRule(codePoints: readonly number[]): boolean {
  if (!codePoints.some((codePoint) => isIn(RIGHT_TO_LEFT, codePoint))) return false;
  const ends = [codePoints[0] ?? 0, codePoints[codePoints.length - 1] ?? 0];
  return (
    codePoints.some((codePoint) => isIn(LEFT_TO_RIGHT, codePoint)) ||
    ends.some((codePoint) => !isIn(RIGHT_TO_LEFT, codePoint))
  );
}

const isAscii = (text: string): boolean => Array.from(text).every((letter) => letter <= "\u007f");

/**
 * Returns the text PostgreSQL hashes for this password.
 *
 * @param password  Any text. ASCII comes back unchanged, control characters included.
 * @returns         The normalised text, or `password` itself where RFC 4013 forbids a code point in it.
 */
export function saslprep(password: string): string {
  if (isAscii(password)) return password;
  const mapped = password.replace(NON_ASCII_SPACE, " ").replace(MAPPED_TO_NOTHING, "");
  const codePoints = Array.from(mapped, (letter) => letter.codePointAt(0) ?? 0);
  const isRefused =
    codePoints.length === 0 ||
    codePoints.some((codePoint) => isIn(REFUSED, codePoint)) ||
    breaksDirectionRule(codePoints);
  return isRefused ? password : mapped.normalize("NFKC");
}
