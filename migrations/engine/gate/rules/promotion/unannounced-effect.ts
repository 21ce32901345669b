/**
 * Gate rule unannounced-effect: its texts, its examples, and what it finds.
 * Does NOT measure (see contract/): the tier below publishes what its own run found.
 */
import { planRule } from "../planRule";
import { whereLowerTier } from "./below";
import { findingOf, isBeside, unannounced } from "./unannounced";

export const unannouncedEffect = planRule({
  id: "unannounced-effect",

  severity: whereLowerTier,
  problem: "In the tier below a migration did more than its file announces.",
  why: "nobody has judged it: code that runs from triggers, defaults, checks or computed texts did it.",
  source: "Policy, Review: DBA reviews migration script",
  foundByRuns: true,
  exception: "reason",
  bad: { below: { unannounced: ["dagapp.notes: 3 rows deleted, none announced"] } },
  good: {},
  find: (input) =>
    unannounced(input)
      .filter((one) => !isBeside(one))
      .map(findingOf),
});
