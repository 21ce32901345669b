/**
 * `ddl break-glass open` and `close`: an emergency that lifts promotion and maintenance window, on record until closed.
 * Does NOT lift review, rollback or the rules on statements.
 */
import { closeBreakGlass, openBreakGlass } from "../../migrations/engine/ledger/decisions";
import { ticketShape } from "../../stack/ticket";
import { type Call, type Command, type ExitStatus, exitStatus } from "../frame/command";
import { momentText } from "../report/times";
import { openStack, stackOptions } from "../stack/stack";

export const breakGlassOpen: Command = {
  name: "break-glass open",
  summary: "Begin an emergency: promotion and maintenance window are lifted until it is closed",
  details: [
    "Review, rollback and the rules on statements stay. Every plan and status names it while it is open.",
  ],
  arguments: [],
  options: {
    ...stackOptions,
    reason: { value: "TEXT", summary: "what the emergency is", required: true },
    ticket: {
      value: ticketShape,
      summary: "of the incident or the emergency change",
      required: true,
    },
    "approved-by": { value: "NAME", summary: "who allowed it", required: true },
  },
  examples: [
    [
      'ddl break-glass open --stack prod --ticket CHG-2026-0911 --approved-by "Ann Duty" --reason "jobs cannot be queued"',
      "before ddl apply",
    ],
  ],
  run: open,
};

export const breakGlassClose: Command = {
  name: "break-glass close",
  summary: "End the emergency that is open",
  arguments: [],
  options: {
    ...stackOptions,
    by: { value: "NAME", summary: "who ends it", required: true },
    note: { value: "TEXT", summary: "what was done", required: true },
  },
  examples: [
    [
      'ddl break-glass close --stack prod --by "Ann Duty" --note "0.3.1 applied, queue drains"',
      "afterwards",
    ],
  ],
  run: close,
};

async function open(call: Call): Promise<ExitStatus> {
  const { access } = await openStack(call);
  const emergency = {
    reason: call.text("reason") ?? "",
    ticket: call.text("ticket") ?? "",
    approvedBy: call.text("approved-by") ?? "",
  };
  const { at, ticket, approvedBy, login } = await openBreakGlass(access, emergency);
  call.terminal.print(
    `Break-glass open since ${momentText(at)} for ${ticket}, approved by ${approvedBy} (login ${login})`,
  );
  return exitStatus.fine;
}

async function close(call: Call): Promise<ExitStatus> {
  const { access } = await openStack(call);
  const closing = { by: call.text("by") ?? "", note: call.text("note") ?? "" };
  const { at, ticket } = await closeBreakGlass(access, closing);
  call.terminal.print(`Break-glass of ${ticket}, open since ${momentText(at)}, is closed`);
  return exitStatus.fine;
}
