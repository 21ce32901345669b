/**
 * Gate rule window-too-long: its texts, its examples, and what it finds.
 * Does NOT know what time it is: the input says.
 */
import { alwaysOpen, parseWindow, type Window } from "../../../../../stack/window";
import { ofStack } from "../../input/findings";
import { whereDemanded } from "../../input/gateRule";
import { planRule } from "../planRule";
const longestWindowMs = 7 * 24 * 60 * 60 * 1000;
/** Windows with less between them are one. */
const shortestPauseMs = 60 * 60 * 1000;

/** The windows, each with those that follow it without a pause. */
function joined(windows: readonly Window[]): readonly Window[] {
  const found: Window[] = [];
  for (const one of windows.toSorted((a, b) => a.start.getTime() - b.start.getTime())) {
    const last = found.at(-1);
    const follows =
      last !== undefined && one.start.getTime() - last.end.getTime() < shortestPauseMs;
    if (!follows) found.push(one);
    else if (one.end > last.end) {
      found.splice(-1, 1, { ...last, text: `${last.text}, ${one.text}`, end: one.end });
    }
  }
  return found;
}

export const windowTooLong = planRule({
  id: "window-too-long",

  severity: whereDemanded("enforcesWindow"),
  problem:
    "A maintenance window, or windows without a pause between them, are longer than seven days.",
  why: "a window is a time for which people were told; one that is always open is none.",
  source: "Policy, UAT Execution: Schedule maintenance window (if downtime needed)",
  bad: { windows: [parseWindow("2026-01-01T00:00Z/2027-01-01T00:00Z")] },
  good: { windows: [parseWindow("2026-02-01T12:00Z/PT4H")] },
  find: ({ plan, windows }) =>
    plan.pending.length === 0
      ? []
      : // A scratch database's own is.
        joined(windows.filter((window) => window !== alwaysOpen))
          .filter(({ start, end }) => end.getTime() - start.getTime() > longestWindowMs)
          .map(({ text }) => ({
            ...ofStack,
            message: `the window ${text} is longer than seven days.`,
            remedy: "write the hours that were agreed on into the stack's window.",
          })),
});
