/**
 * Gate rule baseline-goes-back: its texts, its examples, and what it finds.
 * Does NOT read the ledger: the plan says what was recorded (see input/plan.ts).
 */
import { elseWarn } from "../../input/gateRule";
import { planRule } from "../planRule";

const states = (by: string | null) => [
  { version: "1.0.0" },
  { version: "1.1.0", baseline: by === null ? null : { by } },
];

export const baselineGoesBack = planRule({
  id: "baseline-goes-back",

  severity: elseWarn("requiresRecord"),
  problem:
    "A version is to go back that was baselined: it was found in the database and never run there.",
  why: "its rollback was tried on what the file makes, and not on what was there before this program came, with its rows.",
  source: "Policy, Rollback Script; Incremental migrations only",
  holdsRollbacks: true,
  bad: { states: states("Ada Moss"), targetVersion: "1.0.0" },
  good: { states: states(null), targetVersion: "1.0.0" },
  find: ({ plan }) =>
    plan.toRollBack
      .filter((file) => plan.baselined?.includes(file) === true)
      .map((file) => ({
        file: file.rollback?.fileName ?? file.fileName,
        line: null,
        message: `${file.header.version} was baselined here: rolling it back takes away what was there before it.`,
        remedy:
          "write a migration that changes what must change; nothing goes back behind a baseline.",
      })),
});
