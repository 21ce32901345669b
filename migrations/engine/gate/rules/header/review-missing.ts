/**
 * Gate rule review-missing: its texts, its examples, and what it finds.
 * Does NOT cover the form of the header (see files/header).
 */
import { elseWarn } from "../../input/gateRule";
import { jobsRegion } from "../exampleParts";
import { atField, fileRule } from "../fileRule";

export const reviewMissing = fileRule({
  id: "review-missing",

  severity: elseWarn("requiresReview"),
  problem: "The header names no reviewer, or no day of the review.",
  why: "schema changes need the review of a second person.",
  instead: "`REVIEWED BY: <a name>` and `REVIEWED ON: <the day>`, once it was reviewed.",
  source: "Policy, Review",
  bad: { ...jobsRegion, header: { "REVIEWED BY": "[Name]" } },
  good: { ...jobsRegion, header: { "REVIEWED BY": "Grace" } },
  find: (subject) => {
    const { reviewedBy, reviewedOn } = subject.file.header;
    if (reviewedBy !== null && reviewedOn !== null) return [];
    return [
      atField(
        subject,
        reviewedBy === null ? "REVIEWED BY" : "REVIEWED ON",
        "the header names no reviewer or no date of review.",
        "have it reviewed, and fill in REVIEWED BY and REVIEWED ON.",
      ),
    ];
  },
});
