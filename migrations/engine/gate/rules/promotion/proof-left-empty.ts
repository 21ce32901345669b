/**
 * Gate rule proof-left-empty: its texts, its examples, and what it finds.
 * Does NOT reach another stack: what the tier below says is given (see history/promotion.ts).
 */
import { samplesFile } from "../../../files/collection";
import { inHeader, listed } from "../../input/findings";
import { whereDemanded } from "../../input/gateRule";
import { planRule } from "../planRule";
import { proveBelow, provenBelow } from "./below";

export const proofLeftEmpty = planRule({
  id: "proof-left-empty",

  severity: whereDemanded("requiresProof"),
  problem:
    "The proof below could put no rows into some tables, or an UPDATE or DELETE of the files met none of them.",
  why: "a table without rows has nothing to lose, and a statement that meets none does nothing: what becomes of rows was not seen.",
  source: "Policy, Header Block: Data recovery",
  exception: "reason",
  bad: { belowRows: { tables: 3, rows: 60, real: 0, empty: ["dagapp.jobs"], unmet: [] } },
  good: {},
  find: (input) =>
    provenBelow(input).flatMap(({ file, rows }) => {
      const { empty = [], unmet = [] } = rows ?? {};
      const { version } = file.header;
      return [
        ...(empty.length === 0
          ? []
          : [`the rollback of version ${version} was proven without rows in ${listed(empty)}.`]),
        ...(unmet.length === 0
          ? []
          : [`the proof of version ${version} has no row that is met by ${listed(unmet)}.`]),
      ].map((message) => ({
        ...inHeader(file, "VERSION"),
        message,
        remedy: `put rows for it into migrations/${samplesFile} (INSERT statements), then ${proveBelow(input, file)}`,
      }));
    }),
});
