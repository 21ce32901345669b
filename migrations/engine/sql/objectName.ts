/**
 * Names of objects as SQL gives them. Types only.
 * Does NOT quote (see sqlText) or look anything up.
 */

/** Unquoted, as the SQL has it. */
export interface ObjectName {
  /** Null where the SQL names none: the search path decides. */
  readonly schema: string | null;
  readonly name: string;
}

/** An object by its unquoted names. `schema` is null where the SQL names none. */
export interface ObjectRef {
  /** Lower case, as in SQL: "table", "view", "materialized view", "index", "sequence", "type", "function", "schema". */
  readonly kind: string;
  readonly schema: string | null;
  /** Of functions with their argument types where the SQL gives them: `f(integer, text)`. */
  readonly name: string;
}
