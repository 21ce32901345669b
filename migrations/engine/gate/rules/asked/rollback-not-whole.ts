/**
 * Gate rule rollback-not-whole: its texts, its examples, and what it finds.
 * Does NOT look into the SQL of files.
 */
import { inHeader } from "../../input/findings";
import { planRule } from "../planRule";
import { goingBack } from "./goingBack";

export const rollbackNotWhole = planRule({
  id: "rollback-not-whole",

  severity: () => "warning",
  problem: "A version is to go back whose header says that not everything can be had back.",
  why: "what the header calls not possible to recover stays lost, or stays where it is, after the rollback.",
  source: "Policy, Header Block: Data recovery",
  holdsRollbacks: true,
  bad: { ...goingBack, file: { header: { "Data recovery": "Not possible" } } },
  good: { ...goingBack, file: { header: { "Data recovery": "Manual" } } },
  find: ({ plan }) =>
    plan.toRollBack
      .filter(({ header }) => header.rollback.dataRecovery === "Not possible")
      .map((file) => ({
        ...inHeader(file, "Data recovery"),
        message: `Data recovery: Not possible. Rolling back ${file.header.version} does not bring everything back.`,
        remedy: "read the rollback file's WARNING, and consider a forward fix instead.",
      })),
});
