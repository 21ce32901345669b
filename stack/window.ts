/**
 * Maintenance windows: reads ISO 8601 intervals, and tells which is open at a moment and who needs one. Pure.
 * Does NOT know what time it is: the caller asks the server.
 */

/** From `start` on, before `end`. */
export interface Window {
  /** As configured, for messages. */
  readonly text: string;
  readonly start: Date;
  readonly end: Date;
}

/** From the first moment that a Date knows to its last. */
export const alwaysOpen: Window = {
  ...{ text: "always", start: new Date(-8.64e15), end: new Date(8.64e15) },
};

/** A text that is not an interval; settings.ts collects these. */
export class WindowTextError extends Error {
  constructor(text: string, reason: string) {
    super(
      `"${text}" ${reason}; write start and end, or start and duration, with their zone: ` +
        "2026-12-01T22:00Z/2026-12-02T02:00Z or 2026-12-01T22:00+01:00/PT4H.",
    );
    this.name = "WindowTextError";
  }
}

const dateTime =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?:Z|[+-](?:[01]\d|2[0-3]):?[0-5]\d)$/;
const duration = /^P(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?)?$/;
const minuteMs = 60_000;

/**
 * Reads one interval. Source: ISO 8601-1, "Time interval".
 *
 * @throws {WindowTextError} not an interval, a time without a zone (whose would it be?), a day that does not exist, or
 *                           an end that is not behind its start.
 */
export function parseWindow(text: string): Window {
  const [from = "", to = "", ...more] = text.split("/");
  if (to === "" || more.length > 0) throw new WindowTextError(text, "is not an interval");
  const start = parseTime(text, from);
  const end = to.startsWith("P")
    ? new Date(start.getTime() + parseDuration(text, to))
    : parseTime(text, to);
  if (end <= start) throw new WindowTextError(text, "ends before it has begun");
  return { text, start, end };
}

function parseTime(text: string, part: string): Date {
  if (!dateTime.test(part)) throw new WindowTextError(text, `has no date, time and zone: ${part}`);
  const [year = 0, month = 0, day = 0] = part.slice(0, 10).split("-").map(Number);
  // Date takes the 31st of February for the 3rd of March.
  if (new Date(Date.UTC(year, month - 1, day)).getUTCDate() !== day) {
    throw new WindowTextError(text, `names a day that does not exist: ${part}`);
  }
  return new Date(part.replace(/([+-]\d\d)(\d\d)$/, "$1:$2"));
}

function parseDuration(text: string, part: string): number {
  const found = duration.exec(part);
  const amount = (group: number): number => Number(found?.[group] ?? 0);
  const length = ((amount(1) * 24 + amount(2)) * 60 + amount(3)) * minuteMs;
  if (length === 0) {
    throw new WindowTextError(text, `has no duration in days, hours and minutes: ${part}`);
  }
  return length;
}

/** The window that is open at the moment, or null. */
export function openWindow(windows: readonly Window[], now: Date): Window | null {
  return windows.find(({ start, end }) => start <= now && now < end) ?? null;
}

/** The window that opens next, or null. */
export function nextWindow(windows: readonly Window[], now: Date): Window | null {
  const later = windows.filter(({ start }) => start > now);
  return later.sort((a, b) => a.start.getTime() - b.start.getTime())[0] ?? null;
}

/** Where the moment is among the windows, in words. */
export function describeWindows(windows: readonly Window[], now: Date): string {
  const [open, next] = [openWindow(windows, now), nextWindow(windows, now)];
  if (open !== null) return `${open.text} is open until ${open.end.toISOString()}`;
  if (next !== null) return `the next, ${next.text}, opens at ${next.start.toISOString()}`;
  return windows.length === 0 ? "none is configured" : "all that are configured are past";
}
