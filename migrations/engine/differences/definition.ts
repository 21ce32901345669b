/**
 * What is known of each part of a schema in order to write SQL for it: facts as the catalog prints them, every name
 * quoted there already. Types only.
 * Does NOT read a catalog (see ledger/schemaDefinitions.ts), compare, or write a statement.
 */

/** What all of them have. A comment is null where there is none. */
interface Commented {
  readonly comment: string | null;
}

interface SchemaDefinition extends Commented {
  readonly kind: "schema";
  readonly name: string;
}

/** An ordinary or partitioned table; its columns, constraints and indexes are parts of their own. */
export interface TableDefinition extends Commented {
  readonly kind: "table";
  readonly name: string;
  readonly unlogged: boolean;
  /** Storage parameters: `fillfactor=70`. */
  readonly options: readonly string[];
  /** `RANGE (at)`; null of an ordinary one. */
  readonly partitionBy: string | null;
  /** Those it inherits from; of a partition: the one table that it is a part of. */
  readonly parents: readonly string[];
  /** `FOR VALUES …`, of a partition. */
  readonly bound: string | null;
  readonly rowSecurity: boolean;
  readonly forcedRowSecurity: boolean;
}

export interface ViewDefinition extends Commented {
  readonly kind: "view" | "materialized view";
  readonly name: string;
  readonly query: string;
  readonly options: readonly string[];
}

export interface SequenceDefinition extends Commented {
  readonly kind: "sequence";
  readonly name: string;
  /** From the type on: `AS bigint INCREMENT BY 1 …`. */
  readonly numbers: string;
  /** `schema.table.column`; null where it belongs to none. */
  readonly ownedBy: string | null;
  /** It was made by an identity column, and comes and goes with it. */
  readonly isIdentity: boolean;
}

export interface ColumnDefinition extends Commented {
  readonly kind: "column";
  /** Word for ALTER and COMMENT: TABLE, VIEW, MATERIALIZED VIEW, TYPE, FOREIGN TABLE. */
  readonly of: string;
  readonly relation: string;
  readonly name: string;
  readonly type: string;
  readonly notNull: boolean;
  readonly default: string | null;
  /** ALWAYS or BY DEFAULT; null where it is no identity column. */
  readonly identity: string | null;
  /** STORED or VIRTUAL, with its expression in `default`; null where it is not generated. */
  readonly generated: string | null;
  /** Where it is not its type's own. */
  readonly collation: string | null;
  /** Where it is not its type's own. */
  readonly storage: string | null;
  readonly compression: string | null;
  readonly statistics: number | null;
}

export interface ConstraintDefinition extends Commented {
  readonly kind: "constraint";
  /** TABLE or DOMAIN. */
  readonly of: string;
  readonly relation: string;
  readonly name: string;
  /** As pg_get_constraintdef prints it. */
  readonly text: string;
  /** Letter of pg_constraint.contype. */
  readonly type: string;
  readonly isValidated: boolean;
  /** It comes from the table's parent, and goes with that one's. */
  readonly isInherited: boolean;
}

export interface IndexDefinition extends Commented {
  readonly kind: "index";
  readonly relation: string;
  /** With its schema. */
  readonly name: string;
  readonly text: string;
  /** The constraint that it is made by; null of an index by itself. */
  readonly constraint: string | null;
  /** No CONCURRENTLY there. */
  readonly isPartitioned: boolean;
  /** It is the part of a partitioned index. */
  readonly isPart: boolean;
}

export interface TriggerDefinition extends Commented {
  readonly kind: "trigger";
  readonly relation: string;
  readonly name: string;
  readonly text: string;
  /** Letter of pg_trigger.tgenabled. */
  readonly enabled: string;
  readonly isInherited: boolean;
}

export interface PolicyDefinition extends Commented {
  readonly kind: "policy";
  readonly relation: string;
  readonly name: string;
  readonly text: string;
}

export interface RuleDefinition extends Commented {
  readonly kind: "rule";
  readonly relation: string;
  readonly name: string;
  readonly text: string;
}

