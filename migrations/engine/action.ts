/**
 * The words for what a statement asks for: typed data, small enough to keep for every statement of every file.
 * Does NOT read parse trees (see readActions) and says nothing of locks (see effect).
 */
import type { LockMode, ObjectRef } from "./effect";

/** Unquoted, as the SQL has it. */
export interface ObjectName {
  /** Null where the SQL names none: the search path decides. */
  readonly schema: string | null;
  readonly name: string;
}

/** A type as PostgreSQL calls it inside: int4 for integer, bpchar for char. */
export interface TypeRef {
  readonly schema: string | null;
  readonly name: string;
  /** The numbers in parentheses: [10, 2] of numeric(10,2). Null when they are no plain numbers. */
  readonly modifiers: readonly number[] | null;
  readonly isArray: boolean;
}

/**
 * Where the value of a new column comes from. constant: worked out once, now() included. volatile: worked out for
 * each row, or by a function that is not known. serial: nextval of a new sequence. stored, virtual: generated.
 */
export type DefaultKind =
  "none" | "constant" | "volatile" | "serial" | "identity" | "stored" | "virtual";

export interface Column {
  readonly name: string;
  readonly type: TypeRef;
  /** Dotted; null for the type's own. */
  readonly collation: string | null;
  readonly notNull: boolean;
  readonly default: DefaultKind;
}

export interface Constraint {
  readonly type: "check" | "foreign key" | "unique" | "primary key" | "exclusion" | "not null";
  /** Null: PostgreSQL chooses. */
  readonly name: string | null;
  /** Those it is on, or mentions. */
  readonly columns: readonly string[];
  /** False: NOT VALID, rows that are there are not looked at. */
  readonly valid: boolean;
  /** False: NOT ENFORCED (PostgreSQL 18). */
  readonly enforced: boolean;
  readonly references: ObjectName | null;
  /** Empty: the primary key of `references`. */
  readonly referencedColumns: readonly string[];
  /** The index that UNIQUE or PRIMARY KEY USING INDEX takes over. */
  readonly usingIndex: string | null;
  /** Of a CHECK: its parts joined by AND, as comparable text (`a IS NOT NULL`, `a >= '1'`); others are left out. */
  readonly parts: readonly string[];
}

/** What a query does to relations. Common table expressions are no relations. */
export interface QueryUse {
  readonly reads: readonly ObjectName[];
  /** SELECT … FOR UPDATE and its weaker forms. */
  readonly locksRows: readonly ObjectName[];
  readonly writes: readonly RowWrite[];
  /** Called functions that are not known to be PostgreSQL's own and harmless; dotted. */
  readonly unknownFunctions: readonly string[];
}

export interface RowWrite {
  readonly verb: "insert" | "update" | "delete" | "merge";
  readonly table: ObjectName;
  /** False: UPDATE or DELETE without WHERE. */
  readonly filtered: boolean;
  /** INSERT … ON CONFLICT DO UPDATE. */
  readonly updatesOnConflict: boolean;
  /** Columns that UPDATE sets; empty otherwise. */
  readonly columns: readonly string[];
}

/** One command of ALTER TABLE, also of ALTER INDEX, VIEW, SEQUENCE, TYPE in the form of ALTER TABLE. */
export type TableCommand =
  | {
      readonly kind: "add column";
      readonly column: Column;
      readonly constraints: readonly Constraint[];
      readonly ifNotExists: boolean;
    }
  | {
      readonly kind: "drop column";
      readonly column: string;
      readonly cascade: boolean;
      readonly ifExists: boolean;
    }
  | {
      readonly kind: "alter type";
      readonly column: string;
      readonly type: TypeRef;
      readonly collation: string | null;
      /** USING something else than the column itself or its cast to `type`. */
      readonly computed: boolean;
    }
  | { readonly kind: "set default"; readonly column: string; readonly default: DefaultKind }
  | { readonly kind: "add constraint"; readonly constraint: Constraint }
  | {
      readonly kind: "drop constraint";
      readonly constraint: string;
      readonly cascade: boolean;
      readonly ifExists: boolean;
    }
  | { readonly kind: "validate constraint" | "alter constraint"; readonly constraint: string }
  | {
      readonly kind: "attach partition";
      readonly partition: ObjectName;
      readonly isDefault: boolean;
      /** What the bound demands of one key column, `?` for its name; null when it is more than that. */
      readonly bound: readonly string[] | null;
    }
  | {
      readonly kind: "detach partition";
      readonly partition: ObjectName;
      readonly mode: "plain" | "concurrently" | "finalize";
    }
  | { readonly kind: "inherit" | "no inherit"; readonly parent: ObjectName }
  | { readonly kind: "set options" | "reset options"; readonly options: readonly string[] }
  | { readonly kind: ColumnCommand; readonly column: string }
  | { readonly kind: PlainCommand; readonly name: string | null }
  /** A subtype that this program does not know: nothing is claimed for it. */
  | { readonly kind: "unknown command"; readonly subtype: string };

