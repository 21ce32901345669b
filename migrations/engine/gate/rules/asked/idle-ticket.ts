/**
 * Gate rule idle-ticket: its texts, its examples, and what it finds.
 * Does NOT look into the SQL of files.
 */
import { ofStack } from "../../input/findings";
import { whereDemanded } from "../../input/gateRule";
import { planRule } from "../planRule";

export const idleTicket = planRule({
  id: "idle-ticket",

  severity: whereDemanded("requiresTicket"),
  problem: "A ticket is named for this run that no pending migration has.",
  why: "a ticket without a change was approved for something that is not here.",
  source: "Policy, Change Management Process",
  bad: { tickets: ["CHG-2026-0142", "CHG-2026-0999"] },
  good: { tickets: ["CHG-2026-0142"] },
  find: ({ plan, tickets, pgstac }) =>
    plan.pending.length === 0 || plan.toRollBack.length > 0
      ? []
      : tickets
          // It may be that of PgSTAC's version.
          .filter((ticket) => pgstac?.plan.kind === "nothing" || ticket !== pgstac?.ticket)
          .filter((ticket) => !plan.pending.some((file) => file.header.ticket === ticket))
          .map((ticket) => ({
            ...ofStack,
            message: `ticket ${ticket} belongs to no pending migration.`,
            remedy: "remove it from the stack's tickets; was it closed, or mistyped?",
          })),
});
