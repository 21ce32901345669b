/**
 * Reads the comment that makes an UPDATE or DELETE run in batches: `-- batch rows=10000 target=500ms pause=0ms`.
 * Pure. Does NOT look at the statement below it (see batchStatement.ts).
 */

/** How to go through the table. psql does not know it: there the statement runs whole. */
export interface BatchDirective {
  /** Rows looked at in one round, about. */
  readonly rows: number;
  /** How long one round should keep its row locks, in milliseconds. */
  readonly targetMs: number;
  /** Rest between two rounds, in milliseconds. */
  readonly pauseMs: number;
}

export type ParsedDirective =
  | { readonly directive: BatchDirective }
  | {
      readonly problem: string;
      readonly hint: string;
      /** Which line of the comment, from 0. */
      readonly line: number;
    };

const defaultDirective: BatchDirective = { rows: 10_000, targetMs: 500, pauseMs: 0 };

/** A comment line that means to be the directive. */
const directiveLine = /^--\s*batch(?:\s+(.*))?$/i;

const form = "-- batch rows=10000 target=500ms pause=0ms";

interface Option {
  readonly field: keyof BatchDirective;
  readonly least: number;
  readonly most: number;
  readonly isDuration: boolean;
}

const options: Readonly<Record<string, Option>> = {
  rows: { field: "rows", least: 1, most: 1_000_000, isDuration: false },
  target: { field: "targetMs", least: 10, most: 60_000, isDuration: true },
  pause: { field: "pauseMs", least: 0, most: 60_000, isDuration: true },
};

function readOption(word: string): { field: keyof BatchDirective; value: number } | string {
  const [, name = "", text = ""] = /^([a-z]+)=(.*)$/.exec(word) ?? [];
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  if (option === undefined) return `"${word}" is none of rows=…, target=…, pause=….`;
  const [, digits, unit] = /^(\d{1,9})(ms|s)?$/.exec(text) ?? [];
  if (digits === undefined || (unit !== undefined) !== option.isDuration) {
    const example = option.isDuration ? "a time such as 500ms or 2s" : "a whole number";
    return `${name} takes ${example}, not "${text}".`;
  }
  const value = Number(digits) * (unit === "s" ? 1_000 : 1);
  if (value < option.least || value > option.most) {
    const unitOf = option.isDuration ? " ms" : "";
    return `${name} is from ${option.least} to ${option.most}${unitOf}, not ${value}.`;
  }
  return { field: option.field, value };
}

/**
 * Reads a statement's comment.
 *
 * @param comment  The `--` lines directly above it, or null.
 * @returns        Null when there is no directive among them.
 */
export function parseBatchDirective(comment: string | null): ParsedDirective | null {
  const lines = (comment ?? "").split("\n");
  const found = lines.flatMap((text, line) => {
    const match = directiveLine.exec(text.trim());
    return match === null ? [] : [{ line, words: (match[1] ?? "").split(/\s+/).filter(Boolean) }];
  });
  const [first, second] = found;
  if (first === undefined) return null;
  const problem = (text: string, line = first.line): ParsedDirective => ({
    problem: `the batch directive cannot be read: ${text}`,
    hint: `write ${form}, each part only once and only if needed; start an ordinary comment with another word.`,
    line,
  });
  if (second !== undefined) return problem("it stands there twice.", second.line);
  const directive = { ...defaultDirective };
  const seen = new Set<string>();
  for (const word of first.words) {
    const option = readOption(word);
    if (typeof option === "string") return problem(option);
    if (seen.has(option.field)) return problem(`"${word}" is given twice.`);
    seen.add(option.field);
    directive[option.field] = option.value;
  }
  return { directive };
}
