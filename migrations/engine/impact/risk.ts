/**
 * One word for how dangerous an impact is to those who use the database meanwhile, and to what is stored.
 * Does NOT refuse anything (see gate).
 */
import { blockedBy, compareModes } from "../sql/lockModes";
import type { ObjectLock, StatementImpact } from "./impact";

/** The strongest lock on what was there before the file, or null when there is none. */
export function strongestOld(locks: readonly ObjectLock[]): ObjectLock | null {
  return locks
    .filter(({ isNew }) => !isNew)
    .reduce<ObjectLock | null>(
      (a, b) => (a === null || compareModes(b.mode, a.mode) > 0 ? b : a),
      null,
    );
}

/**
 * high: rows are rewritten or read while others wait, or data go. medium: others wait for a moment, some rows change, or
 * it is not known what happens. low: only other DDL waits. none: nothing that was there is touched, or it is only read.
 *
 * @param losesAll   All rows or values of something go: DROP, TRUNCATE, DELETE without WHERE.
 * @param takesLong  Rows that were there before the file are read or written anew.
 * Source: policy, "High-Risk Operations".
 */
export function riskOf(
  impact: Omit<StatementImpact, "risk">,
  { losesAll, takesLong }: { readonly losesAll: boolean; readonly takesLong: boolean },
): StatementImpact["risk"] {
  if (impact.onlyNewObjects) return impact.reversible === "no" ? "medium" : "none";
  const strongest = strongestOld(impact.locks)?.mode ?? "ACCESS SHARE";
  const stops = blockedBy(strongest).writes;
  if (losesAll || (stops && takesLong)) return "high";
  if (stops || impact.reversible !== "yes" || impact.unknown !== null) return "medium";
  return compareModes(strongest, "ACCESS SHARE") > 0 || impact.drops.length > 0 ? "low" : "none";
}
