/**
 * The change tickets of one run, from the command line: they take the place of the configured ones. Pure.
 * Does NOT know whether a ticket is approved: people do.
 */
import { isTicket, ticketHint, ticketShape } from "../../stack/ticket";
import { type Call, type OptionSpec, UsageError } from "../frame/command";
import type { Stack } from "./stack";

export const ticketOption: OptionSpec = {
  value: `${ticketShape},…`,
  summary: "change tickets approved for this run, in place of DDL_TICKETS and the stack's tickets",
  many: true,
};

/**
 * The stack with the tickets that the call names; unchanged when it names none.
 *
 * @throws {UsageError} one that is no ticket.
 */
export function withTickets(stack: Stack, call: Call): Stack {
  const tickets = call
    .list("ticket")
    .flatMap((text) => text.split(","))
    .map((text) => text.trim())
    .filter(Boolean);
  tickets.forEach(ensureTicket);
  if (tickets.length === 0) return stack;
  const { settings } = stack.access;
  const run = { ...settings.run, tickets };
  return { ...stack, access: { ...stack.access, settings: { ...settings, run } } };
}

/** The one ticket that the call names. @throws {UsageError} it is no ticket. */
export function singleTicket(call: Call): string | undefined {
  const ticket = call.text("ticket");
  if (ticket !== undefined) ensureTicket(ticket);
  return ticket;
}

/** @throws {UsageError} the text is no ticket. */
export function ensureTicket(ticket: string): void {
  if (isTicket(ticket)) return;
  throw new UsageError(`${ticket} is not a change ticket.`, ticketHint);
}
