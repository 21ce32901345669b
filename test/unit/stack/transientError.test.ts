// Which errors mean that another session was in the way, and for whom.
import { isCollision, isTransient } from "../../../stack/transientError";

it.each([
  ["55P03", "canceling statement due to lock timeout", true, true],
  ["40P01", "deadlock detected", true, true],
  ["40001", "could not serialize access due to concurrent update", true, true],
  ["XX000", "tuple concurrently updated", true, true],
  ["XX000", "tuple concurrently deleted", true, true],
  // Of rows it is the user's own mistake; of catalogs somebody made the same thing just now.
  [
    "23505",
    'duplicate key value violates unique constraint "pg_class_relname_nsp_index"',
    false,
    true,
  ],
  ["XX000", "cache lookup failed for relation 16384", false, true],
  ["XX000", "could not find tuple for trigger 1", false, false],
  ["42501", "permission denied for table jobs", false, false],
  ["53200", "out of shared memory", false, false],
  ["", "tuple concurrently updated", false, false],
])("%s %s: a collision %p, passes in catalogs %p", (code, message, collision, passing) => {
  expect(isCollision({ code, message })).toBe(collision);
  expect(isTransient({ code, message })).toBe(passing);
});
