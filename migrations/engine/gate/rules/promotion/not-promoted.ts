/**
 * Gate rule not-promoted: its texts, its examples, and what it finds.
 * Does NOT reach another stack: what the tier below says is given (see history/promotion.ts).
 */
import { inHeader, shortChecksum } from "../../input/findings";
import { planRule } from "../planRule";
import { knownBelow, promoted, whereLowerTier } from "./below";

export const notPromoted = planRule({
  id: "not-promoted",

  severity: whereLowerTier,
  problem: "A pending migration is not applied in the tier below, or as another text.",
  why: "each change runs in every tier in turn, and as the same text.",
  source: "Policy, Checklist: Tested in DEV, QA, UAT",
  liftedByBreakGlass: true,
  bad: { below: null },
  good: {},
  find: (input) => {
    const { tier } = input;
    const lower = knownBelow(input);
    if (lower === null) return [];
    const has = new Set(promoted(input).map(({ file }) => file));
    return input.plan.pending
      .filter((file) => !has.has(file))
      .map((file) => {
        const { version } = file.header;
        const below = lower.versions.find((one) => one.version === version);
        if (below?.baselined !== undefined) {
          return {
            ...inHeader(file, "VERSION"),
            message: `version ${version} was baselined in ${lower.stack} by ${below.baselined.by}: it was found there, and has never run there.`,
            remedy: `where it is in this database too, npx ddl baseline ${version} --stack ${tier}; else run it in a database of the tier below that does not have it.`,
          };
        }
        return {
          ...inHeader(file, "VERSION"),
          message:
            below === undefined
              ? `version ${version} is not applied in ${lower.stack}.`
              : `version ${version} is ${shortChecksum(file.checksum)} here, but ${lower.stack} has applied ${shortChecksum(below.checksum)}.`,
          remedy:
            below === undefined
              ? `run up on ${lower.stack} first.`
              : "roll it back there and run the text that is meant, or restore that text from git.",
        };
      });
  },
});
