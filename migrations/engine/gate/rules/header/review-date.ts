/**
 * Gate rule review-date: its texts, its examples, and what it finds.
 * Does NOT cover the form of the header (see files/header).
 */
import { elseWarn } from "../../input/gateRule";
import type { Subject } from "../../input/subject";
import { jobsRegion } from "../exampleParts";
import { atField, fileRule } from "../fileRule";

/** No file is older. */
const firstYear = "2000";
const dayMs = 24 * 60 * 60 * 1000;

/** What is wrong with the dates of a review; null when nothing is. */
function faultOf({ file: { header }, now }: Subject): string | null {
  const { created, reviewedOn } = header;
  if (reviewedOn === null) return null;
  if (created < firstYear)
    return `it was created on ${created}, before there was anything to migrate.`;
  if (reviewedOn < created)
    return `it was reviewed on ${reviewedOn}, before it was created (${created}).`;
  // Somewhere it is tomorrow already.
  return Date.parse(reviewedOn) > now.getTime() + dayMs
    ? `its review of ${reviewedOn} lies in the future.`
    : null;
}

export const reviewDate = fileRule({
  id: "review-date",

  severity: elseWarn("requiresReview"),
  problem: "The day of the review lies before the file was created, or in the future.",
  why: "a review of another day is not the review of this file.",
  instead: "`REVIEWED ON: <the day on which this file was reviewed>`.",
  source: "Policy, Header Block: REVIEWED ON",
  bad: { ...jobsRegion, header: { "REVIEWED ON": "2025-12-31" } },
  good: { ...jobsRegion, header: { "REVIEWED ON": "2026-01-30" } },
  find: (subject) => {
    const message = faultOf(subject);
    if (message === null) return [];
    const remedy = "write the day on which this file was reviewed.";
    return [atField(subject, "REVIEWED ON", message, remedy)];
  },
});
