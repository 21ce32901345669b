/**
 * Tells errors that pass: two sessions met, and the same transaction succeeds when it is tried again. Pure.
 * Does NOT try again.
 */

/** What tells an error: its SQLSTATE and its text. */
export interface ErrorSigns {
  readonly code: string;
  readonly message: string;
}

/** Lock timeout, deadlock, serialization failure. */
const collisions = new Set(["55P03", "40P01", "40001"]);

/**
 * Whether another session was in the way. Two sessions that change one row of a catalog, as GRANT and CREATE OR REPLACE
 * of one function do, get an internal error without a code of its own. Source: simple_heap_update of PostgreSQL, whose
 * message is not translated.
 */
export function isCollision({ code, message }: ErrorSigns): boolean {
  return (
    collisions.has(code) ||
    (code === "XX000" && /^tuple concurrently (updated|deleted)/.test(message))
  );
}

/**
 * The same for statements that touch nothing but catalogs: there a row that exists already was made by another session
 * in this moment, and one that is not found was dropped.
 */
export function isTransient(error: ErrorSigns): boolean {
  const { code, message } = error;
  return (
    isCollision(error) ||
    code === "23505" ||
    (code === "XX000" && message.startsWith("cache lookup failed"))
  );
}
