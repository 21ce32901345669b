/**
 * Columns that a statement gives another type, with the text of the type and of its USING: what the server is asked, before
 * it runs, how many values would not come back.
 * Pure. Does NOT ask the server (see narrowing.ts).
 */
import { typeFault } from "../gate/input/valueLoss";
import type { SchemaModel } from "../schema/schemaModel";
import { isHarmless } from "../sql/knownFunctions";
import type { ObjectName } from "../sql/objectName";
import { scanTokens } from "../sql/parser";
import type { Statement } from "../statements/statements";

export interface Retype {
  readonly table: ObjectName;
  readonly column: string;
  /** As the statement writes it: "varchar(3)". */
  readonly type: string;
  /** The expression behind USING; null for the column's own value. */
  readonly using: string | null;
  /** As it was judged: every value is kept. */
  readonly keepsAll: boolean;
}

interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** The clauses between commas that are in no parentheses, as words outside of parentheses. */
function clausesOf(sql: string): readonly (readonly Word[])[] {
  const bytes = Buffer.from(sql, "utf8");
  const clauses: Word[][] = [[]];
  let depth = 0;
  for (const { start, end } of scanTokens(sql)) {
    const text = bytes.toString("utf8", start, end);
    if (text === ")" || text === "]") depth -= 1;
    if (depth === 0 && text === ",") clauses.push([]);
    else if (depth === 0) clauses.at(-1)?.push({ text, start, end });
    if (text === "(" || text === "[") depth += 1;
  }
  return clauses;
}

const unquoted = (name: string): string =>
  name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase();

/** Type and USING of the clause that alters the column; null where none does. */
function textsOf(
  sql: string,
  column: string,
): { readonly type: string; readonly using: string | null } | null {
  const bytes = Buffer.from(sql, "utf8");
  for (const words of clausesOf(sql)) {
    const is = (at: number, word: string): boolean => words[at]?.text.toUpperCase() === word;
    const type = words.findIndex(
      ({ text }, at) =>
        text.toUpperCase() === "TYPE" &&
        unquoted(words[is(at - 1, "DATA") ? at - 3 : at - 1]?.text ?? "") === column,
    );
    if (type < 0) continue;
    const rest = words.slice(type + 1);
    const end = bytes.length;
    const using = rest.find(({ text }) => text.toUpperCase() === "USING");
    const stop = rest.find(({ text }) => /^(COLLATE|USING)$/i.test(text));
    const last = words.at(-1)?.end ?? end;
    const cut = (from: number, to: number): string => bytes.toString("utf8", from, to).trim();
    return {
      type: cut(words[type]?.end ?? 0, stop?.start ?? last),
      using: using === undefined ? null : cut(using.end, last),
    };
  }
  return null;
}

/** A function or operator that is not PostgreSQL's own and harmless: it would run once more to be counted. */
function isUnknown(call: string): boolean {
  const [, kind, rest = call] = /^(operator|type) (.*)$/s.exec(call) ?? [];
  if (kind === "type") return false;
  return kind === "operator" ? rest.includes(".") : !isHarmless(rest.split("."));
}

/** What a statement does to types of columns. Where USING calls functions that nobody knows, nothing is asked. */
export function retypesOf(statement: Statement, model: SchemaModel): readonly Retype[] {
  return statement.operations.flatMap((operation): readonly Retype[] => {
    if (operation.kind !== "alter table" || operation.relation !== "table") return [];
    const { command, table } = operation;
    if (command.kind !== "alter type" || command.calls.some(isUnknown)) return [];
    const texts = textsOf(statement.text, command.column);
    if (texts === null) return [];
    const old = model.relation(table)?.columns.get(command.column)?.type;
    const keepsAll = typeFault(model, old, command) === null;
    return [{ table, column: command.column, ...texts, keepsAll }];
  });
}
