/**
 * Gate rule exception-unbacked: its texts, its examples, and what it finds.
 * Does NOT lift anything (see gate.ts).
 */
import { elseWarn } from "../../input/gateRule";
import { jobsRegion } from "../exampleParts";
import { exceptionRule } from "./exceptionRule";

export const exceptionUnbacked = exceptionRule({
  id: "exception-unbacked",

  severity: elseWarn("requiresBackedExceptions"),
  problem: "An exception gives a reason, but not what its rule asks for beside it.",
  why: "a reason alone is not enough where real data are at stake.",
  instead: "what the rule's page asks for, for example a backup reference.",
  bad: {
    body: "ALTER TABLE dagapp.jobs DROP COLUMN owner;",
    rollback: "ALTER TABLE dagapp.jobs ADD COLUMN IF NOT EXISTS owner TEXT;",
    header: { EXCEPTIONS: "ban-drop-column: it was never filled" },
  },
  good: jobsRegion,
  fault: ({ file, exception, named }) => {
    const backing = named?.rule.exception;
    if (backing === undefined || backing === "reason" || backing.holds(file)) return null;
    const demand = backing.demand.replaceAll("`", "");
    return {
      message: `the exception to ${exception.rule} is not backed by ${demand}.`,
      remedy: `give ${demand}, or do what the rule asks.`,
    };
  },
});
