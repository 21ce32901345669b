/**
 * Makes texts that a regular expression of a CHECK matches. Pure.
 * Does NOT know all of PostgreSQL's syntax: of what it does not know it makes nothing, and the server judges every text.
 */

/** What can be written in one place; a text is put together of one choice for each. */
type Part =
  | { readonly kind: "one of"; readonly letters: string }
  | { readonly kind: "either"; readonly ways: readonly (readonly Repeated[])[] };

interface Repeated {
  readonly part: Part;
  readonly least: number;
  readonly most: number;
}

const digits = "0123456789";
const lower = "abcdefghijklmnopqrstuvwxyz";
const word = `${lower}${digits}`;
const classes: Readonly<Record<string, string>> = { d: digits, w: word, s: " ", S: word, D: lower };
const named: Readonly<Record<string, string>> = {
  ...{ digit: digits, alpha: lower, alnum: word, lower, upper: lower.toUpperCase() },
  ...{ xdigit: `${digits}abcdef`, space: " ", word },
};
/** More often than it must be, at most. */
const mostMore = 4;

class UnknownSyntax extends Error {}

class Reader {
  private at = 0;

  constructor(private readonly text: string) {}

  ways(): readonly (readonly Repeated[])[] {
    const ways: Repeated[][] = [[]];
    while (this.at < this.text.length && this.peek() !== ")") {
      const letter = this.next();
      if (letter === "|") {
        ways.push([]);
        continue;
      }
      if (letter === "^" || letter === "$") continue;
      const part = this.part(letter);
      ways.at(-1)?.push({ part, ...this.times() });
    }
    return ways;
  }

  get isAtEnd(): boolean {
    return this.at >= this.text.length;
  }

  private peek(): string {
    return this.text[this.at] ?? "";
  }

  private next(): string {
    return this.text[this.at++] ?? "";
  }

  private part(letter: string): Part {
    if (letter === "[") return { kind: "one of", letters: this.letters() };
    if (letter === ".") return { kind: "one of", letters: word };
    if (letter === "\\") {
      const escaped = this.next();
      return { kind: "one of", letters: classes[escaped] ?? escaped };
    }
    if (letter !== "(") return { kind: "one of", letters: letter };
    if (this.peek() === "?") {
      this.next();
      if (this.next() !== ":") throw new UnknownSyntax();
    }
    const ways = this.ways();
    if (this.next() !== ")") throw new UnknownSyntax();
    return { kind: "either", ways };
  }

  /** Of a bracket expression. What it excludes is tried with letters and digits. */
  private letters(): string {
    const isWithout = this.peek() === "^";
    if (isWithout) this.next();
    let found = "";
    for (let isFirst = true; this.peek() !== "]" || isFirst; isFirst = false) {
      if (this.isAtEnd) throw new UnknownSyntax();
      const letter = this.next();
      if (letter === "[" && this.peek() === ":") {
        const end = this.text.indexOf(":]", this.at);
        found += named[this.text.slice(this.at + 1, end)] ?? "";
        this.at = end + 2;
      } else if (letter === "\\") {
        const escaped = this.next();
        found += classes[escaped] ?? escaped;
      } else if (this.peek() === "-" && this.text[this.at + 1] !== "]") {
        this.next();
        const last = this.next().charCodeAt(0);
        for (let code = letter.charCodeAt(0); code <= last; code += 1) {
          found += String.fromCharCode(code);
        }
      } else found += letter;
    }
    this.next();
    const kept = isWithout
      ? Array.from(word)
          .filter((one) => !found.includes(one))
          .join("")
      : found;
    if (kept === "") throw new UnknownSyntax();
    return kept;
  }

  private times(): { readonly least: number; readonly most: number } {
    const rest = this.text.slice(this.at);
    const [found, least, comma, most] = /^\{(\d+)(,?)(\d*)\}\??/.exec(rest) ?? [];
    if (found !== undefined) {
      this.at += found.length;
      const from = Number(least);
      const to = comma === "" ? from : most === "" ? from + mostMore : Number(most);
      return { least: from, most: to };
    }
    const sign = /^[*+?]\??/.exec(rest)?.[0] ?? "";
    this.at += sign.length;
    const least1 = sign.startsWith("+") || sign === "" ? 1 : 0;
    return { least: least1, most: sign === "" || sign.startsWith("?") ? 1 : least1 + mostMore };
  }
}

/**
 * The number-th text that the pattern matches, as far as it can be told; null where its syntax is not known.
 *
 * @param pattern  As in `column ~ 'pattern'`.
 * @param number   From 0. Others give other texts, where the pattern leaves a choice.
 */
export function textOfPattern(pattern: string, number: number): string | null {
  let left = number;
  /** One of so many, from what is left of the number. */
  const choose = (count: number): number => {
    const chosen = left % count;
    left = Math.floor(left / count);
    return chosen;
  };
  const write = (parts: readonly Repeated[]): string => {
    // The last places differ first, as in a number.
    let text = "";
    for (const { part, least, most } of parts.toReversed()) {
      const times = least + choose(Math.max(1, Math.min(most - least, mostMore) + 1));
      for (let count = 0; count < times; count += 1) {
        text =
          part.kind === "one of"
            ? (part.letters[choose(part.letters.length)] ?? "") + text
            : write(part.ways[choose(part.ways.length)] ?? []) + text;
      }
    }
    return text;
  };
  try {
    const reader = new Reader(pattern);
    const ways = reader.ways();
    if (!reader.isAtEnd) return null;
    return write(ways[choose(ways.length)] ?? []);
  } catch (error) {
    if (error instanceof UnknownSyntax) return null;
    throw error;
  }
}
