/**
 * Gate rule pgstac-not-promoted: its texts, its examples, and what it finds.
 * Does NOT decide what leads to a version (pgstac/hardening/plan.ts).
 */
import { tierRules } from "../../../../../stack/tier";
import { ofStack } from "../../input/findings";
import { pgstacChange } from "../../input/pgstacChange";
import { planRule } from "../planRule";
import { openWindows, unchanged, upgrade } from "./pgstacExamples";

export const pgstacNotPromoted = planRule({
  id: "pgstac-not-promoted",

  severity: (tier) => (tierRules[tier].lowerTier === null ? null : "error"),
  liftedByBreakGlass: true,
  problem: "PgSTAC would be brought to a version that the tier below does not have.",
  why: "each change is made in every tier in turn.",
  source: "Policy, Checklist: Tested in DEV, QA, UAT",
  bad: { pgstac: upgrade, windows: openWindows, belowPgstac: "0.9.12" },
  good: { pgstac: unchanged },
  find: (input) => {
    const { pgstac, lower, tier } = input;
    const change = pgstacChange(input);
    if (change === null || lower?.kind !== "known" || lower.pgstac === pgstac?.version) return [];
    return [
      {
        ...ofStack,
        message: `${change}, and ${lower.stack} has ${lower.pgstac ?? "none"}.`,
        remedy: `set pgstac in the stack of ${tierRules[tier].lowerTier ?? ""}, and run up there first.`,
      },
    ];
  },
});
