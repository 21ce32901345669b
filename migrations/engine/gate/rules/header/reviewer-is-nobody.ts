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
  problem: "REVIEWED BY or AUTHOR names nobody in particular.",
  why: "a review counts when it can be asked who made it, and of whose change.",
  instead: "the reviewer's and the author's names as the directory has them.",
  source: "Policy, Review: DBA reviews migration script",
  bad: { ...jobsRegion, header: { "REVIEWED BY": "self" } },
  good: { ...jobsRegion, header: { "REVIEWED BY": "Grace" } },
  find: (subject) => {
    const { reviewedBy, author } = subject.file.header;
    const named = [
      ["REVIEWED BY", reviewedBy],
      ["AUTHOR", author],
    ] as const;
    return named.flatMap(([field, name]) => {
      const because = name === null ? null : nobodyBecause(name);
      if (because === null) return [];
      return [
        atField(
          subject,
          field,
          `${field} is ${JSON.stringify(name)}: ${because}.`,
          "write the name as the directory has it.",
        ),
      ];
    });
  },
});
