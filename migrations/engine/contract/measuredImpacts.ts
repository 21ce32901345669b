/**
 * What a segment really did, in the form that is recorded.
 * Pure. Does NOT compare it with anything (see compare.ts).
 */
import type { MeasuredImpact } from "../history/segmentRecord";
import { compareModes, type LockMode } from "../sql/lockModes";
import { sqlName } from "../sql/sqlText";
import type { Before, CountedTable, Measured } from "./measured";

const strong: LockMode = "SHARE UPDATE EXCLUSIVE";

/** The impacts on what was there before, by name. @param made  Relations that this run itself has made. */
export function impactsMeasured(
  { relations }: Measured,
  before: Before,
  counted: readonly CountedTable[],
  made: ReadonlySet<number>,
): readonly MeasuredImpact[] {
  return relations
    .flatMap((relation): readonly MeasuredImpact[] => {
      const old = before.relations.get(relation.oid);
      if (old === undefined || made.has(old.oid) || !/^[rpmf]$/.test(old.kind)) return [];
      const then = counted.find((table) => table.relation === relation.oid);
      const deleted = Math.max(relation.deleted, then?.deletedThen ?? 0);
      const updated = Math.max(relation.updated, then?.updatedThen ?? 0);
      const hasNewFile = relation.now !== null && relation.now.file !== old.file;
      const impact: MeasuredImpact = {
        name: sqlName(old),
        ...(relation.inserted > 0 ? { inserted: relation.inserted } : {}),
        ...(updated > 0 ? { updated } : {}),
        ...(deleted > 0 ? { deleted } : {}),
        ...(hasNewFile ? { rewritten: true } : {}),
        ...(relation.now === null ? { dropped: true } : {}),
        ...(compareModes(relation.lock, strong) >= 0 ? { lock: relation.lock } : {}),
      };
      return Object.keys(impact).length > 1 ? [impact] : [];
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Object ids of relations that were not there before. */
export const madeBy = ({ relations }: Measured, before: Before): readonly number[] =>
  relations
    .filter(({ oid, now }) => now !== null && !before.relations.has(oid))
    .map(({ oid }) => oid);
