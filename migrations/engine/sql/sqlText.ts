/**
 * SQL in remedies: names quoted where they need it, and the author's own statement in another form.
 * Does NOT make SQL that this program runs.
 */
import { scanSync } from "libpg-query";

import { cutBetweenWords } from "../../../stack/cutText";
import type { ObjectName } from "./objectName";

const plainName = /^[a-z_][a-z0-9_$]*$/;

/** Keyword kinds of PostgreSQL's scanner that need no quotes as a name: none, and unreserved. */
const harmless = new Set([0, 1]);

/** Asking the scanner is dear, and the same few names come up again and again. */
const written = new Map<string, string>();

/** The name as it must be written in SQL. */
export function quoted(name: string): string {
  const before = written.get(name);
  if (before !== undefined) return before;
  const isPlain =
    plainName.test(name) &&
    scanSync(name).tokens.every(({ keywordKind }) => harmless.has(keywordKind));
  const text = isPlain ? name : `"${name.replaceAll('"', '""')}"`;
  written.set(name, text);
  return text;
}

/** `schema.name`, each part quoted where needed. Arguments of a function stay as they are. */
export function sqlName({ schema, name }: ObjectName): string {
  const [, base = name, rest = ""] = /^([^(]*)(\(.*\))$/s.exec(name) ?? [];
  return `${schema === null ? "" : `${quoted(schema)}.`}${quoted(base)}${rest}`;
}

/** A text constant. */
export const sqlText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

const shownCharacters = 160;

/** The statement on one line, cut where it is long. */
export function oneLine(sql: string): string {
  const line = sql.replace(/\s+/g, " ").trim();
  return line.length <= shownCharacters ? line : `${cutBetweenWords(line, shownCharacters)} …`;
}
