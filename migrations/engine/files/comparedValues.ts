/**
 * Constants with which the two files of a migration compare columns: the rows that their conditions are about. Rows made
 * for a proof take them over, so that a change of one row by its key meets a row.
 * Pure. Reads words, not meaning: a constant that does not fit its column is refused by the server. Does NOT make rows.
 */
import { scanWords, type Word } from "../sql/parser";
import type { MigrationFile } from "./file";

/** By the bare name of a column: values as texts, in the order of the files. */
export type ComparedValues = ReadonlyMap<string, readonly string[]>;

/** So many values of one column are looked at. */
const mostValues = 20;

const comparisons = new Set([
  "=",
  "<",
  ">",
  "<=",
  ">=",
  "~",
  "~*",
  "LIKE",
  "ILIKE",
  "BETWEEN",
  "IN",
]);

/** The value of a constant; null where the word is none. */
function constantOf({ text, kind }: Word): string | null {
  if (kind === "number") return text;
  if (kind !== "text") return null;
  const dollar = /^\$\w*\$/.exec(text)?.[0] ?? null;
  if (dollar !== null) return text.slice(dollar.length, -dollar.length);
  return text
    .replace(/^[EeNn]?'/, "")
    .slice(0, -1)
    .replaceAll("''", "'");
}

/** What a condition asks for: the constant itself, and what is on the other side of a bound. */
function valuesFor(sign: string, constant: string): readonly string[] {
  if (/LIKE$/.test(sign)) return [constant.replaceAll("%", "").replaceAll("_", "x")];
  if (sign.startsWith("~")) return [constant.replace(/^\^|\$$/g, "")];
  const number = Number(constant);
  if (!/^[<>]/.test(sign) || !Number.isFinite(number)) return [constant];
  return [constant, String(sign.startsWith("<") ? number - 1 : number + 1)];
}

/** Where a word stands: constants behind SET, and all of an INSERT, are what is written. */
type Place = "condition" | "set" | "insert";

/** Words that lead from one place to the next; MERGE has its rows in front of WHEN. */
const leads: { readonly [P in Place]: readonly (readonly [RegExp, Place])[] } = {
  condition: [
    [/^SET$/, "set"],
    [/^(INSERT|MERGE)$/, "insert"],
  ],
  set: [
    [/^(INSERT|MERGE)$/, "insert"],
    [/^(WHERE|FROM|RETURNING|ON|SELECT|DELETE|UPDATE|;|THEN|LOOP|BEGIN|WHEN)$/, "condition"],
  ],
  insert: [
    [/^SET$/, "set"],
    [/^(DELETE|UPDATE|WHEN|;)$/, "condition"],
  ],
};

/**
 * The words outside of CHECK (…): rows that a new constraint would not take are not there when it is added, or it could
 * not be.
 */
function withoutChecks(words: readonly Word[]): readonly Word[] {
  let depth = 0;
  let isCheck = false;
  return words.filter(({ text }, index) => {
    if (!isCheck && text === "(" && words[index - 1]?.text.toUpperCase() === "CHECK")
      isCheck = true;
    if (!isCheck) return true;
    if (text === "(") depth += 1;
    if (text === ")") depth -= 1;
    isCheck = depth > 0;
    return false;
  });
}

class Reading {
  /** What a rollback writes was there before: that is what it brings back. */
  isForward = true;
  readonly compared = new Map<string, string[]>();
  readonly written = new Set<string>();
  /** Columns that are compared with other columns, and constants of VALUES lists that are read. */
  private readonly joined = new Set<string>();
  private readonly listed = new Set<string>();

  read(sql: string): void {
    const words = withoutChecks(scanWords(sql));
    let place: Place = "condition";
    for (const [index, word] of words.entries()) {
      const keyword = word.kind === "name" ? word.text.toUpperCase() : word.text;
      place = leads[place].find(([form]) => form.test(keyword))?.[1] ?? place;
      const constant = constantOf(word);
      if (constant !== null) {
        // A body, or text that is run.
        if (word.kind === "text" && /\s/.test(constant)) this.read(constant);
        if (place === "condition") this.listed.add(constant);
        else if (this.isForward) {
          this.written.add(words[index - 1]?.text === "-" ? `-${constant}` : constant);
        }
      }
      const isName = word.kind === "name" && keyword !== "NOT";
      if (place === "condition" && isName) this.compare(words, index);
    }
  }

  /** A name, perhaps with a cast, and behind it a comparison. */
  private compare(words: readonly Word[], index: number): void {
    if (words[index - 1]?.text === "::") return;
    const name = unquoted(words[index]?.text ?? "");
    let at = index + 1;
    while (words[at]?.text === "::") at += 2;
    if (words[at]?.text.toUpperCase() === "NOT") at += 1;
    const sign = words[at]?.text.toUpperCase() ?? "";
    if (!comparisons.has(sign)) return;
    at += 1;
    const isList = sign === "IN" || /^(ANY|SOME)$/i.test(words[at]?.text ?? "");
    if (words[at]?.kind === "name" && !isList) this.joined.add(name);
    for (let seen = 0; at < words.length && seen < (isList ? 200 : 4); at += 1, seen += 1) {
      const word = words[at];
      if (word === undefined || word.text === ")" || word.text === ";") return;
      const constant = constantOf(word);
      if (constant === null) {
        const next = words[at + 1];
        const isCast = next !== undefined && next.kind === "text";
        if (!isList && word.kind === "name" && sign !== "BETWEEN" && !isCast) return;
        continue;
      }
      const sense = words[at - 1]?.text === "-" ? `-${constant}` : constant;
      this.add(name, valuesFor(sign, sense));
      if (!isList && sign !== "BETWEEN") return;
    }
  }

  private add(name: string, values: readonly string[]): void {
    const before = this.compared.get(name) ?? [];
    this.compared.set(name, [...new Set([...before, ...values])].slice(0, mostValues));
  }

  /** Constants of lists that are read may stand for any column that is compared with another. */
  result(): ComparedValues {
    for (const name of this.joined) {
      if (!this.compared.has(name)) this.add(name, [...this.listed]);
    }
    return new Map(
      [...this.compared].flatMap(([name, values]) => {
        const left = values.filter((value) => !this.written.has(value));
        return left.length === 0 ? [] : [[name, left] as const];
      }),
    );
  }
}

const unquoted = (name: string): string =>
  name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase();

/**
 * The values with which a migration and its rollback compare columns. Left out are those that they write: rows with what a
 * migration is about to bring are not there before it. So are those of an index's WHERE, which changes no rows: rows that
 * it is about may be what the migration has yet to make possible.
 */
export function comparedValues({ segments, rollback }: MigrationFile): ComparedValues {
  const reading = new Reading();
  const readAll = (all: MigrationFile["segments"]): void => {
    for (const { statements } of all) {
      for (const { text, ledger, kind } of statements) {
        if (ledger === null && !kind.startsWith("CREATE INDEX")) reading.read(text);
      }
    }
  };
  readAll(segments);
  reading.isForward = false;
  readAll(rollback?.segments ?? []);
  return reading.result();
}
