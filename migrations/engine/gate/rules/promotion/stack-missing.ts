/**
 * Gate rule stack-missing: its texts, its examples, and what it finds.
 * Does NOT reach another stack: what the tier below says is given (see history/promotion.ts).
 */
import { tierRules } from "../../../../../stack/tier";
import { ofStack } from "../../input/findings";
import { planRule } from "../planRule";
import { whereLowerTier } from "./below";

export const stackMissing = planRule({
  id: "stack-missing",

  severity: whereLowerTier,
  problem: "The stack of the tier below does not exist, or publishes nothing.",
  why: "nothing has been tried in a tier that is not there.",
  source: "Policy, Change Management Process",
  liftedByBreakGlass: true,
  bad: { lower: { kind: "missing", stack: "rmhgeoapi/database/uat", reason: "no such stack" } },
  good: {},
  find: ({ plan, tier, lower }) =>
    plan.pending.length > 0 && lower?.kind === "missing"
      ? [
          {
            ...ofStack,
            message: `the stack ${lower.stack} cannot be promoted from: ${lower.reason}.`,
            remedy: `bring ${tierRules[tier].lowerTier ?? "it"} up first, or correct promotesFrom.`,
          },
        ]
      : [],
});
