/**
 * Gate rule target-version-required: its texts, its examples, and what it finds.
 * Does NOT look into the SQL of files.
 */
import { ofStack } from "../../input/findings";
import { whereDemanded } from "../../input/gateRule";
import { planRule } from "../planRule";

export const targetVersionRequired = planRule({
  id: "target-version-required",

  severity: whereDemanded("requiresTargetVersion"),
  problem: "The stack does not state its targetVersion.",
  why: "raising the target is the reviewed act of promotion; latest would promote every merge.",
  source: "Policy, UAT and Production Execution",
  holdsRollbacks: true,
  bad: { targetVersion: "latest" },
  good: { targetVersion: "1.1.0" },
  find: ({ targetVersion, tier }) =>
    targetVersion === "latest"
      ? [
          {
            ...ofStack,
            message: "targetVersion is not stated.",
            remedy: `set targetVersion in Pulumi.${tier}.yaml to the version that was approved.`,
          },
        ]
      : [],
});
