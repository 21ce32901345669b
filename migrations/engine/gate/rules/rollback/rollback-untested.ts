/**
 * Gate rule rollback-untested: its texts, its examples, and what it finds.
 * Does NOT run anything (see proof/).
 */
import { elseWarn } from "../../input/gateRule";
import { jobsRegion } from "../exampleParts";
import { atField, fileRule } from "../fileRule";

export const rollbackUntested = fileRule({
  id: "rollback-untested",

  severity: elseWarn("requiresTestedRollback"),
  problem: "The header does not say that the rollback was tested.",
  why: "a rollback that was never run is a guess.",
  instead: "`Rollback tested: Yes`, once it was run in a lower tier.",
  source: "Policy, Header Block: Rollback tested",
  bad: { ...jobsRegion, header: { "Rollback tested": "No" } },
  good: { ...jobsRegion, header: { "Rollback tested": "Yes" } },
  find: (subject) => {
    const { rollback, header } = subject.file;
    if (rollback === null || header.rollback.tested === true) return [];
    return [
      atField(
        subject,
        "Rollback tested",
        "the header does not say that the rollback was tested.",
        'run it in a lower tier, then write "Rollback tested: Yes".',
      ),
    ];
  },
});
