/**
 * The words for columns, constraints and the commands of ALTER TABLE.
 * Does NOT read parse trees (see columnParts and tableCommands).
 */

import type { ObjectName } from "../sql/objectName";

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

/** ON DELETE and ON UPDATE of a foreign key; "keep" refuses the change. */
export type KeyOperation = "keep" | "cascade" | "set";

export interface Column {
  readonly name: string;
  readonly type: TypeRef;
  /** Dotted; null for the type's own. */
  readonly collation: string | null;
  readonly notNull: boolean;
  readonly default: DefaultKind;
  /** What its default or expression calls, as of a query. */
  readonly calls: readonly string[];
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
  /** What happens to the rows that point at one which goes, or whose key changes. */
  readonly onDelete: KeyOperation;
  readonly onUpdate: KeyOperation;
  /** What a CHECK calls, as of a query. */
  readonly calls: readonly string[];
  /** The index that UNIQUE or PRIMARY KEY USING INDEX takes over. */
  readonly usingIndex: string | null;
  /** Of a CHECK: its parts joined by AND, as comparable text (`a IS NOT NULL`, `a >= '1'`); others are left out. */
  readonly parts: readonly string[];
}

/** A setting of WITH, SET or RESET of a relation. */
export interface StorageOption {
  /** With its namespace: `toast.autovacuum_enabled`. */
  readonly name: string;
  /** As text; null where none is given, which means true for SET. */
  readonly value: string | null;
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
      /** USING a cast of the column: what does not fit is cut off, not refused. */
      readonly casts: boolean;
      /** What USING calls, as of a query. */
      readonly calls: readonly string[];
    }
  | {
      readonly kind: "set default";
      readonly column: string;
      readonly default: DefaultKind;
      readonly calls: readonly string[];
    }
  | { readonly kind: "add constraint"; readonly constraint: Constraint }
  | {
      readonly kind: "drop constraint";
      readonly constraint: string;
      readonly cascade: boolean;
      readonly ifExists: boolean;
    }
  | { readonly kind: "validate constraint"; readonly constraint: string }
  | {
      readonly kind: "alter constraint";
      readonly constraint: string;
      /** What ENFORCED or NOT ENFORCED makes of it (PostgreSQL 18); null where neither is said. */
      readonly enforced: boolean | null;
    }
  | {
      readonly kind: "attach partition";
      readonly partition: ObjectName;
      readonly isDefault: boolean;
      /** What the bound demands of one key column, `?` for its name; null when it is more than that. */
      readonly bound: readonly string[] | null;
      /** What FOR VALUES calls, once, as of a query. */
      readonly calls: readonly string[];
    }
  | {
      readonly kind: "detach partition";
      readonly partition: ObjectName;
      readonly mode: "plain" | "concurrently" | "finalize";
    }
  | { readonly kind: "inherit" | "no inherit"; readonly parent: ObjectName }
  | { readonly kind: "of type"; readonly type: ObjectName }
  | { readonly kind: "set options" | "reset options"; readonly options: readonly StorageOption[] }
  | { readonly kind: ColumnCommand; readonly column: string }
  | { readonly kind: PlainCommand; readonly name: string | null }
  /** A subtype that this program does not know: nothing is claimed for it. */
  | { readonly kind: "unknown command"; readonly subtype: string };

/** Commands that name a column and nothing else. */
export const columnCommands = [
  "set not null",
  "drop not null",
  "drop default",
  "set expression",
  "drop expression",
  "add identity",
  "set identity",
  "restart identity",
  "drop identity",
  "set statistics",
  "set column options",
  "set storage",
  "set compression",
  "set foreign options",
] as const;
export type ColumnCommand = (typeof columnCommands)[number];

/** Commands that name nothing, or a trigger, rule, index, method or tablespace: that is `name`. */
export const plainCommands = [
  "owner to",
  "cluster on",
  "set without cluster",
  "set logged",
  "set unlogged",
  "set without oids",
  "set access method",
  "set tablespace",
  "enable trigger",
  "enable always trigger",
  "enable replica trigger",
  "disable trigger",
  "enable rule",
  "enable always rule",
  "enable replica rule",
  "disable rule",
  "not of type",
  "replica identity",
  "enable row security",
  "disable row security",
  "force row security",
  "no force row security",
  "set foreign table options",
] as const;
export type PlainCommand = (typeof plainCommands)[number];

/** A command of ALTER TABLE of one kind. */
export type CommandOf<
  K extends TableCommand["kind"],
  C extends TableCommand = TableCommand,
> = C extends TableCommand ? (K extends C["kind"] ? C : never) : never;

/** The same for each of some kinds, for a map over all of them. */
export const forAll = <K extends string, V>(
  kinds: readonly K[],
  value: V,
): Readonly<Record<K, V>> => Object.fromEntries(kinds.map((kind) => [kind, value])) as Record<K, V>;
