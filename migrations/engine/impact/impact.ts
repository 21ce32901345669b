/**
 * What a statement does to a database: objects, locks, rewrites, scans, risk. The words that classification, rules,
 * preview and pre-flight share.
 * Does NOT classify anything (see classify.ts).
 */
import type { LockMode } from "../sql/lockModes";
import type { ObjectName, ObjectRef } from "../sql/objectName";
import type { Statement } from "../statements/statements";

/** A lock that a statement takes on a table, view or index, until its transaction ends. */
export interface ObjectLock {
  readonly object: ObjectRef;
  readonly mode: LockMode;
  /** The same file surely made it, so nobody else can wait for it. */
  readonly isNew: boolean;
}

/** Rows of one relation that a statement changes. */
export interface RowImpact {
  readonly object: ObjectRef;
  readonly verb: "insert" | "update" | "delete" | "truncate";
  /** Whatever rows there are: no WHERE. */
  readonly all: boolean;
  /** As of a lock. */
  readonly isNew: boolean;
  /** What brings it about where the statement does not name the relation: "view m.v", "trigger t of m.x"; else null. */
  readonly by: string | null;
}

/** Code that a statement puts in place and that runs later, when others use the object. */
export interface ArmedCode {
  /** "trigger t of m.x, before insert" */
  readonly what: string;
  /** What it will do to rows that were there before the file: "deletes rows of m.notes"; may be empty. */
  readonly does: readonly string[];
  /** Columns of each row that is updated, which a trigger gives another value ("*": any); null for none. */
  readonly sets: { readonly table: ObjectName; readonly columns: readonly string[] } | null;
  /** It runs when somebody calls it, and not by itself. */
  readonly onCall: boolean;
  /** Why that may not be all, or null. */
  readonly unknown: string | null;
}

/** What one statement does, as far as text and the files before it can tell. */
export interface StatementImpact {
  readonly statement: Statement;
  /** Objects that come into being. */
  readonly creates: readonly ObjectRef[];
  readonly drops: readonly ObjectRef[];
  /**
   * Every object that is locked, the strongest mode of each. Left out: catalogs, what the statement itself makes,
   * and indexes that are locked only because their table is, no stronger than it.
   */
  readonly locks: readonly ObjectLock[];
  /** Every relation whose rows are changed, through whatever leads there; one entry for each verb. */
  readonly writes: readonly RowImpact[];
  /** Sequences that will give other values than they would have: setval, RESTART. ROLLBACK does not undo setval. */
  readonly resets: readonly ObjectRef[];
  readonly arms: readonly ArmedCode[];
  /** Tables (with their indexes), or indexes alone, that are written anew under their lock. */
  readonly rewrites: readonly ObjectRef[];
  /** Tables that are read in full under their lock. */
  readonly scans: readonly ObjectRef[];
  /** "data": it can be undone, but what was stored is gone. "no": PostgreSQL has no inverse (ADD VALUE). */
  readonly reversible: "yes" | "data" | "no";
  readonly risk: "none" | "low" | "medium" | "high";
  /** Why the above is not all that may happen (dynamic SQL, an unknown language), or null when it is. */
  readonly unknown: string | null;
  /** What the files do not say, so that the worst is taken. Whole sentences, without a full stop. */
  readonly assumes: readonly string[];
  /** What will fail, though each statement by itself is right. Whole sentences, without a full stop. */
  readonly mistakes: readonly string[];
  /**
   * All it locks, writes or drops was surely made by the same file, so nobody else can wait for it. Not so when
   * something is unknown, or when IF NOT EXISTS or a DO block made it: it may have been there.
   */
  readonly onlyNewObjects: boolean;
}
