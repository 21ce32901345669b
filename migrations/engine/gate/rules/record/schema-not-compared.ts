/**
 * Gate rule schema-not-compared: its texts, its examples, and what it finds.
 * Does NOT compare (see history/structureRecord.ts).
 */
import { ofStack } from "../../input/findings";
import { planRule } from "../planRule";
import { acknowledgement } from "./recordFacts";

export const schemaNotCompared = planRule({
  id: "schema-not-compared",

  severity: () => "warning",
  problem: "The schemas could not be compared with what the last run left.",
  why: "what somebody changed by hand would go unnoticed.",
  source: "Policy, All changes via versioned scripts; no manual fixes",
  bad: { structure: { kind: "not compared", reason: "the record is of a newer release" } },
  good: { structure: { kind: "never recorded" } },
  find: ({ structure, tier }) =>
    structure?.kind === "not compared"
      ? [
          {
            ...ofStack,
            message: `the schemas could not be compared with what the last run left: ${structure.reason}.`,
            remedy: `try again; where it stays so, compare by other means and begin anew with ${acknowledgement(tier)}.`,
          },
        ]
      : [],
});
