/**
 * Gate rule unknown-target: its texts, its examples, and what it finds.
 * Does NOT look into the SQL of files.
 */
import { listed, ofStack } from "../../input/findings";
import { always } from "../../input/gateRule";
import { planRule } from "../planRule";

export const unknownTarget = planRule({
  id: "unknown-target",

  severity: always,
  problem: "targetVersion is the version of no file.",
  why: "a target that no file has cannot be reached.",
  source: "Policy, All changes via versioned scripts",
  holdsRollbacks: true,
  bad: { targetVersion: "9.9.9" },
  good: { targetVersion: "1.1.0" },
  find: ({ plan }) =>
    plan.problems.flatMap((problem) => {
      if (problem.kind !== "unknown target") return [];
      const versions = [...plan.applied, ...plan.held].map((file) => file.header.version);
      return [
        {
          ...ofStack,
          message: `targetVersion ${problem.target} is not the version of any file.`,
          remedy: `set it to one of ${listed(versions)}.`,
        },
      ];
    }),
});
