/**
 * Gate rule record-doubted: its texts, its examples, and what it finds.
 * Does NOT tell what a run has written from what others have (see history/doubts.ts).
 */
import { wayOut } from "../../../history/doubted";
import { ofStack } from "../../input/findings";
import { elseWarn } from "../../input/gateRule";
import { planRule } from "../planRule";

export const recordDoubted = planRule({
  id: "record-doubted",

  severity: elseWarn("requiresRecord"),
  problem: "Ledger or events of a version say what no run has written.",
  why: "whoever may run migrations may write both by hand, and a run that goes by them leaves statements out, or runs them twice.",
  source: "Policy, Migration Tracking Table",
  bad: {
    states: [{ version: "1.0.0" }, { version: "1.1.0", status: "incomplete" }],
    doubted: [
      {
        version: "1.1.0",
        is: "half done",
        doubts: [
          "event 12, segment-done of segment 1, by m.reyes at 2026-02-01T10:00:00.000Z: no run has written it",
        ],
      },
    ],
  },
  good: { doubted: [] },
  find: ({ doubted = [], files, tier }) =>
    doubted.map((one) => ({
      ...ofStack,
      file: files.find(({ header }) => header.version === one.version)?.fileName ?? ofStack.file,
      message: [`what is recorded of ${one.version} cannot be gone by:`, ...one.doubts].join(
        "\n    ",
      ),
      remedy: wayOut(one, tier),
    })),
});
