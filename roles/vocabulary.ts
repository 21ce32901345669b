/**
 * The words of the rules: parties, kinds of object, places, privileges. Types only.
 * Does NOT hold a rule (see privileges.ts) or the kinds of roles (see stack/roleKinds.ts).
 */
import type { RoleParty } from "../stack/roleKinds";

/** The parties of the policy and those beside it; `public` is PostgreSQL's PUBLIC. */
export type Party = RoleParty | "public";

export type ObjectKind =
  | "database"
  | "schema"
  | "table"
  | "partitioned table"
  | "foreign table"
  | "view"
  | "materialized view"
  | "column"
  | "sequence"
  | "function"
  | "procedure"
  | "type"
  | "language"
  | "foreign-data wrapper"
  | "server"
  | "tablespace"
  | "large object"
  | "parameter";

/**
 * Where an object is: in a governed schema, or one of the few outside that the rules name. `elsewhere` is everything
 * else, extensions and the system's own included: no rule gives anything there, and what such an object was made with
 * is nobody's deviation.
 */
export type Place =
  "database" | "governed" | "public" | "ledger" | "events" | "runner lock" | "elsewhere";

export type Privilege =
  | "CONNECT"
  | "TEMPORARY"
  | "CREATE"
  | "USAGE"
  | "SELECT"
  | "INSERT"
  | "UPDATE"
  | "DELETE"
  | "TRUNCATE"
  | "REFERENCES"
  | "TRIGGER"
  | "MAINTAIN"
  | "EXECUTE";

/** What a party may do on objects of some kinds in one place. Whatever no rule says is refused. */
export interface PrivilegeRule {
  readonly to: Party;
  readonly where: Place;
  readonly on: readonly ObjectKind[];
  readonly privileges: readonly Privilege[];
  /** For kind `column` only: the columns, by name. */
  readonly columns?: readonly string[];
  /** Of functions only those that change nothing and run with their caller's rights. */
  readonly readOnly?: true;
  /** In this governed schema only. */
  readonly schema?: string;
  /** The party may have it and need not: somebody else gives it. */
  readonly optional?: true;
  readonly because: string;
}
