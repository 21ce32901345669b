/**
 * Gate rule rollback-not-reviewed: its texts, its examples, and what it finds.
 * Does NOT look into the SQL of files: what a changed rollback file says is judged beside it (see goingBack.ts).
 */
import type { MigrationFile } from "../../../files/file";
import { inHeader } from "../../input/findings";
import type { GateInput } from "../../input/gateInput";
import { whereDemanded } from "../../input/gateRule";
import { planRule } from "../planRule";
import { goingBack, isEdited } from "./goingBack";

/** Whether the header names a review on the day on which the version was applied here, or later. */
const isReviewedSince = ({ appliedAt }: GateInput, { header }: MigrationFile): boolean => {
  const applied = appliedAt?.(header.version)?.toISOString().slice(0, "2026-01-01".length);
  return applied === undefined || (header.reviewedOn !== null && header.reviewedOn >= applied);
};

const edited = {
  ...goingBack,
  states: [{ version: "1.0.0" }, { version: "1.1.0", rollbackChecksum: "sha256:0123456789abcdef" }],
  appliedAt: () => new Date("2026-01-31T10:00:00Z"),
};

export const rollbackNotReviewed = planRule({
  id: "rollback-not-reviewed",
  severity: whereDemanded("requiresReview"),
  problem:
    "A version is to go back by a rollback that was changed since, and was not reviewed since.",
  why: "a rollback that was changed after it was applied is a change that nobody has reviewed.",
  source: "Policy, Review: DBA reviews migration script",
  holdsRollbacks: true,
  bad: { ...edited, file: { header: { "REVIEWED ON": "2026-01-30" } } },
  good: { ...edited, file: { header: { "REVIEWED ON": "2026-01-31" } } },
  find: (input) =>
    input.plan.toRollBack
      .filter((file) => isEdited(input, file) && !isReviewedSince(input, file))
      .map((file) => ({
        ...inHeader(file, "REVIEWED ON"),
        message: `${file.rollback?.fileName ?? file.fileName} is not the one that came with ${file.header.version}, and was not reviewed since.`,
        remedy:
          "have both files reviewed, and write REVIEWED BY and the day into REVIEWED ON of the migration.",
      })),
});
