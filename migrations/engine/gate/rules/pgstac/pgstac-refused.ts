/**
 * Gate rule pgstac-refused: its texts, its examples, and what it finds.
 * Does NOT decide what leads to a version (pgstac/hardening/plan.ts).
 */
import { ofStack } from "../../input/findings";
import { always } from "../../input/gateRule";
import { planRule } from "../planRule";
import { unchanged, withQueue } from "./pgstacExamples";

export const pgstacRefused = planRule({
  id: "pgstac-refused",

  severity: always,
  problem:
    "PgSTAC cannot be brought to the stack's version: a downgrade, an unknown version, a version that cannot be read safely, or queued statements.",
  why: "there is no safe way from what is installed to what the stack says.",
  source: "Policy, Dependencies: Requires PgSTAC 0.9.x",
  bad: { pgstac: withQueue },
  good: { pgstac: unchanged },
  find: ({ pgstac }) =>
    pgstac?.plan.kind === "refused"
      ? [{ ...ofStack, message: pgstac.plan.reason, remedy: pgstac.plan.remedy }]
      : [],
});
