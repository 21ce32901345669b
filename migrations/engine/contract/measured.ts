/**
 * What one segment of a run did, as the server's own counters, catalogs and locks tell it, and what was there before.
 * Types only. Does NOT ask the server (see measure.ts) or judge (see compare.ts).
 */
import type { LockMode } from "../sql/lockModes";
import type { ObjectName } from "../sql/objectName";

/** A relation on which the segment holds a lock that lets it write, or a stronger one. */
export interface MeasuredRelation {
  readonly oid: number;
  /** Strongest lock held. */
  readonly lock: LockMode;
  /** As it is called now; null when it is gone. */
  readonly now: (ObjectName & { readonly kind: RelationKind; readonly file: number }) | null;
  /** Rows, at most: what a savepoint took back is counted too. TRUNCATE sets all three to 0. */
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
}

/** As in pg_class: r table, p partitioned, m materialized view, f foreign, S sequence, v view, c composite type. */
type RelationKind = string;

/** A column whose catalog row the segment wrote. */
interface MeasuredColumn {
  readonly relation: number;
  readonly number: number;
  readonly dropped: boolean;
  /** As SQL writes it. */
  readonly type: string;
  /** Number and modifier: a type that only gets another name is the same one. */
  readonly typeId: string;
  readonly acl: string | null;
}

/** A trigger, rule or policy whose catalog row the segment wrote, on a relation. */
interface MeasuredPart {
  readonly kind: "trigger" | "rule" | "policy";
  readonly relation: number;
  readonly name: string;
}

/** Owner and privileges of a relation or routine whose catalog row the segment wrote. */
interface MeasuredRights {
  readonly oid: number;
  readonly owner: number;
  readonly acl: string | null;
}

interface MeasuredRoutine extends MeasuredRights {
  /** Digest of body, language, security and settings. */
  readonly meaning: string;
}

/** A table whose rows were counted, because its text announces that it is written anew. */
export interface CountedTable {
  readonly relation: number;
  /** As the text calls it. */
  readonly name: ObjectName;
  /** Rows just before the statement, less what had been inserted, plus what had been deleted until then. */
  readonly base: number;
  /** Counters at that moment: TRUNCATE takes them back later. */
  readonly deletedThen: number;
  readonly updatedThen: number;
  /** Null when it is gone. */
  readonly after: number | null;
}

/** Everything that was measured before a COMMIT. */
export interface Measured {
  /** False: the server does not count, or whoever runs may switch it off. */
  readonly counts: boolean;
  /** The transaction that is measured; a COMMIT in between would have begun another. */
  readonly transaction: string;
  readonly relations: readonly MeasuredRelation[];
  readonly columns: readonly MeasuredColumn[];
  readonly parts: readonly MeasuredPart[];
  readonly rights: readonly MeasuredRights[];
  readonly routines: readonly MeasuredRoutine[];
  /** Functions and types that are gone, as [catalog, oid]. */
  readonly goneObjects: readonly (readonly ["pg_proc" | "pg_type", number])[];
  /** Of pg_trigger, pg_policy, pg_rewrite: those from which a row was taken. */
  readonly gone: readonly string[];
  /** Names of the other catalogs in which rows were written. */
  readonly catalogs: readonly string[];
  /** What the structure may have been changed by; null for a statement that has let go of its locks. */
  readonly traces: Traces | null;
}

/** Where a transaction has been in the catalogs. */
export interface Traces {
  /** By name of the catalog: rows inserted, updated and deleted, at most. A catalog that is not here was not written. */
  readonly written: Written;
  /** Object ids of relations of any kind, indexes too, that it holds SHARE UPDATE EXCLUSIVE or a stronger lock on. */
  readonly locked: readonly number[];
  /** It has commented on something that is no relation. */
  readonly marked: boolean;
  /** A domain has constraints. */
  readonly domains: boolean;
}

type Written = Readonly<
  Record<string, readonly [inserted: number, updated: number, deleted: number]>
>;

/** A relation as it was before the transaction, by another session's look. */
export interface RelationBefore extends ObjectName {
  readonly oid: number;
  readonly kind: RelationKind;
  readonly file: number;
  readonly owner: number;
  readonly acl: string | null;
  /** Parents, and views through which it is written: a statement that names one of them reaches it. */
  readonly through: readonly ObjectName[];
  /** Of an index, or a sequence that belongs to a column: the table. */
  readonly of: ObjectName | null;
}

export interface ColumnBefore {
  readonly relation: number;
  readonly number: number;
  readonly name: string;
  readonly type: string;
  readonly typeId: string;
  readonly acl: string | null;
}

export interface RoutineBefore extends ObjectName {
  readonly oid: number;
  /** "dagapp.f(integer)". */
  readonly signature: string;
  readonly owner: number;
  readonly acl: string | null;
  readonly meaning: string;
}

export interface TypeBefore extends ObjectName {
  readonly oid: number;
}

/** What was there of all that the segment touched. What is not in it is new. */
export interface Before {
  readonly relations: ReadonlyMap<number, RelationBefore>;
  readonly columns: readonly ColumnBefore[];
  readonly routines: ReadonlyMap<number, RoutineBefore>;
  readonly types: ReadonlyMap<number, TypeBefore>;
}
