/**
 * Gate rule rollback-ticket: its texts, its examples, and what it finds.
 * Does NOT look into the SQL of files.
 */
import { ofStack } from "../../input/findings";
import { whereDemanded } from "../../input/gateRule";
import { planRule } from "../planRule";
import { goingBack } from "./goingBack";

export const rollbackTicket = planRule({
  id: "rollback-ticket",

  severity: whereDemanded("requiresTicket"),
  problem: "Versions are to go back, and no ticket is named for it.",
  why: "a rollback changes the database too: it is approved, and recorded with its ticket.",
  source: "Policy, Emergency Procedures; UAT / Production: Change ticket required",
  holdsRollbacks: true,
  bad: { ...goingBack, tickets: [] },
  good: goingBack,
  find: ({ plan, tickets }) =>
    plan.toRollBack.length > 0 && tickets.length === 0
      ? [
          {
            ...ofStack,
            message: `no ticket is named for rolling back ${plan.toRollBack.map(({ header }) => header.version).join(", ")}.`,
            remedy: "name the ticket of the change or of the incident: DDL_TICKETS=CHG-2026-0142.",
          },
        ]
      : [],
});
