/**
 * PostgreSQL's table locks: which is stronger, which shut each other out, and what that means to others.
 * Does NOT know which statement takes which (see classify).
 */

/** Weakest first, as PostgreSQL's conflict table has them. Source: postgresql.org/docs/current/explicit-locking.html */
export const lockModes = [
  "ACCESS SHARE",
  "ROW SHARE",
  "ROW EXCLUSIVE",
  "SHARE UPDATE EXCLUSIVE",
  "SHARE",
  "SHARE ROW EXCLUSIVE",
  "EXCLUSIVE",
  "ACCESS EXCLUSIVE",
] as const;

export type LockMode = (typeof lockModes)[number];

/**
 * The modes that each mode keeps out, and that keep it out.
 * Source: postgresql.org/docs/current/explicit-locking.html, table "Conflicting Lock Modes".
 */
const conflicts: Readonly<Record<LockMode, readonly LockMode[]>> = {
  "ACCESS SHARE": ["ACCESS EXCLUSIVE"],
  "ROW SHARE": ["EXCLUSIVE", "ACCESS EXCLUSIVE"],
  "ROW EXCLUSIVE": ["SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE"],
  "SHARE UPDATE EXCLUSIVE": [
    "SHARE UPDATE EXCLUSIVE",
    "SHARE",
    "SHARE ROW EXCLUSIVE",
    "EXCLUSIVE",
    "ACCESS EXCLUSIVE",
  ],
  SHARE: [
    "ROW EXCLUSIVE",
    "SHARE UPDATE EXCLUSIVE",
    "SHARE ROW EXCLUSIVE",
    "EXCLUSIVE",
    "ACCESS EXCLUSIVE",
  ],
  "SHARE ROW EXCLUSIVE": [
    "ROW EXCLUSIVE",
    "SHARE UPDATE EXCLUSIVE",
    "SHARE",
    "SHARE ROW EXCLUSIVE",
    "EXCLUSIVE",
    "ACCESS EXCLUSIVE",
  ],
  EXCLUSIVE: lockModes.filter((mode) => mode !== "ACCESS SHARE"),
  "ACCESS EXCLUSIVE": lockModes,
};

/** True when one session cannot have `a` while another has `b`. */
export const conflict = (a: LockMode, b: LockMode): boolean => conflicts[a].includes(b);

/** Negative, zero or positive, as `a` is weaker than, the same as or stronger than `b`. */
export const compareModes = (a: LockMode, b: LockMode): number =>
  lockModes.indexOf(a) - lockModes.indexOf(b);

export const strongerOf = (a: LockMode, b: LockMode): LockMode => (compareModes(a, b) >= 0 ? a : b);

/** What others cannot do to a table while a lock is held, and, behind it in the queue, while it is waited for. */
export interface Blocked {
  /** SELECT. */
  readonly reads: boolean;
  /** SELECT … FOR UPDATE and its weaker forms. */
  readonly rowLocks: boolean;
  /** INSERT, UPDATE, DELETE, MERGE. */
  readonly writes: boolean;
  /** ANALYZE, VACUUM (autovacuum gives way), CREATE INDEX CONCURRENTLY, VALIDATE CONSTRAINT. */
  readonly maintenance: boolean;
  /** ALTER TABLE in most of its forms, DROP, TRUNCATE. Every lock keeps these out. */
  readonly otherDdl: boolean;
}

export function blockedBy(mode: LockMode): Blocked {
  return {
    reads: conflict(mode, "ACCESS SHARE"),
    rowLocks: conflict(mode, "ROW SHARE"),
    writes: conflict(mode, "ROW EXCLUSIVE"),
    maintenance: conflict(mode, "SHARE UPDATE EXCLUSIVE"),
    otherDdl: conflict(mode, "ACCESS EXCLUSIVE"),
  };
}

/** The same in a few words, the worst only: "reads and writes", "writes", "other DDL". */
export function blockedWords(mode: LockMode): string {
  const blocked = blockedBy(mode);
  if (blocked.reads) return "reads and writes";
  if (blocked.rowLocks) return "writes and row locks";
  if (blocked.writes) return "writes";
  return blocked.maintenance ? "other DDL and VACUUM" : "other DDL";
}
