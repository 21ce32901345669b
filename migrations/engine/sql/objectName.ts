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

/** A name as the key of a map; a name without a schema is another one than any with. */
export const nameKey = ({ schema, name }: ObjectName): string => JSON.stringify([schema, name]);

/** The name that nameKey has made a key of. */
export function nameOfKey(key: string): ObjectName {
  const [schema, name] = JSON.parse(key) as readonly [string | null, string];
  return { schema, name };
}

/** `schema.name`, or the name alone, as people read it: for SQL see sqlName. */
export const dottedName = ({ schema, name }: ObjectName): string =>
  schema === null ? name : `${schema}.${name}`;

/** A function's name without its arguments; any other name as it is. */
export const withoutArguments = (name: string): string => name.replace(/\(.*$/s, "");

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
