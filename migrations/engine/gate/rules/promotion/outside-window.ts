/**
 * Gate rule outside-window: its texts, its examples, and what it finds.
 * Does NOT know what time it is: the input says.
 */
import { describeWindows, openWindow, parseWindow } from "../../../../../stack/window";
import { windowReason } from "../../../impact/windowReason";
import { inHeader } from "../../input/findings";
import { whereDemanded } from "../../input/gateRule";
import { subjectsOf } from "../../input/subject";
import { planRule } from "../planRule";

export const outsideWindow = planRule({
  id: "outside-window",

  severity: whereDemanded("enforcesWindow"),
  problem: "A migration needs a maintenance window (downtime, a rewrite), and none is open.",
  why: "people were told when the application may stand still.",
  source: "Policy, UAT Execution: Schedule maintenance window (if downtime needed)",
  liftedByBreakGlass: true,
  warnsInPreview: true,
  bad: {
    file: { header: { "Downtime required": "Yes" } },
    windows: [parseWindow("2026-02-01T22:00Z/PT4H")],
  },
  good: {
    file: { header: { "Downtime required": "Yes" } },
    windows: [parseWindow("2026-02-01T12:00Z/PT4H")],
  },
  find: (input) => {
    const { windows, now } = input;
    if (openWindow(windows, now) !== null) return [];
    return subjectsOf(input).flatMap(({ file, impacts }) => {
      const reason = windowReason(file, impacts);
      if (reason === null) return [];
      return [
        {
          ...inHeader(file, "Downtime required"),
          message: `${reason}, and no maintenance window is open: ${describeWindows(windows, now)}.`,
          remedy: "run up inside the window, or agree on one and add it to the stack's window.",
        },
      ];
    });
  },
});
