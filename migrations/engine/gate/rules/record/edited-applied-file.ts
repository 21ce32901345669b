/**
 * Gate rule edited-applied-file: its texts, its examples, and what it finds.
 * Does NOT read the ledger: the plan says what was recorded (see input/plan.ts).
 */
import { tierRules } from "../../../../../stack/tier";
import { shortChecksum } from "../../input/findings";
import { always } from "../../input/gateRule";
import { planRule } from "../planRule";
import { ofPlan } from "./recordFacts";

export const editedAppliedFile = planRule({
  id: "edited-applied-file",

  severity: always,
  problem: "The SQL of a file differs from what was applied under its version.",
  why: "what ran is then no longer what was reviewed, and other tiers would run something else.",
  source: "Policy, Incremental migrations only",
  bad: { states: [{ version: "1.0.0", checksum: "sha256:0123456789abcdef" }] },
  good: { states: [{ version: "1.0.0" }] },
  find: ({ plan, tier }) =>
    ofPlan(plan, "edited file").map(({ file, recorded }) => ({
      file: file.fileName,
      line: null,
      message: `${file.header.version} was applied as ${shortChecksum(recorded)}, but its SQL is now ${shortChecksum(file.checksum)}.`,
      remedy: tierRules[tier].rebuild
        ? "restore the file from git, or rebuild this tier (make rebuild)."
        : "restore the file from git and put the change into a new migration.",
    })),
});
