/**
 * Gate rule exception-unused: its texts, its examples, and what it finds.
 * Does NOT lift anything (see gate.ts).
 */
import { isAbout } from "../../input/findings";
import { always } from "../../input/gateRule";
import { jobsRegion } from "../exampleParts";
import { exceptionRule, mayFind } from "./exceptionRule";

export const exceptionUnused = exceptionRule({
  id: "exception-unused",

  severity: always,
  problem: "EXCEPTIONS names a rule that finds nothing in the file.",
  why: "an exception that nothing needs would hide the next one that does.",
  instead: "no line for it.",
  bad: { ...jobsRegion, header: { EXCEPTIONS: "renaming-column: nobody reads it" } },
  good: jobsRegion,
  fault: (one) => {
    const { file, exception, named } = one;
    if (named?.rule.exception === undefined || named.rule.foundByRuns === true) return null;
    const hits = named.findings.some((finding) => isAbout(finding, file));
    return hits || mayFind(one)
      ? null
      : { message: `${exception.rule} finds nothing in this file.`, remedy: "remove the line." };
  },
});
