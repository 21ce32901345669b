/**
 * Gate rule rollback-not-tested: its texts, its examples, and what it finds.
 * Does NOT look into the SQL of files.
 */
import type { MigrationFile } from "../../../files/file";
import { inHeader } from "../../input/findings";
import type { GateInput } from "../../input/gateInput";
import { whereDemanded } from "../../input/gateRule";
import { planRule } from "../planRule";
import { goingBack } from "./goingBack";

/** The header's word counts for the text that was there when it was applied; a later one needs a proof. */
const isTested = ({ plan, provenRollbacks }: GateInput, file: MigrationFile): boolean => {
  const edited = plan.problems.some(
    (problem) => problem.kind === "edited rollback" && problem.file === file,
  );
  return (
    provenRollbacks?.has(file.header.version) === true ||
    (file.header.rollback.tested === true && !edited)
  );
};

export const rollbackNotTested = planRule({
  id: "rollback-not-tested",

  severity: whereDemanded("requiresTestedRollback"),
  problem: "A version is to go back by a rollback that was neither tested nor proven as it is now.",
  why: "a rollback that was never run is a guess, and this is the moment it must not fail.",
  source: "Policy, Header Block: Rollback tested",
  holdsRollbacks: true,
  bad: { ...goingBack, file: { header: { "Rollback tested": "No" } } },
  good: {
    ...goingBack,
    file: { header: { "Rollback tested": "No" } },
    provenRollbacks: new Set(["1.1.0"]),
  },
  find: (input) =>
    input.plan.toRollBack
      .filter((file) => file.rollback !== null && !isTested(input, file))
      .map((file) => ({
        ...inHeader(file, "Rollback tested"),
        message: `the rollback of ${file.header.version}, as its file is now, is neither marked as tested nor proven here.`,
        remedy: `ddl prove ${file.header.version}: it runs in a scratch database beside this one.`,
      })),
});
