/**
 * What a change ticket looks like: the one place that says so, for headers, commands and settings. Pure.
 * Does NOT know whether one is approved: people do.
 */

/** For usage texts. */
export const ticketShape = "CHG-YYYY-NNNN";

const form = /^CHG-\d{4}-\d{4,}$/;

export const isTicket = (text: string): boolean => form.test(text);

/** What to do about one that is none. */
export const ticketHint = "write it as CHG-2026-0142.";

/** In the header of a file that has no ticket yet (dev, qa). */
export const noTicketYet = "pending";
