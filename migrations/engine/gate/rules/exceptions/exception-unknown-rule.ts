/**
 * Gate rule exception-unknown-rule: its texts, its examples, and what it finds.
 * Does NOT lift anything (see gate.ts).
 */
import { always } from "../../input/gateRule";
import { jobsRegion } from "../exampleParts";
import { exceptionRule } from "./exceptionRule";

export const exceptionUnknownRule = exceptionRule({
  id: "exception-unknown-rule",

  severity: always,
  problem: "EXCEPTIONS names a rule that does not exist.",
  why: "nothing is excepted by it, though the header says so.",
  instead: "the id as this page has it.",
  bad: { ...jobsRegion, header: { EXCEPTIONS: "renaming-columns: nobody reads it" } },
  good: jobsRegion,
  fault: ({ exception, named }) =>
    named === undefined
      ? {
          message: `there is no rule ${exception.rule}.`,
          remedy: "take the id from migrations/RULES.md.",
        }
      : null,
});
