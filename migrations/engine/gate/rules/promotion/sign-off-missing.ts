/**
 * Gate rule sign-off-missing: its texts, its examples, and what it finds.
 * Does NOT reach another stack: what the tier below says is given (see history/promotion.ts).
 */
import { whereDemanded } from "../../input/gateRule";
import { cannotBeTold, nobodyBecause, samePerson } from "../header/person";
import { planRule } from "../planRule";
import { lacking, type Promoted } from "./below";

/** Why there is no sign-off by somebody else, as the end of a sentence; null where there is one. */
function faultOf({ file, below: { signedOff } }: Promoted): string | null {
  if (signedOff === null) return ", as far as it has published";
  const { by } = signedOff;
  if (samePerson(by, file.header.author)) return ` by anybody but its author (${by})`;
  if (cannotBeTold(by, file.header.author))
    return ` by a name that can be told from its author's: ${by} is written in another alphabet`;
  const reason = nobodyBecause(by);
  return reason === null ? null : ` by a person: ${by}, and ${reason}`;
}

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
      (one) => faultOf(one) !== null,
      (one, tier) => ({
        message: `version ${one.below.version} is not signed off in ${one.stack}${faultOf(one) ?? ""}.`,
        remedy: `npx ddl promote --stack ${input.tier} --sign ${one.below.version} --by "NAME"; signed already: run up on ${tier}, which publishes it.`,
      }),
    ),
});
