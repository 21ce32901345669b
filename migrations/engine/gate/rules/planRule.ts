/**
 * How a rule about a run is written down: the plan, tickets, promotion, people. Its texts, its examples, what it finds.
 * Does NOT hold any rule, and is not for rules about what files say (see fileRule.ts).
 */
import type { Situation } from "../input/examples";
import type { GateInput } from "../input/gateInput";
import type { GateRule, RuleFinding } from "../input/gateRule";

/** All that is to say about a rule; what it shares with the gate's own form is explained there. */
export interface PlanRule extends Pick<
  GateRule,
  | "id"
  | "severity"
  | "why"
  | "source"
  | "liftedByBreakGlass"
  | "warnsInPreview"
  | "foundByRuns"
  | "exception"
  | "holdsRollbacks"
> {
  /** What is wrong, in one sentence. */
  readonly problem: string;
  readonly bad: Situation;
  readonly good: Situation;
  readonly find: (input: GateInput) => readonly RuleFinding[];
}

/** The rule in the gate's form. */
export function planRule({ problem, bad, good, find, ...rule }: PlanRule): GateRule {
  return { ...rule, page: { about: "a run", problem, bad, good }, check: find };
}
