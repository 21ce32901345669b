/**
 * One word for how dangerous an effect is to those who use the database meanwhile, and to what is stored.
 * Does NOT refuse anything (see gate).
 */
import type { StatementEffect } from "./effect";
import { blockedBy, compareModes } from "./lockModes";

/**
 * high: rows are rewritten or read while others wait, or data go. medium: others wait for a moment, some rows change, or
 * it is not known what happens. low: only other DDL waits. none: nothing that was there is touched, or it is only read.
 *
 * @param losesAll  All rows or values of something go: DROP, TRUNCATE, DELETE without WHERE.
 * Source: policy, "High-Risk Operations".
 */
export function riskOf(
  effect: Omit<StatementEffect, "risk">,
  losesAll: boolean,
): StatementEffect["risk"] {
  if (effect.onlyNewObjects) return effect.reversible === "no" ? "medium" : "none";
  const strongest = effect.locks
    .map(({ mode }) => mode)
    .reduce<(typeof effect.locks)[number]["mode"]>(
      (a, b) => (compareModes(a, b) >= 0 ? a : b),
      "ACCESS SHARE",
    );
  const stops = blockedBy(strongest).writes;
  const takesLong = effect.rewrites.length + effect.scans.length > 0;
  if (losesAll || (stops && takesLong)) return "high";
  if (stops || effect.reversible !== "yes" || effect.unknown !== null) return "medium";
  return compareModes(strongest, "ACCESS SHARE") > 0 || effect.drops.length > 0 ? "low" : "none";
}
