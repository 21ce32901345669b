/**
 * What a statement does to a database: objects, locks, rewrites, scans, risk. The words that classification, rules,
 * preview and pre-flight share.
 * Does NOT classify anything (see classify.ts).
 */
import type { LockMode } from "../sql/lockModes";
import type { ObjectRef } from "../sql/objectName";
import type { Statement } from "../statements/statements";

/** A lock that a statement takes on a table, view or index, until its transaction ends. */
export interface ObjectLock {
  readonly object: ObjectRef;
  readonly mode: LockMode;
  /** The same file surely made it, so nobody else can wait for it. */
  readonly isNew: boolean;
}

/** What one statement does, as far as text and the files before it can tell. */
export interface StatementEffect {
  readonly statement: Statement;
  /** Objects that come into being. */
  readonly creates: readonly ObjectRef[];
  readonly drops: readonly ObjectRef[];
  /**
   * Every object that is locked, the strongest mode of each. Left out: catalogs, what the statement itself makes,
   * and indexes that are locked only because their table is, no stronger than it.
   */
  readonly locks: readonly ObjectLock[];
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
