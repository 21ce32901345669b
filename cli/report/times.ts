/**
 * Times as people read them, always in UTC: tickets and logs of several places are compared. Pure.
 */

/** `2026-04-22 09:15:01 UTC` */
export const momentText = (moment: Date): string =>
  `${moment.toISOString().slice(0, 19).replace("T", " ")} UTC`;

/** `840 ms`, `12.3 s`, `5 min 3 s` */
export function durationText(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
