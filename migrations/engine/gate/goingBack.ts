/**
 * Which violations of a verdict keep versions above the target from going back. Pure.
 * Does NOT judge (see gate.ts): each rule says of itself whether it holds rollbacks.
 */
import { gateRules } from "./gateRules";
import type { Violation } from "./input/gateRule";

const holding = new Set(gateRules.filter((rule) => rule.holdsRollbacks).map(({ id }) => id));

/** Those of a verdict that are about going back. What is wrong with pending files is not. */
export const aboutRollbacks = (violations: readonly Violation[]): readonly Violation[] =>
  violations.filter(({ rule }) => holding.has(rule));

/** Whether a verdict keeps versions above the target from going back. */
export const holdsRollbacks = (violations: readonly Violation[]): boolean =>
  violations.some(({ rule, severity }) => severity === "error" && holding.has(rule));
