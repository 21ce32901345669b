/**
 * A statement that makes one definition of another, and the words that all who write such statements share. Pure.
 * Does NOT know a kind of object, or in which order statements run (see order.ts).
 */

/** One SQL statement, without a semicolon. */
export interface Statement {
  readonly sql: string;
  /** It runs by itself, behind the transaction: CONCURRENTLY, VALIDATE CONSTRAINT. */
  readonly alone?: true;
  /** It throws rows, values or an object away. */
  readonly drops?: true;
}

/** Statements, or why there are none that would do. */
export type Written =
  | { readonly kind: "sql"; readonly statements: readonly Statement[] }
  | { readonly kind: "none"; readonly reason: string };

export const sql = (...statements: readonly (Statement | string)[]): Written => ({
  kind: "sql",
  statements: statements.map((one) => (typeof one === "string" ? { sql: one } : one)),
});

export const none = (reason: string): Written => ({ kind: "none", reason });

/** Nothing is to be done: another difference's statement brings it along. */
export const nothing: Written = sql();

export const dropping = (text: string): Statement => ({ sql: text, drops: true });
export const alone = (text: string): Statement => ({ sql: text, alone: true });

/** Both, one after the other; a reason why one cannot be written stands for both. */
export function joined(...parts: readonly Written[]): Written {
  const reason = parts.find((part) => part.kind === "none");
  if (reason !== undefined) return reason;
  return {
    kind: "sql",
    statements: parts.flatMap((part) => (part.kind === "sql" ? part.statements : [])),
  };
}

/** A text constant, under standard_conforming_strings. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/**
 * Sets or takes away a comment; nothing where both are the same.
 *
 * @param subject  What stands behind COMMENT ON: `TABLE dagapp.jobs`.
 */
export function commentSql(subject: string, from: string | null, to: string | null): Written {
  if (from === to) return nothing;
  return sql(`COMMENT ON ${subject} IS ${to === null ? "NULL" : literal(to)}`);
}

/** Storage parameters that are new or other, and those that are gone; `ALTER <subject>` takes both. */
export function optionsSql(
  subject: string,
  from: readonly string[],
  to: readonly string[],
): Written {
  const nameOf = (option: string): string => option.slice(0, option.indexOf("="));
  const set = to.filter((option) => !from.includes(option));
  const kept = new Set(to.map(nameOf));
  const gone = from.map(nameOf).filter((name) => !kept.has(name));
  return sql(
    ...(set.length === 0 ? [] : [`ALTER ${subject} SET (${set.map(optionText).join(", ")})`]),
    ...(gone.length === 0 ? [] : [`ALTER ${subject} RESET (${gone.join(", ")})`]),
  );
}

/** `fillfactor=70` as it is written in WITH and SET. */
function optionText(option: string): string {
  const at = option.indexOf("=");
  const value = option.slice(at + 1);
  return `${option.slice(0, at)} = ${/^[a-z0-9_.]+$/i.test(value) ? value : literal(value)}`;
}

export const withOptions = (options: readonly string[]): string =>
  options.length === 0 ? "" : ` WITH (${options.map(optionText).join(", ")})`;
