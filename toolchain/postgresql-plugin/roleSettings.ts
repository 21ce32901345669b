/**
 * Reads the settings PostgreSQL keeps with a role (`pg_roles.rolconfig`, lines of `name=value`). Pure.
 * Does NOT write them (see role). Source: PostgreSQL, "Setting Parameters" (units), "Identifiers" (lists).
 */

/** Milliseconds in each unit the server knows. */
const UNIT_MS: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * Returns the milliseconds of a timeout: `5000`, `5s`, `'1.5 min'`. A number without unit is milliseconds.
 *
 * @throws {RangeError} the text is no duration; the server would not have stored it.
 */
export function parseDurationMs(text: string): number {
  const match = /^\s*(\d+(?:\.\d*)?|\.\d+)\s*([a-z]*)\s*$/.exec(text);
  const unit = UNIT_MS[match?.[2] === "" ? "ms" : (match?.[2] ?? "")];
  if (match === null || unit === undefined)
    throw new RangeError(`${JSON.stringify(text)} is not a duration`);
  return Math.round(Number(match[1]) * unit);
}

/**
 * Returns the names in a list such as `app, "$user", "a ""b"", c"`: unquoted ones folded to lower case, as the server
 * folds them. An empty list has no names.
 *
 * @throws {RangeError} a quote is not closed, or something follows a closing quote.
 */
export function parseNameList(text: string): readonly string[] {
  if (text.trim() === "") return [];
  const names: string[] = [];
  const item = /\s*(?:"((?:[^"]|"")*)"|([^",]*?))\s*(,|$)/y;
  for (;;) {
    const match = item.exec(text);
    if (match === null) throw new RangeError(`${JSON.stringify(text)} is not a list of names`);
    names.push(match[1]?.replaceAll('""', '"') ?? (match[2] ?? "").toLowerCase());
    if (match[3] !== ",") return names;
  }
}

/** The four settings a Role resource has. */
export interface RoleSettings {
  readonly searchPaths: readonly string[];
  /** 0: not set, or set to no limit. */
  readonly statementTimeout: number;
  readonly idleInTransactionSessionTimeout: number;
  /** "": not set. */
  readonly assumeRole: string;
}

/** Reads the settings out of `rolconfig`; null is a role without any. */
export function parseRoleSettings(lines: readonly string[] | null): RoleSettings {
  const values = new Map(
    (lines ?? []).map((line): [string, string] => {
      const separator = line.indexOf("=");
      return [line.slice(0, separator), line.slice(separator + 1)];
    }),
  );
  return {
    searchPaths: parseNameList(values.get("search_path") ?? ""),
    statementTimeout: parseDurationMs(values.get("statement_timeout") ?? "0"),
    idleInTransactionSessionTimeout: parseDurationMs(
      values.get("idle_in_transaction_session_timeout") ?? "0",
    ),
    assumeRole: values.get("role") ?? "",
  };
}
