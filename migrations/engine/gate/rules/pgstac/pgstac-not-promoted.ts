/**
 * Gate rule pgstac-not-promoted: its texts, its examples, and what it finds.
 * Does NOT decide what leads to a version (pgstac/hardening/plan.ts).
 */
import { type Tier, tierRules } from "../../../../../stack/tier";
import type { PublishedPgstac } from "../../../history/promotion";
import { ofStack } from "../../input/findings";
import { pgstacChange } from "../../input/pgstacChange";
import { nobodyBecause } from "../header/person";
import { planRule } from "../planRule";
import { openWindows, unchanged, upgrade } from "./pgstacExamples";

/** What is wrong with the tier below, and what to do there; null when nothing is. */
function faultOf(
  below: PublishedPgstac | null | undefined,
  version: string,
  tier: Tier,
): { readonly fault: string; readonly remedy: string } | null {
  const { lowerTier, requiresSignOff, requiresValidation } = tierRules[tier];
  const lower = lowerTier ?? "";
  if (below?.version !== version) {
    const remedy = `set pgstac in the stack of ${lower}, and run up there first.`;
    return { fault: `has ${below?.version ?? "none"}`, remedy };
  }
  const decide = (what: string): string =>
    `ddl ${what} pgstac-${version} --stack ${lower} --by <person>, then up on ${lower}, which publishes it.`;
  if (requiresValidation && below.validated === null) {
    return { fault: "has not validated it", remedy: decide("validate") };
  }
  if (!requiresSignOff) return null;
  const signedBy = below.signedOff?.by ?? null;
  const nobody = signedBy === null ? null : nobodyBecause(signedBy);
  if (signedBy !== null && nobody === null) return null;
  const by = nobody === null ? "" : ` by a person: ${signedBy ?? ""}, and ${nobody}`;
  return { fault: `has not signed it off${by}`, remedy: decide("signoff") };
}

export const pgstacNotPromoted = planRule({
  id: "pgstac-not-promoted",

  severity: (tier) => (tierRules[tier].lowerTier === null ? null : "error"),
  liftedByBreakGlass: true,
  problem:
    "PgSTAC would be brought to a version that the tier below does not have, or where uat and prod ask for it, has not signed off.",
  why: "each change is made in every tier in turn, and a tier is left only when its people say so.",
  source: "Policy, Checklist: Tested in DEV, QA, UAT; QA Execution: Sign-off for UAT",
  bad: { pgstac: upgrade, windows: openWindows, belowPgstac: { version: "0.9.12" } },
  good: { pgstac: unchanged },
  find: (input) => {
    const { pgstac, lower, tier } = input;
    const change = pgstacChange(input);
    if (change === null || lower?.kind !== "known" || !pgstac) return [];
    const found = faultOf(lower.pgstac, pgstac.version, tier);
    if (found === null) return [];
    const message = `${change}, and ${lower.stack} ${found.fault}.`;
    return [{ ...ofStack, message, remedy: found.remedy }];
  },
});
