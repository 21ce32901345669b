/**
 * Gate rule promotion-source-required: its texts, its examples, and what it finds.
 * Does NOT reach another stack: what the tier below says is given (see history/promotion.ts).
 */
import { tierRules } from "../../../../../stack/tier";
import { ofStack } from "../../input/findings";
import { elseWarn } from "../../input/gateRule";
import { pgstacChange } from "../../input/pgstacChange";
import { planRule } from "../planRule";

export const promotionSourceRequired = planRule({
  id: "promotion-source-required",

  severity: (tier) =>
    tierRules[tier].lowerTier === null ? null : elseWarn("requiresPromotionSource")(tier),
  problem: "The stack does not say which stack it promotes from, or names one of another tier.",
  why: "what was tried in no tier is tried here for the first time.",
  source: "Policy, Change Management Process",
  bad: { lower: null },
  good: {},
  find: (input) => {
    const { plan, tier, lower } = input;
    const { lowerTier } = tierRules[tier];
    const isIdle = plan.pending.length === 0 && pgstacChange(input) === null;
    if (isIdle || lowerTier === null) return [];
    const remedy = `set promotesFrom to the stack of ${lowerTier}, such as organization/rmhgeoapi-database/${lowerTier}.`;
    if (lower === null) return [{ ...ofStack, message: "promotesFrom is not stated.", remedy }];
    if (lower.kind !== "known" || lower.tier === lowerTier) return [];
    const message = `promotesFrom names ${lower.stack}, which is ${lower.tier ?? "of no tier"} and not ${lowerTier}.`;
    return [{ ...ofStack, message, remedy }];
  },
});
