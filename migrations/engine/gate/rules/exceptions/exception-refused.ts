/**
 * Gate rule exception-refused: its texts, its examples, and what it finds.
 * Does NOT lift anything (see gate.ts).
 */
import { always } from "../../input/gateRule";
import { jobsRegion } from "../exampleParts";
import { exceptionRule } from "./exceptionRule";

export const exceptionRefused = exceptionRule({
  id: "exception-refused",

  severity: always,
  problem: "EXCEPTIONS names a rule that hears none.",
  why: "what the rule asks for must hold in every file.",
  instead: "do what the rule asks.",
  bad: { ...jobsRegion, header: { EXCEPTIONS: "ban-truncate: nobody reads it" } },
  good: jobsRegion,
  fault: ({ exception, named }) =>
    named !== undefined && named.rule.exception === undefined
      ? {
          message: `${exception.rule} hears no exception.`,
          remedy: "remove the line and do what the rule asks.",
        }
      : null,
});
