/**
 * Gate rule sign-off-missing: its texts, its examples, and what it finds.
 * Does NOT reach another stack: what the tier below says is given (see history/promotion.ts).
 */
import { whereDemanded } from "../../input/gateRule";
import { planRule } from "../planRule";
import { lacking } from "./below";

export const signOffMissing = planRule({
  id: "sign-off-missing",

  severity: whereDemanded("requiresSignOff"),
  problem: "A pending migration is not signed off in the tier below.",
  why: "a tier is left only when its people say so.",
  source: "Policy, QA Execution: Sign-off for UAT; UAT Execution: Sign-off for Production",
  liftedByBreakGlass: true,
  bad: { below: { signedOff: null } },
  good: {},
  find: (input) =>
    lacking(
      input,
      ({ below }) => below.signedOff === null,
      ({ below, stack }, tier) => ({
        message: `version ${below.version} is not signed off in ${stack}.`,
        remedy: `ddl signoff ${below.version} --stack ${tier} --by <person>, then up on ${tier}, which publishes it.`,
      }),
    ),
});
