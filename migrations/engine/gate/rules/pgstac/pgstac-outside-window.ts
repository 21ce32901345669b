/**
 * Gate rule pgstac-outside-window: its texts, its examples, and what it finds.
 * Does NOT decide what leads to a version (pgstac/hardening/plan.ts).
 */
import { describeWindows, openWindow } from "../../../../../stack/window";
import { ofStack } from "../../input/findings";
import { whereDemanded } from "../../input/gateRule";
import { pgstacChange } from "../../input/pgstacChange";
import { planRule } from "../planRule";
import { unchanged, upgrade } from "./pgstacExamples";

export const pgstacOutsideWindow = planRule({
  id: "pgstac-outside-window",

  severity: whereDemanded("enforcesWindow"),
  liftedByBreakGlass: true,
  warnsInPreview: true,
  problem: "PgSTAC would be installed or upgraded while no maintenance window is open.",
  why: "sessions of the application and of readers are ended, and nobody may connect until it is done.",
  source: "Policy, UAT Execution: Schedule maintenance window (if downtime needed)",
  bad: { pgstac: upgrade },
  good: { pgstac: unchanged },
  find: (input) => {
    const { windows, now, pgstac } = input;
    const change = pgstacChange(input);
    // Nobody's session is ended where it is only recorded: a run that was cut off in a window is finished after it.
    if (change === null || pgstac?.plan.kind === "finish" || openWindow(windows, now) !== null)
      return [];
    return [
      {
        ...ofStack,
        message: `${change}, and no maintenance window is open: ${describeWindows(windows, now)}.`,
        remedy: "run up inside the window, or agree on one and add it to the stack's window.",
      },
    ];
  },
});
