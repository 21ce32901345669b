/**
 * Tells errors that pass: two sessions met, and the same transaction succeeds when it is tried again. Pure.
 * Does NOT try again.
 */

/** Lock timeout, deadlock, serialization failure, and a row of a catalog that two sessions made at once. */
const passing = new Set(["55P03", "40P01", "40001", "23505"]);

/**
 * An internal error without a code of its own, by its text: somebody changed, or dropped, what is being changed or read.
 * Source: simple_heap_update and the catalog caches of PostgreSQL; their messages are not translated.
 */
const met = /tuple concurrently (updated|deleted)|cache lookup failed/;

/** Whether a transaction that ended with this error may be tried again whole. */
export function isPassing({ code, message }: { code: string; message: string }): boolean {
  return passing.has(code) || (code === "XX000" && met.test(message));
}
