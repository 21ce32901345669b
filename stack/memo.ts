/**
 * Remembers what was worked out of an object for as long as that object lives.
 * Does NOT notice that an object has changed: only for what is never changed.
 */

/** The function, which works each object out once. */
export function memo<Of extends WeakKey, Result>(workOut: (of: Of) => Result): (of: Of) => Result {
  const known = new WeakMap<Of, { readonly result: Result }>();
  return (of) => {
    const before = known.get(of);
    if (before !== undefined) return before.result;
    const result = workOut(of);
    known.set(of, { result });
    return result;
  };
}
