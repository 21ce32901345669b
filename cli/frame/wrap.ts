/**
 * Breaks long lines between words, so that they fit a terminal of a hundred columns. Pure.
 * Does NOT break a word, nor a command that is to be pasted: that goes on behind a backslash.
 */

/** Widest a line of output is, in characters. */
export const lineWidth = 100;

const length = (text: string): number => Array.from(text).length;

/** Beginnings of what a shell is to read. */
const command = /^(npx|make|pulumi|ddl|git|psql|rm|sed|export) /;

/** Labels that the text behind them is aligned with: `Why:  …`, `Do:   …`, `L12 assumed: …`. */
const label = /^(Why:|Do:|Hint:|error:|warning:)\s+/;

/**
 * The lines of a text, none wider than `width` unless a single word is.
 *
 * @param width  In characters.
 */
export function wrapped(text: string, width: number = lineWidth): readonly string[] {
  return text.split("\n").flatMap((line) => wrappedLine(line, width));
}

/** The same as one text. */
export const wrap = (text: string, width: number = lineWidth): string =>
  wrapped(text, width).join("\n");

function wrappedLine(line: string, width: number): readonly string[] {
  if (length(line) <= width) return [line];
  const indent = /^\s*/.exec(line)?.[0] ?? "";
  const rest = line.slice(indent.length);
  const isCommand = command.test(rest);
  const hanging = indent + " ".repeat(isCommand ? 2 : (label.exec(rest)?.[0].length ?? 2));
  const room = isCommand ? width - 2 : width;
  const lines: string[] = [];
  let current = indent;
  let isFresh = true;
  // Runs of blanks stay as they are inside a line: they may align something.
  for (const word of rest.split(/(?<=\s)(?=\S)/)) {
    if (!isFresh && length(current + word.trimEnd()) > room) {
      lines.push(current.trimEnd() + (isCommand ? " \\" : ""));
      current = hanging;
    }
    current += word;
    isFresh = false;
  }
  return [...lines, current.trimEnd()];
}
