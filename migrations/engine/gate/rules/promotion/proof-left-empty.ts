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
  problem: "The proof below could put no rows into some tables.",
  why: "a table without rows has nothing to lose: what becomes of its rows was not seen.",
  source: "Policy, Header Block: Data recovery",
  exception: "reason",
  bad: { belowRows: { tables: 3, rows: 60, real: 0, empty: ["dagapp.jobs"] } },
  good: {},
  find: (input) =>
    provenBelow(input).flatMap(({ file, rows }) =>
      rows === null || rows.empty.length === 0
        ? []
        : [
            {
              ...inHeader(file, "VERSION"),
              message: `the rollback of version ${file.header.version} was proven without rows in ${listed(rows.empty)}.`,
              remedy: `put rows for it into migrations/${samplesFile} (INSERT statements), then ${proveBelow(input, file)}`,
            },
          ],
    ),
});
