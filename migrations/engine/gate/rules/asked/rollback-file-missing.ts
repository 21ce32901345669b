/**
 * Gate rule rollback-file-missing: its texts, its examples, and what it finds.
 * Does NOT look into the SQL of files.
 */
import { rollbackNameOf } from "../../../files/header";
import { inHeader } from "../../input/findings";
import { always } from "../../input/gateRule";
import { planRule } from "../planRule";
import { goingBack } from "./goingBack";

export const rollbackFileMissing = planRule({
  id: "rollback-file-missing",

  severity: always,
  problem: "A version above the target has no rollback file.",
  why: "without its rollback file a version cannot be taken back, and none below it.",
  source: "Policy, Rollback Script",
  holdsRollbacks: true,
  bad: { ...goingBack, file: { rollback: null } },
  good: goingBack,
  find: ({ plan, targetVersion }) =>
    plan.toRollBack
      .filter(({ rollback }) => rollback === null)
      .map((file) => ({
        ...inHeader(file, "Rollback script"),
        message: `version ${file.header.version} is above targetVersion ${targetVersion} and has no rollback file.`,
        remedy: `write migrations/${rollbackNameOf(file.fileName)} and prove it, or raise targetVersion again.`,
      })),
});
