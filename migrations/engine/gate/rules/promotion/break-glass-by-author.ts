/**
 * Gate rule break-glass-by-author: its texts, its examples, and what it finds.
 * Does NOT know who opened the emergency: whoever has the admin's login may; it is about who allowed it.
 */
import { inHeader } from "../../input/findings";
import { whereDemanded } from "../../input/gateRule";
import { cannotBeTold, nobodyBecause, samePerson } from "../header/person";
import { planRule } from "../planRule";

const opened = {
  at: new Date("2026-02-01T11:00:00Z"),
  login: "ann_duty",
  reason: "the disk is full",
  ticket: "CHG-2026-0911",
};

/** Why this is no leave by somebody else, as the end of a sentence; null where it is one. */
function faultOf(approvedBy: string, author: string): string | null {
  if (samePerson(approvedBy, author)) return "who is the author of what would run.";
  if (cannotBeTold(approvedBy, author)) {
    return `in another alphabet than the author's name, ${author}: whether they are two people cannot be told.`;
  }
  const reason = nobodyBecause(approvedBy);
  return reason === null ? null : `and ${reason}.`;
}

export const breakGlassByAuthor = planRule({
  id: "break-glass-by-author",
  severity: whereDemanded("requiresSignOff"),
  problem: "An emergency was allowed by the author of a pending migration, or by nobody.",
  why: "what lifts promotion and window needs two people, as a review does.",
  source: "Policy, Emergency Procedures; Migration Script Header: Reviewed by",
  bad: { breakGlass: { ...opened, approvedBy: "Ada" } },
  good: { breakGlass: { ...opened, approvedBy: "Ann Duty" } },
  find: ({ plan, breakGlass }) =>
    breakGlass === null
      ? []
      : plan.pending.flatMap((file) => {
          const fault = faultOf(breakGlass.approvedBy, file.header.author);
          if (fault === null) return [];
          return [
            {
              ...inHeader(file, "AUTHOR"),
              message: `break-glass for ${breakGlass.ticket} was allowed by ${breakGlass.approvedBy}, ${fault}`,
              remedy:
                "ddl break-glass close, then ddl break-glass open --approved-by <who is not the author>.",
            },
          ];
        }),
});
