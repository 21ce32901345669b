/**
 * SQL for remedies that names what a case is about: keys, types and expressions, in the author's words where the statement
 * has them. What stands in a remedy as SQL can be pasted; where something is not known, words stand in its place.
 * Pure. Does NOT judge (see the rules).
 */
import type { ObjectName } from "../../sql/objectName";
import { scanTokens } from "../../sql/parser";
import { quoted, sqlName } from "../../sql/sqlText";
import type { TypeRef } from "../../statements/tableOperation";
import type { Subject } from "./subject";

/** The statement on one line and whole: what is pasted is not cut. */
export const flat = (sql: string): string => sql.replace(/\s+/g, " ").trim();

/** Columns that tell the rows of a table apart, as the earlier files have made it; null where none are known. */
export function keyOf(subject: Subject, table: ObjectName): readonly string[] | null {
  const relation = subject.before.relation(table);
  const keys = (relation?.constraints ?? []).filter(
    ({ type, columns }) => (type === "primary key" || type === "unique") && columns.length > 0,
  );
  const key = keys.find(({ type }) => type === "primary key") ?? keys[0];
  return key?.columns ?? null;
}

/** The copy that keeps a column of every row, or words where the table has no key. */
export function archiveStatement(subject: Subject, table: ObjectName, column: string): string {
  const archive = sqlName({ ...table, name: `${table.name}_${column}_archive` });
  const key = keyOf(subject, table);
  // Without a key only the whole row tells which one it is.
  const columns = key === null ? "*" : [...key, column].map(quoted).join(", ");
  return `CREATE TABLE ${archive} AS SELECT ${columns} FROM ${sqlName(table)};`;
}

/** PostgreSQL's inner names of types that SQL calls otherwise. */
const usualNames: Readonly<Record<string, string>> = {
  int2: "SMALLINT",
  int4: "INTEGER",
  int8: "BIGINT",
  bool: "BOOLEAN",
  float4: "REAL",
  float8: "DOUBLE PRECISION",
  bpchar: "CHAR",
  varchar: "VARCHAR",
  numeric: "NUMERIC",
  text: "TEXT",
  uuid: "UUID",
  json: "JSON",
  jsonb: "JSONB",
  date: "DATE",
  time: "TIME",
  timetz: "TIMETZ",
  timestamp: "TIMESTAMP",
  timestamptz: "TIMESTAMPTZ",
  interval: "INTERVAL",
  bytea: "BYTEA",
  inet: "INET",
};

/** The numbers of these are no numbers in SQL. */
const unspoken = new Set(["interval", "bit", "varbit"]);

/** A type as SQL writes it. */
export function typeSql({ schema, name, modifiers, isArray }: TypeRef): string {
  const isOwn = schema !== null && schema !== "pg_catalog";
  const usual = isOwn ? undefined : usualNames[name];
  const base = usual ?? sqlName({ schema: isOwn ? schema : null, name });
  const numbers =
    modifiers === null || modifiers.length === 0 || unspoken.has(name)
      ? ""
      : `(${modifiers.join(", ")})`;
  return `${base}${numbers}${isArray ? "[]" : ""}`;
}

/** What ends an expression in a list of column constraints. */
const endsExpression = new Set([
  ...["NOT", "NULL", "CHECK", "CONSTRAINT", "UNIQUE", "PRIMARY", "REFERENCES", "COLLATE"],
  ...[",", ")"],
]);

/** The text between a word of the statement and the end of the expression behind it, from a place on; null for none. */
function expressionBehind(sql: string, word: string, from: number): string | null {
  const bytes = Buffer.from(sql, "utf8");
  const tokens = scanTokens(sql).filter(({ start }) => start >= from);
  const at = tokens.findIndex(({ mark }) => mark === word);
  const first = tokens[at + 1];
  if (at < 0 || first === undefined) return null;
  let depth = 0;
  let end = first.start;
  for (const token of tokens.slice(at + 1)) {
    const isEnd = depth === 0 && token.mark !== null && endsExpression.has(token.mark);
    if (isEnd && token !== first) break;
    if (token.mark === "(" || token.mark === "[") depth += 1;
    if (token.mark === ")" || token.mark === "]") depth -= 1;
    end = token.end;
    // A CHECK's condition is what its brackets hold.
    if (word === "CHECK" && depth === 0) break;
  }
  return flat(bytes.toString("utf8", first.start, end));
}

/** Byte place of a name in a statement, 0 where it is not found. */
function placeOf(sql: string, name: string): number {
  const bytes = Buffer.from(sql, "utf8");
  const token = scanTokens(sql).find(
    ({ start, end }) =>
      bytes
        .toString("utf8", start, end)
        .replace(/^"(.*)"$/s, "$1")
        .toLowerCase() === name.toLowerCase(),
  );
  return token?.start ?? 0;
}

/** The DEFAULT of a column as its statement writes it; null for none. */
export const defaultText = (sql: string, column: string): string | null =>
  expressionBehind(sql, "DEFAULT", placeOf(sql, column));

/** The condition of a CHECK with its brackets, of the constraint or column of that name; null where it is not found. */
export const checkText = (sql: string, name: string | null): string | null =>
  expressionBehind(sql, "CHECK", name === null ? 0 : placeOf(sql, name));