export type ColumnCommand =
  | "set not null"
  | "drop not null"
  | "drop default"
  | "set expression"
  | "drop expression"
  | "add identity"
  | "set identity"
  | "drop identity"
  | "set statistics"
  | "set column options"
  | "set storage"
  | "set compression"
  | "set foreign options";

/** `name` is that of the trigger, rule, index, method or tablespace. */
export type PlainCommand =
  | "owner to"
  | "cluster on"
  | "set without cluster"
  | "set logged"
  | "set unlogged"
  | "set without oids"
  | "set access method"
  | "set tablespace"
  | "enable trigger"
  | "disable trigger"
  | "enable rule"
  | "disable rule"
  | "of type"
  | "not of type"
  | "replica identity"
  | "enable row security"
  | "disable row security"
  | "force row security"
  | "no force row security"
  | "set foreign table options";

/** The relation that ALTER TABLE and its kin are written for. */
export type RelationKind =
  "table" | "foreign table" | "view" | "materialized view" | "index" | "sequence" | "type";

export interface CreateTable {
  readonly kind: "create table";
  readonly table: ObjectName;
  readonly ifNotExists: boolean;
  readonly temporary: boolean;
  readonly foreign: boolean;
  readonly columns: readonly Column[];
  readonly constraints: readonly Constraint[];
  readonly like: readonly ObjectName[];
  readonly inherits: readonly ObjectName[];
  readonly partitionOf: ObjectName | null;
  readonly isDefaultPartition: boolean;
  /** Columns of PARTITION BY; null when it is not partitioned, "" stands for an expression. */
  readonly partitionKey: readonly string[] | null;
  /** CREATE TABLE AS, SELECT INTO. */
  readonly query: QueryUse | null;
}

