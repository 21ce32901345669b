/**
 * Gate rule validation-missing: its texts, its examples, and what it finds.
 * Does NOT reach another stack: what the tier below says is given (see history/promotion.ts).
 */
import { whereDemanded } from "../../input/gateRule";
import { planRule } from "../planRule";
import { lacking } from "./below";

export const validationMissing = planRule({
  id: "validation-missing",

  severity: whereDemanded("requiresValidation"),
  problem: "The application team has not validated a pending migration in the tier below.",
  why: "only the application's own people see whether it still works.",
  source: "Policy, UAT Execution: Application team validates",
  liftedByBreakGlass: true,
  bad: { below: { validated: null } },
  good: {},
  find: (input) =>
    lacking(
      input,
      ({ below }) => below.validated === null,
      ({ below, stack }, tier) => ({
        message: `version ${below.version} was not validated in ${stack}, as far as it has published.`,
        remedy: `npx ddl promote --stack ${input.tier} --validate ${below.version} --by "NAME"; validated already: run up on ${tier}, which publishes it.`,
      }),
    ),
});
