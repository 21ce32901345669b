/**
 * Gate rules about the pending files: tickets, rollback, review, statements that are never allowed.
 * Does NOT look at what is applied or held. What a tier demands stands in tier.ts alone.
 */
import { tierRules } from "../../../stack/tier";
import type { MigrationFile } from "../files/file";
import { forbiddenStatements } from "./forbidden";
import { always, elseWarn, type GateRule, listed, whereDemanded } from "./input/gateRule";
import { nobodyBecause, samePerson } from "./person";

const inHeader = (file: MigrationFile, field: string) => ({
  file: file.fileName,
  line: file.header.lines[field] ?? null,
});
/** The reviewer's own spelling where it is another. */
const spelled = ({ header: { author, reviewedBy } }: MigrationFile): string =>
  reviewedBy === null || reviewedBy === author ? "" : ` (the reviewer is spelled ${reviewedBy})`;

const dayMs = 24 * 60 * 60 * 1000;

/** What is wrong with the dates of a review; null when nothing is. */
function reviewDateFault({ header }: MigrationFile, now: Date): string | null {
  const { created, reviewedOn } = header;
  if (reviewedOn === null) return null;
  if (reviewedOn < created)
    return `it was reviewed on ${reviewedOn}, before it was created (${created}).`;
  // Somewhere it is tomorrow already.
  return Date.parse(reviewedOn) > now.getTime() + dayMs
    ? `its review of ${reviewedOn} lies in the future.`
    : null;
}

/** Each looks at pending migrations only. */
export const fileRules: readonly GateRule[] = [
  {
    id: "ticket-required",
    severity: whereDemanded("requiresTicket"),
    why: "every change here needs an approved change ticket.",
    source: "Policy, UAT / Production: Change ticket required",
    check: ({ plan, tickets }) =>
      plan.pending
        .filter((file) => !tickets.includes(file.header.ticket))
        .map((file) => ({
          ...inHeader(file, "TICKET"),
          message: `its ticket ${file.header.ticket} is not among those of this run (${listed(tickets)}).`,
          remedy:
            file.header.ticket === "pending"
              ? "write the approved ticket into the header and name it for this run."
              : `name ${file.header.ticket} in the stack's tickets once it is approved.`,
        })),
  },
  {
    id: "idle-ticket",
    severity: whereDemanded("requiresTicket"),
    why: "a ticket without a change was approved for something that is not here.",
    source: "Policy, Change Management Process",
    check: ({ plan, tickets }) =>
      plan.pending.length === 0 || plan.toRollBack.length > 0
        ? []
        : tickets
            .filter((ticket) => !plan.pending.some((file) => file.header.ticket === ticket))
            .map((ticket) => ({
              file: "",
              line: null,
              message: `ticket ${ticket} belongs to no pending migration.`,
              remedy: "remove it from the stack's tickets; was it closed, or mistyped?",
            })),
  },
  {
    id: "rollback-required",
    filesOnly: true,
    severity: (tier) => tierRules[tier].requiresRollback,
    why: "a change without its rollback cannot be taken back in a hurry.",
    source: "Policy, UAT / Production: Rollback script mandatory",
    check: ({ plan }) =>
      plan.pending
        .filter((file) => file.rollback === null)
        .map((file) => ({
          ...inHeader(file, "Rollback script"),
          message: `the rollback file ${file.header.rollback.script} does not exist.`,
          remedy: `write migrations/${file.header.rollback.script} and test it in dev.`,
        })),
  },
  {
    id: "rollback-untested",
    filesOnly: true,
    severity: elseWarn("requiresTestedRollback"),
    why: "a rollback that was never run is a guess.",
    source: "Policy, Header Block: Rollback tested",
    check: ({ plan }) =>
      plan.pending
        .filter((file) => file.rollback !== null && file.header.rollback.tested !== true)
        .map((file) => ({
          ...inHeader(file, "Rollback tested"),
          message: "the header does not say that the rollback was tested.",
          remedy: 'run it in a lower tier, then write "Rollback tested: Yes".',
        })),
  },
  {
    id: "review-missing",
    filesOnly: true,
    severity: elseWarn("requiresReview"),
    why: "schema changes need the review of a second person.",
    source: "Policy, Review",
    check: ({ plan }) =>
      plan.pending
        .filter(({ header }) => header.reviewedBy === null || header.reviewedOn === null)
        .map((file) => ({
          ...inHeader(file, file.header.reviewedBy === null ? "REVIEWED BY" : "REVIEWED ON"),
          message: "the header names no reviewer or no date of review.",
          remedy: "have it reviewed, and fill in REVIEWED BY and REVIEWED ON.",
        })),
  },
  {
    id: "reviewer-is-author",
    filesOnly: true,
    severity: elseWarn("requiresReview"),
    why: "nobody reviews their own change.",
    source: "Policy, Review: DBA reviews migration script",
    check: ({ plan }) =>
      plan.pending
        .filter(
          ({ header }) =>
            header.reviewedBy !== null && samePerson(header.reviewedBy, header.author),
        )
        .map((file) => ({
          ...inHeader(file, "REVIEWED BY"),
          message: `author and reviewer are both ${file.header.author}${spelled(file)}.`,
          remedy: "have someone else review it.",
        })),
  },
  {
    id: "reviewer-is-nobody",
    filesOnly: true,
    severity: elseWarn("requiresReview"),
    why: "a review counts when it can be asked who made it.",
    source: "Policy, Review: DBA reviews migration script",
    check: ({ plan }) =>
      plan.pending.flatMap((file) => {
        const { reviewedBy } = file.header;
        const because = reviewedBy === null ? null : nobodyBecause(reviewedBy);
        if (because === null) return [];
        return [
          {
            ...inHeader(file, "REVIEWED BY"),
            message: `REVIEWED BY is ${JSON.stringify(reviewedBy)}: ${because}.`,
            remedy: "write the reviewer's name as the directory has it.",
          },
        ];
      }),
  },
  {
    id: "review-date",
    filesOnly: true,
    severity: elseWarn("requiresReview"),
    why: "a review of another day is not the review of this file.",
    source: "Policy, Header Block: REVIEWED ON",
    check: ({ plan, now }) =>
      plan.pending.flatMap((file) => {
        const message = reviewDateFault(file, now);
        if (message === null) return [];
        const remedy = "write the day on which this file was reviewed.";
        return [{ ...inHeader(file, "REVIEWED ON"), message, remedy }];
      }),
  },
  {
    id: "forbidden-statement",
    filesOnly: true,
    severity: always,
    why: "it is outside what a migration may do.",
    source: "Policy, Permission Model",
    check: ({ plan }) =>
      plan.pending
        .flatMap((file) => [
          ...forbiddenStatements(file.segments),
          ...forbiddenStatements(file.rollback?.segments ?? []),
        ])
        .map(({ file, line, message, hint }) => ({
          file,
          line,
          message,
          why: hint,
          remedy:
            "remove the statement; declare roles, privileges, schemas and extensions in the stack.",
        })),
  },
];
