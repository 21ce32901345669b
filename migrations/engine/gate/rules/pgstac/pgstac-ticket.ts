/**
 * Gate rule pgstac-ticket: its texts, its examples, and what it finds.
 * Does NOT decide what leads to a version (pgstac/hardening/plan.ts).
 */
import { listed, ofStack } from "../../input/findings";
import type { GateInput } from "../../input/gateInput";
import { whereDemanded } from "../../input/gateRule";
import { pgstacChange } from "../../input/pgstacChange";
import { planRule } from "../planRule";
import { openWindows, unchanged, upgrade } from "./pgstacExamples";

/** Null: nothing is changed, or under a ticket of this run. */
function unnamed(input: GateInput): string | null {
  const change = pgstacChange(input);
  const ticket = input.pgstac?.ticket ?? null;
  if (change === null || (ticket !== null && input.tickets.includes(ticket))) return null;
  return ticket === null
    ? `${change}, and pgstacTicket is not stated.`
    : `${change} under ${ticket}, which is not among the tickets of this run (${listed(input.tickets)}).`;
}

export const pgstacTicket = planRule({
  id: "pgstac-ticket",

  severity: whereDemanded("requiresTicket"),
  problem: "PgSTAC would be installed or upgraded without an approved ticket.",
  why: "every change here needs an approved change ticket.",
  source: "Policy, UAT / Production: Change ticket required",
  bad: { pgstac: { ...upgrade, ticket: null }, windows: openWindows },
  good: { pgstac: unchanged },
  find: (input) => {
    const message = unnamed(input);
    const remedy = "set pgstacTicket to the approved ticket, and name it for this run.";
    return message === null ? [] : [{ ...ofStack, message, remedy }];
  },
});
