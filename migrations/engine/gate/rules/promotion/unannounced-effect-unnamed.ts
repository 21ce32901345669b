/**
 * Gate rule unannounced-effect-unnamed: its texts, its examples, and what it finds.
 * Does NOT measure (see contract/): the tier below publishes what its own run found.
 */
import { planRule } from "../planRule";
import { whereLowerTier } from "./below";
import { findingOf, isBeside, unannounced } from "./unannounced";

export const unannouncedEffectUnnamed = planRule({
  id: "unannounced-effect-unnamed",

  severity: whereLowerTier,
  problem: "It did more than it announces to an object that its exception does not name.",
  why: "an exception holds for the objects that its reason names, and for nothing beside them.",
  source: "Policy, Review: DBA reviews migration script",
  bad: {
    below: { unannounced: ["dagapp.jobs: privileges changed"] },
    file: { header: { EXCEPTIONS: "unannounced-effect: the rows of dagapp.notes were moved" } },
  },
  good: {},
  find: (input) => unannounced(input).filter(isBeside).map(findingOf),
});