export interface RoutineDefinition extends Commented {
  /** FUNCTION, PROCEDURE or AGGREGATE in lower case. */
  readonly kind: "function" | "procedure" | "aggregate";
  /** With its schema and its arguments as DROP and COMMENT want them: `dagapp.f(integer)`, `dagapp.total(*)`. */
  readonly name: string;
  /** As to_regprocedure reads it: `dagapp.f(integer)`, `dagapp.total()`. */
  readonly identity: string;
  /** As pg_get_functiondef prints it; of an aggregate CREATE AGGREGATE, which no function of the server prints. */
  readonly text: string;
  /** Arguments and result: where these differ, CREATE OR REPLACE does not do. */
  readonly signature: string;
}

export interface EnumDefinition extends Commented {
  readonly kind: "enum";
  readonly name: string;
  readonly labels: readonly string[];
}

/** A composite type; its attributes are columns. */
export interface CompositeDefinition extends Commented {
  readonly kind: "composite type";
  readonly name: string;
}

export interface DomainDefinition extends Commented {
  readonly kind: "domain";
  readonly name: string;
  readonly type: string;
  readonly notNull: boolean;
  readonly default: string | null;
  readonly collation: string | null;
}

export interface StatisticsDefinition extends Commented {
  readonly kind: "statistics";
  readonly name: string;
  readonly text: string;
  /** How many rows are sampled for; null for the server's own. */
  readonly target: number | null;
}

/** Storage parameters of what is kept beside a table or materialized view. */
export interface ToastDefinition extends Commented {
  readonly kind: "toast";
  /** TABLE or MATERIALIZED VIEW. */
  readonly of: string;
  readonly relation: string;
  /** `toast.autovacuum_enabled=false` */
  readonly options: readonly string[];
}

/** How many rows are sampled for columns of an index. */
export interface IndexStatisticsDefinition extends Commented {
  readonly kind: "index statistics";
  /** The index, with its schema. */
  readonly name: string;
  /** By number of the column. */
  readonly targets: Readonly<Record<string, number>>;
}

/** An operator, or a configuration of text search: made in one go, and changed by being made anew. */
export interface WholeDefinition extends Commented {
  readonly kind: "whole";
  /** OPERATOR, TEXT SEARCH CONFIGURATION, as in COMMENT ON and DROP. */
  readonly word: string;
  readonly name: string;
  readonly statements: readonly string[];
  /** The condition, in SQL, that holds where it is not there. */
  readonly isMissing: string;
}

/** It lies in no schema: migrations may not make one. */
interface CastDefinition extends Commented {
  readonly kind: "cast";
  /** `(dagapp.pair AS text)` */
  readonly name: string;
}

/** It is of the database, and its owner's: migrations neither make nor drop one. */
interface PublicationDefinition extends Commented {
  readonly kind: "publication";
  readonly name: string;
}

/** A kind that this program writes no statement for: foreign table, base type, range, operator class, … */
interface OtherDefinition extends Commented {
  readonly kind: "other";
  readonly what: string;
}

export type Definition =
  | SchemaDefinition
  | TableDefinition
  | ViewDefinition
  | SequenceDefinition
  | ColumnDefinition
  | ConstraintDefinition
  | IndexDefinition
  | TriggerDefinition
  | PolicyDefinition
  | RuleDefinition
  | RoutineDefinition
  | EnumDefinition
  | CompositeDefinition
  | DomainDefinition
  | StatisticsDefinition
  | ToastDefinition
  | IndexStatisticsDefinition
  | WholeDefinition
  | CastDefinition
  | PublicationDefinition
  | OtherDefinition;

/** A definition with where it belongs: the object and the part that snapshots name. */
export interface PlacedDefinition {
  readonly object: string;
  readonly part: string;
  readonly definition: Definition;
}

/** Definitions of one schema set by object and part. */
export type Definitions = ReadonlyMap<string, ReadonlyMap<string, Definition>>;

/** Puts them by object and part. */
export function byPlace(placed: readonly PlacedDefinition[]): Definitions {
  const objects = new Map<string, Map<string, Definition>>();
  for (const { object, part, definition } of placed) {
    const parts = objects.get(object) ?? new Map<string, Definition>();
    objects.set(object, parts.set(part, definition));
  }
  return objects;
}
