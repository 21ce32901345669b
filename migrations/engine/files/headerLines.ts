/**
 * Reads the comment block at the top of a migration into raw fields with their lines, and says where
 * the block ends. Does NOT check any value (see header).
 */

/** A field or a bullet as written. */
export interface RawField {
  readonly value: string;
  /** 1-based. */
  readonly line: number;
}

/** A field of its own line, or a block (DESCRIPTION, IMPACT …) with what stands below it. */
interface RawEntry extends RawField {
  readonly name: string;
  /** `- text` lines below, each with its continuation lines. */
  readonly bullets: readonly RawField[];
}

export interface HeaderLines {
  readonly entries: readonly RawEntry[];
  /** Index in the text where the SQL behind the header block begins. */
  readonly end: number;
  /** Line of the block's last rule; 0 when there is no header block. */
  readonly lastLine: number;
}

/** A comment line of only = or - signs. */
export const ruleLine = /^--[ \t]*={8,}[ \t]*$/;
/** The titles of the sections of a forward file, between two rules. */
export const sectionTitle = /^--[ \t]*(PRE-FLIGHT CHECKS|MIGRATION|POST-FLIGHT VALIDATION)[ \t]*$/;

const fieldLine = /^--[ ]?([A-Z][A-Z ]*):(.*)$/;
const bulletLine = /^--[ \t]+-[ \t]+(.*)$/;

interface Line {
  readonly text: string;
  readonly number: number;
  readonly end: number;
}

/** The comment and blank lines before the first SQL; stops there, so that big files cost nothing. */
function leadingComments(text: string): readonly Line[] {
  const lines: Line[] = [];
  for (let at = 0; at < text.length;) {
    const newline = text.indexOf("\n", at);
    const end = newline === -1 ? text.length : newline + 1;
    const line = text.slice(at, end).trimEnd();
    if (line !== "" && !line.startsWith("--")) break;
    lines.push({ text: line, number: lines.length + 1, end });
    at = end;
  }
  return lines;
}

/** A field while its lines are gathered; joined at the end, so that long ones stay cheap. */
interface OpenField {
  readonly parts: string[];
  readonly line: number;
}
interface OpenEntry extends OpenField {
  readonly name: string;
  readonly bullets: OpenField[];
}

const closeField = ({ parts, line }: OpenField): RawField => ({
  value: parts.join(" ").trim(),
  line,
});

function readEntries(lines: readonly Line[]): readonly RawEntry[] {
  const entries: OpenEntry[] = [];
  for (const { text, number } of lines) {
    if (ruleLine.test(text)) continue;
    const [, name, value] = fieldLine.exec(text) ?? [];
    if (name !== undefined && value !== undefined) {
      entries.push({ name: name.trim(), parts: [value.trim()], line: number, bullets: [] });
      continue;
    }
    const current = entries.at(-1);
    const more = text.replace(/^--/, "").trim();
    if (current === undefined || more === "") continue;
    const bullet = bulletLine.exec(text)?.[1];
    if (bullet === undefined) (current.bullets.at(-1) ?? current).parts.push(more);
    else current.bullets.push({ parts: [bullet.trim()], line: number });
  }
  return entries.map((entry) => ({
    name: entry.name,
    ...closeField(entry),
    bullets: entry.bullets.map(closeField),
  }));
}

/**
 * Finds the header block: from the top to the last rule before the first section banner or the SQL.
 *
 * @param text  LF-normalised file.
 */
export function readHeaderLines(text: string): HeaderLines {
  const lines = leadingComments(text);
  const title = lines.findIndex((line) => sectionTitle.test(line.text));
  // The rule above a section's title belongs to the section.
  const block = title === -1 ? lines : lines.slice(0, Math.max(0, title - 1));
  const lastRule = block.findLastIndex((line) => ruleLine.test(line.text));
  const header = block.slice(0, lastRule + 1);
  const last = header.at(-1);
  return {
    entries: readEntries(header),
    end: last?.end ?? 0,
    lastLine: last?.number ?? 0,
  };
}
