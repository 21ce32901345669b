/**
 * Gate rule reviewer-is-nobody: its texts, its examples, and what it finds.
 * Does NOT know who people are: it knows words that are nobody's name (see person.ts).
 */
import { elseWarn } from "../../input/gateRule";
import { jobsRegion } from "../exampleParts";
import { atField, fileRule } from "../fileRule";
import { nobodyBecause } from "./person";

export const reviewerIsNobody = fileRule({
  id: "reviewer-is-nobody",

  severity: elseWarn("requiresReview"),
  problem: "REVIEWED BY names nobody in particular.",
  why: "a review counts when it can be asked who made it.",
  instead: "the reviewer's name as the directory has it.",
  source: "Policy, Review: DBA reviews migration script",
  bad: { ...jobsRegion, header: { "REVIEWED BY": "self" } },
  good: { ...jobsRegion, header: { "REVIEWED BY": "Grace" } },
  find: (subject) => {
    const { reviewedBy } = subject.file.header;
    const because = reviewedBy === null ? null : nobodyBecause(reviewedBy);
    if (because === null) return [];
    return [
      atField(
        subject,
        "REVIEWED BY",
        `REVIEWED BY is ${JSON.stringify(reviewedBy)}: ${because}.`,
        "write the reviewer's name as the directory has it.",
      ),
    ];
  },
});
