/**
 * Every kind of object that privileges can be given on: its words in GRANT and ALTER, and its code in acldefault.
 * Pure data. Does NOT say who may do what (privileges.ts) or where a kind is read (catalogSources.ts).
 */
import type { ObjectKind } from "./vocabulary";

export interface KindWords {
  /** After ON, in GRANT and REVOKE. */
  readonly grant: string;
  /** After ALTER, in OWNER TO; null: it has no owner of its own. */
  readonly alter: string | null;
  /** First argument of acldefault. */
  readonly code: string;
}

const relation = (alter: string): KindWords => ({ grant: "TABLE", alter, code: "r" });

export const objectKinds: Readonly<Record<ObjectKind, KindWords>> = {
  database: { grant: "DATABASE", alter: "DATABASE", code: "d" },
  schema: { grant: "SCHEMA", alter: "SCHEMA", code: "n" },
  table: relation("TABLE"),
  "partitioned table": relation("TABLE"),
  "foreign table": relation("FOREIGN TABLE"),
  view: relation("VIEW"),
  "materialized view": relation("MATERIALIZED VIEW"),
  column: { grant: "TABLE", alter: null, code: "c" },
  sequence: { grant: "SEQUENCE", alter: "SEQUENCE", code: "s" },
  function: { grant: "FUNCTION", alter: "FUNCTION", code: "f" },
  procedure: { grant: "PROCEDURE", alter: "PROCEDURE", code: "f" },
  type: { grant: "TYPE", alter: "TYPE", code: "T" },
  language: { grant: "LANGUAGE", alter: "LANGUAGE", code: "l" },
  "foreign-data wrapper": {
    grant: "FOREIGN DATA WRAPPER",
    alter: "FOREIGN DATA WRAPPER",
    code: "F",
  },
  server: { grant: "FOREIGN SERVER", alter: "SERVER", code: "S" },
  tablespace: { grant: "TABLESPACE", alter: "TABLESPACE", code: "t" },
  "large object": { grant: "LARGE OBJECT", alter: "LARGE OBJECT", code: "L" },
  parameter: { grant: "PARAMETER", alter: null, code: "p" },
};

/** Types of pg_identify_object that SQL calls otherwise. It wants (*) of some aggregates, but not of them as routines. */
const otherWords: Readonly<Record<string, string>> = {
  aggregate: "ROUTINE",
  "window function": "FUNCTION",
  "foreign-data wrapper": "FOREIGN DATA WRAPPER",
  "statistics object": "STATISTICS",
  "composite type": "TYPE",
};

/** The words for a type of pg_identify_object, as they stand in ALTER and in ALTER EXTENSION … DROP. */
export const wordsOf = (type: string): string => otherWords[type] ?? type.toUpperCase();
