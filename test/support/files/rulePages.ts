/**
 * The gate's rules by what their examples are: files, or situations of a run.
 * Does NOT judge (see judgeExample.ts and judgeSituation.ts).
 */
import { gateRules } from "../../../migrations/engine/gate/gateRules";
import type { GateRule, RulePage } from "../../../migrations/engine/gate/input/gateRule";

type Paged<About extends RulePage["about"]> = GateRule & {
  readonly page: Extract<RulePage, { readonly about: About }>;
};

const pagesAbout = <About extends RulePage["about"]>(about: About): readonly Paged<About>[] =>
  gateRules.filter((rule): rule is Paged<About> => rule.page.about === about);

/** Rules about what files say and do. */
export const fileRulePages = pagesAbout("files");
/** Rules about plan, tickets, promotion, people. */
export const runRulePages = pagesAbout("a run");
