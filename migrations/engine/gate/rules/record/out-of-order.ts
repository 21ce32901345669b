/**
 * Gate rule out-of-order: its texts, its examples, and what it finds.
 * Does NOT read the ledger: the plan says what was recorded (see input/plan.ts).
 */
import { tierRules } from "../../../../../stack/tier";
import { always } from "../../input/gateRule";
import { planRule } from "../planRule";
import { ofPlan } from "./recordFacts";

export const outOfOrder = planRule({
  id: "out-of-order",

  severity: always,
  problem: "A file is not applied, though one with a higher number is.",
  why: "it would run after changes it was written to come before, in an order no other tier has seen.",
  source: "Policy, Incremental migrations only",
  bad: { states: [{ version: "1.1.0" }] },
  good: { states: [{ version: "1.0.0" }] },
  find: ({ plan, tier }) =>
    ofPlan(plan, "gap").map(({ file, highestApplied }) => ({
      file: file.fileName,
      line: null,
      message: `it is not applied, but ${highestApplied.fileName} behind it is.`,
      remedy: `give it a number and a VERSION above all others${tierRules[tier].rebuild ? ", or rebuild this tier." : "."}`,
    })),
});
