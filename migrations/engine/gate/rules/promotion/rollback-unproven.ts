/**
 * Gate rule rollback-unproven: its texts, its examples, and what it finds.
 * Does NOT reach another stack: what the tier below says is given (see history/promotion.ts).
 */
import { inHeader, shortChecksum } from "../../input/findings";
import type { GateInput } from "../../input/gateInput";
import { type RuleFinding, whereDemanded } from "../../input/gateRule";
import { planRule } from "../planRule";
import { promoted, proofBelow, proveBelow } from "./below";

/**
 * A proof counts from the tier below. Where the version never ran there, which a break-glass lets pass, it counts from
 * this server: in a scratch database with generated rows. A proof made here for another text than the one below
 * does not.
 */
function unprovenRollbacks(input: GateInput): readonly RuleFinding[] {
  const { plan, tier, lower, provenRollbacks, breakGlass } = input;
  const belowOf = new Map(promoted(input).map(({ file, below }) => [file, below]));
  return plan.pending.flatMap((file) => {
    const { rollback, header } = file;
    const { version } = header;
    const below = belowOf.get(file);
    // Without a rollback file, or where the version is not below, another rule speaks.
    if (rollback === null || (below === undefined && breakGlass === null)) return [];
    const otherText = below?.proven?.rollbackChecksum ?? null;
    const isProven =
      proofBelow(rollback, below) !== null ||
      (otherText === null && provenRollbacks?.has(version) === true);
    if (isProven) return [];
    const where = below === undefined ? "here" : `in ${lower?.stack ?? "the tier below"}`;
    return [
      {
        ...inHeader(file, "VERSION"),
        message:
          otherText === null
            ? `the rollback of version ${version} is not proven ${where}.`
            : `another rollback of version ${version} is proven ${where}: ${shortChecksum(otherText)}.`,
        remedy:
          below === undefined
            ? `npx ddl prove ${version} --stack ${tier}: it runs in a scratch database beside this one.`
            : proveBelow(input, file),
      },
    ];
  });
}

export const rollbackUnproven = planRule({
  id: "rollback-unproven",

  severity: whereDemanded("requiresProof"),
  problem: "The rollback of a pending migration is not proven for these two texts.",
  why: "a rollback that was never run from this text back to the one before is a guess.",
  source: "Policy, Header Block: Rollback tested; Checklist: Rollback plan documented",
  bad: { below: { proven: null } },
  good: {},
  find: unprovenRollbacks,
});
