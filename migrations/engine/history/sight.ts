/**
 * What of a structure this program sees, in numbers that rise as it learns: what an earlier release could not see is nobody's
 * change by hand when a later one finds it. Pure data.
 * Does NOT read a structure (see ledger/schemaSnapshot.ts) or a record of one (see structureRecord.ts).
 */

/** Of this release. */
export const sight = 2;

/** Objects and parts that a record of sight 1 knows nothing of, or not all. */
const objectsSince2 = /^(?:cast|publication|operator|text search|collation|conversion)\b/;
const partsSince2 = /^(?:options of toast|target|statistics of index .*)$/s;

/**
 * Whether a record of that sight says nothing of a part.
 *
 * @param seen  As the record has it; 1 where it has none.
 */
export const isBeyond = (seen: number, object: string, part: string): boolean =>
  seen < 2 && (objectsSince2.test(object) || partsSince2.test(part));
