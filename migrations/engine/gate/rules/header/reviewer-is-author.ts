/**
 * Gate rule reviewer-is-author: its texts, its examples, and what it finds.
 * Does NOT know who people are: spellings are compared (see person.ts).
 */
import { elseWarn } from "../../input/gateRule";
import { jobsRegion } from "../exampleParts";
import { atField, fileRule } from "../fileRule";
import { cannotBeTold, samePerson } from "./person";

export const reviewerIsAuthor = fileRule({
  id: "reviewer-is-author",

  severity: elseWarn("requiresReview"),
  problem: "Author and reviewer are the same person.",
  why: "nobody reviews their own change.",
  instead: "the name of somebody else who has reviewed it.",
  source: "Policy, Review: DBA reviews migration script",
  bad: { ...jobsRegion, header: { "REVIEWED BY": "ada" } },
  good: { ...jobsRegion, header: { "REVIEWED BY": "Grace" } },
  find: (subject) => {
    const { author, reviewedBy } = subject.file.header;
    if (reviewedBy === null) return [];
    if (!samePerson(reviewedBy, author)) {
      return cannotBeTold(reviewedBy, author)
        ? [
            atField(
              subject,
              "REVIEWED BY",
              `author and reviewer are written in two alphabets: ${author}, ${reviewedBy}. Whether they are two people cannot be told.`,
              "write both names in one alphabet.",
            ),
          ]
        : [];
    }
    const spelled = reviewedBy === author ? "" : ` (the reviewer is spelled ${reviewedBy})`;
    return [
      atField(
        subject,
        "REVIEWED BY",
        `author and reviewer are both ${author}${spelled}.`,
        "have someone else review it.",
      ),
    ];
  },
});