/** One thing that a statement does. */
export type Action =
  | CreateTable
  | {
      readonly kind: "alter table";
      readonly relation: RelationKind;
      readonly table: ObjectName;
      /** ONLY: not what inherits from it. */
      readonly only: boolean;
      readonly ifExists: boolean;
      readonly command: TableCommand;
    }
  | {
      readonly kind: "create view";
      readonly view: ObjectName;
      readonly materialized: boolean;
      readonly replace: boolean;
      readonly ifNotExists: boolean;
      readonly query: QueryUse;
    }
  | { readonly kind: "refresh"; readonly view: ObjectName; readonly concurrently: boolean }
  | {
      readonly kind: "create index";
      readonly table: ObjectName;
      readonly name: string | null;
      readonly concurrently: boolean;
      readonly unique: boolean;
      readonly only: boolean;
      readonly ifNotExists: boolean;
      /** "" stands for an expression. */
      readonly columns: readonly string[];
      /** It has an expression or a WHERE. */
      readonly computed: boolean;
      readonly unknownFunctions: readonly string[];
    }
  | {
      readonly kind: "reindex";
      readonly what: "index" | "table" | "schema" | "database" | "system";
      readonly target: ObjectName | null;
      readonly concurrently: boolean;
    }
  | {
      readonly kind: "drop";
      readonly objects: readonly ObjectRef[];
      /** The table of a trigger, rule or policy. */
      readonly table: ObjectName | null;
      readonly cascade: boolean;
      readonly ifExists: boolean;
      readonly concurrently: boolean;
    }
  | {
      readonly kind: "rename";
      readonly object: ObjectRef;
      /** What of the object is renamed, when it is not itself. */
      readonly part: {
        readonly kind: "column" | "constraint" | "trigger" | "rule" | "policy" | "attribute";
        readonly name: string;
      } | null;
      readonly to: string;
    }
  | { readonly kind: "set schema"; readonly object: ObjectRef; readonly schema: string }
  | { readonly kind: "set owner"; readonly object: ObjectRef }
  | {
      readonly kind: "comment";
      readonly object: ObjectRef;
      readonly part: { readonly kind: string; readonly name: string } | null;
      readonly text: string | null;
    }
  | {
      readonly kind: "create type";
      readonly type: ObjectName;
      readonly form: "enum" | "composite" | "domain" | "range" | "base";
      /** Labels of an enum. */
      readonly values: readonly string[];
      /** A domain with NOT NULL or CHECK. */
      readonly constrained: boolean;
      readonly base: TypeRef | null;
    }
  | {
      readonly kind: "add enum value";
      readonly type: ObjectName;
      readonly value: string;
      readonly ifNotExists: boolean;
    }
  | {
      readonly kind: "rename enum value";
      readonly type: ObjectName;
      readonly value: string;
      readonly to: string;
    }
  | {
      readonly kind: "alter domain";
      readonly domain: ObjectName;
      readonly command:
        | "set default"
        | "drop default"
        | "set not null"
        | "drop not null"
        | "add constraint"
        | "drop constraint"
        | "validate constraint";
      /** False: NOT VALID. */
      readonly valid: boolean;
    }
  | {
      readonly kind: "create on table";
      readonly what: "trigger" | "rule" | "policy";
      readonly name: string;
      readonly table: ObjectName;
      readonly replace: boolean;
      /** FROM of a constraint trigger, and what a rule or policy reads. */
      readonly reads: readonly ObjectName[];
    }
  | { readonly kind: "alter policy"; readonly name: string; readonly table: ObjectName }
  | {
      readonly kind: "create function";
      readonly function: ObjectRef;
      readonly replace: boolean;
      readonly language: string;
      /** What its SQL body is checked against. */
      readonly reads: readonly ObjectName[];
    }
  | {
      readonly kind: "create sequence";
      readonly sequence: ObjectName;
      readonly ownedBy: ObjectName | null;
      readonly ifNotExists: boolean;
    }
  | {
      readonly kind: "alter sequence";
      readonly sequence: ObjectName;
      readonly ownedBy: ObjectName | null;
    }
  | {
      readonly kind: "create statistics";
      readonly statistics: ObjectName;
      readonly table: ObjectName | null;
    }
  | {
      readonly kind: "create";
      readonly object: ObjectRef;
      readonly ifNotExists: boolean;
    }
  | {
      readonly kind: "truncate";
      readonly tables: readonly TableUse[];
      readonly cascade: boolean;
    }
  | { readonly kind: "query"; readonly query: QueryUse }
  | {
      readonly kind: "copy";
      readonly table: ObjectName;
      readonly from: boolean;
    }
  | {
      readonly kind: "vacuum" | "analyze";
      /** Empty: every table of the database. */
      readonly tables: readonly ObjectName[];
      readonly full: boolean;
    }
  | { readonly kind: "cluster"; readonly table: ObjectName | null }
  | { readonly kind: "lock"; readonly tables: readonly TableUse[]; readonly mode: LockMode }
  | { readonly kind: "call"; readonly procedure: string }
  | {
      readonly kind: "do";
      readonly language: string;
      readonly actions: readonly Action[];
      /** Why the actions are not all, or null. */
      readonly unknown: string | null;
    }
  | {
      readonly kind: "search path";
      readonly schemas: readonly string[] | null;
      readonly local: boolean;
    }
  /** GRANT, REVOKE, ALTER DEFAULT PRIVILEGES; tables get no lock worth a word. */
  | { readonly kind: "privileges" }
  /** SET, SHOW, LISTEN and the like: no object is touched. */
  | { readonly kind: "session" }
  /** EXECUTE of something prepared, a tag this program has no row for. */
  | { readonly kind: "unknown"; readonly reason: string };

/** A table of TRUNCATE or LOCK. */
export interface TableUse {
  readonly name: ObjectName;
  readonly only: boolean;
}

/** An action of one kind. */
export type ActionOf<K extends Action["kind"], A extends Action = Action> = A extends Action
  ? K extends A["kind"]
    ? A
    : never
  : never;

/** A command of ALTER TABLE of one kind. */
export type CommandOf<
  K extends TableCommand["kind"],
  C extends TableCommand = TableCommand,
> = C extends TableCommand ? (K extends C["kind"] ? C : never) : never;

/** The actions with those inside DO in the place of DO. */
export function flatActions(actions: readonly Action[]): readonly Action[] {
  return actions.flatMap((action) =>
    action.kind === "do" ? [action, ...flatActions(action.actions)] : [action],
  );
}
