/**
 * Gate rule missing-applied-file: its texts, its examples, and what it finds.
 * Does NOT read the ledger: the plan says what was recorded (see input/plan.ts).
 */
import { ofStack } from "../../input/findings";
import { always } from "../../input/gateRule";
import { planRule } from "../planRule";
import { ofPlan } from "./recordFacts";

export const missingAppliedFile = planRule({
  id: "missing-applied-file",

  severity: always,
  problem: "The ledger has a version that no file has.",
  why: "without its file an applied version can neither be checked nor rolled back.",
  source: "Policy, All changes via versioned scripts",
  holdsRollbacks: true,
  bad: { states: [{ version: "0.9.0" }, { version: "1.0.0" }] },
  good: { states: [{ version: "1.0.0" }] },
  find: ({ plan }) =>
    ofPlan(plan, "missing file").map(({ version }) => ({
      ...ofStack,
      message: `version ${version} is in the ledger, but no file has it.`,
      remedy: "restore its file and rollback file from git.",
    })),
});
