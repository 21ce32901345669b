/**
 * Gate rule promotion-unknown: its texts, its examples, and what it finds.
 * Does NOT reach another stack: what the tier below says is given (see history/promotion.ts).
 */
import { ofStack } from "../../input/findings";
import { planRule } from "../planRule";
import { whereLowerTier } from "./below";

export const promotionUnknown = planRule({
  id: "promotion-unknown",

  severity: whereLowerTier,
  problem: "The tier below could not be asked.",
  why: "what cannot be told to have been tried counts as not tried.",
  source: "Policy, Change Management Process",
  liftedByBreakGlass: true,
  warnsInPreview: true,
  bad: { lower: { kind: "unknown", stack: "rmhgeoapi/database/uat", reason: "no pulumi here" } },
  good: {},
  find: ({ plan, lower }) =>
    plan.pending.length > 0 && lower?.kind === "unknown"
      ? [
          {
            ...ofStack,
            message: `what ${lower.stack} has applied is not known: ${lower.reason}.`,
            remedy: "run preview or up where Pulumi and its backend can be reached.",
          },
        ]
      : [],
});
