/**
 * Gate rule proof-without-rows: its texts, its examples, and what it finds.
 * Does NOT reach another stack: what the tier below says is given (see history/promotion.ts).
 */
import { tierRules } from "../../../../../stack/tier";
import { inHeader } from "../../input/findings";
import { planRule } from "../planRule";
import { proveBelow, provenBelow } from "./below";

export const proofWithoutRows = planRule({
  id: "proof-without-rows",

  severity: (tier) => (tierRules[tier].requiresProof ? "warning" : null),
  problem: "The proof below is of a release whose proofs had no rows.",
  why: "empty tables have nothing to lose: what the rollback does not bring back was not seen.",
  source: "Policy, Header Block: Data recovery",
  bad: { belowRows: null },
  good: {},
  find: (input) =>
    provenBelow(input)
      .filter(({ rows }) => rows === null)
      .map(({ file }) => ({
        ...inHeader(file, "VERSION"),
        message: `the rollback of version ${file.header.version} was proven before proofs had rows.`,
        remedy: proveBelow(input, file),
      })),
});
