/**
 * Names of objects as SQL gives them, and which kinds of object share theirs.
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

/** Kinds of object that are relations: within a schema they share their names. */
const relationKinds = [
  "table",
  "foreign table",
  "view",
  "materialized view",
  "index",
  "sequence",
] as const;

/** What ALTER TABLE and its kin are written for: a composite type is altered as a relation is. */
export type RelationKind = (typeof relationKinds)[number] | "type";

/** True for a kind of object that is a relation. */
export const isRelation = (kind: string): kind is (typeof relationKinds)[number] =>
  relationKinds.some((one) => one === kind);
