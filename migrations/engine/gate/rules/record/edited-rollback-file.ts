/**
 * Gate rule edited-rollback-file: its texts, its examples, and what it finds.
 * Does NOT read the ledger: the plan says what was recorded (see input/plan.ts).
 */
import { rollbackNameOf } from "../../../files/header";
import { shortChecksum } from "../../input/findings";
import { planRule } from "../planRule";
import { ofPlan } from "./recordFacts";

export const editedRollbackFile = planRule({
  id: "edited-rollback-file",

  severity: () => "warning",
  problem:
    "The rollback file differs from the one that stood beside the version when it was applied.",
  why: "the rollback that was tested is not the one that would run.",
  source: "Policy, Rollback Script",
  bad: { states: [{ version: "1.0.0", rollbackChecksum: "sha256:0123456789abcdef" }] },
  good: { states: [{ version: "1.0.0" }] },
  find: ({ plan }) =>
    ofPlan(plan, "edited rollback").map(({ file, recorded }) => ({
      file: file.rollback?.fileName ?? rollbackNameOf(file.fileName),
      line: null,
      message: `${file.header.version} was applied with the rollback ${shortChecksum(recorded)}, which has changed or is gone.`,
      remedy: "restore it from git, or test the new one again before it is needed.",
    })),
});
