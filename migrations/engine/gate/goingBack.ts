/**
 * Which violations of a verdict keep versions above the target from going back, and what of their rollback files is to be
 * judged once more. Pure.
 * Does NOT judge (see gate.ts): each rule says of itself whether it holds rollbacks.
 */
import { gateRules } from "./gateRules";
import type { GateInput } from "./input/gateInput";
import type { Violation } from "./input/gateRule";

const holding = new Set(gateRules.filter((rule) => rule.holdsRollbacks).map(({ id }) => id));

const isHolding = ({ rule, inRollback }: Violation): boolean =>
  holding.has(rule) || inRollback === true;

/** Those of a verdict that are about going back. What is wrong with pending files is not. */
export const aboutRollbacks = (violations: readonly Violation[]): readonly Violation[] =>
  violations.filter(isHolding);

/** Whether a verdict keeps versions above the target from going back. */
export const holdsRollbacks = (violations: readonly Violation[]): boolean =>
  violations.some((one) => one.severity === "error" && isHolding(one));

/**
 * The input as if the changed rollback files that are about to run were pending: what they say is then judged by the rules
 * of files, as it was when they came with their migrations. Null where none is.
 */
export function editedRollbacks(input: GateInput): GateInput | null {
  const { toRollBack, changedRollbacks } = input.plan;
  const pending = toRollBack.filter((file) => changedRollbacks.includes(file));
  if (pending.length === 0) return null;
  return {
    ...input,
    plan: { ...input.plan, pending, toRollBack: [], changedRollbacks: [], problems: [] },
  };
}
