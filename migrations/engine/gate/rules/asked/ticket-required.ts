/**
 * Gate rule ticket-required: its texts, its examples, and what it finds.
 * Does NOT look into the SQL of files.
 */
import { noTicketYet } from "../../../../../stack/ticket";
import { inHeader, listed } from "../../input/findings";
import { whereDemanded } from "../../input/gateRule";
import { planRule } from "../planRule";

export const ticketRequired = planRule({
  id: "ticket-required",

  severity: whereDemanded("requiresTicket"),
  problem: "A pending migration's ticket is not named for this run.",
  why: "every change here needs an approved change ticket.",
  source: "Policy, UAT / Production: Change ticket required",
  bad: { tickets: [] },
  good: { tickets: ["CHG-2026-0142"] },
  find: ({ plan, tickets }) =>
    plan.pending
      .filter((file) => !tickets.includes(file.header.ticket))
      .map((file) => ({
        ...inHeader(file, "TICKET"),
        message: `its ticket ${file.header.ticket} is not among those of this run (${listed(tickets)}).`,
        remedy:
          file.header.ticket === noTicketYet
            ? "write the approved ticket into the header and name it for this run."
            : `name ${file.header.ticket} in the stack's tickets once it is approved.`,
      })),
});
