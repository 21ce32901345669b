/**
 * Gate rule rollback-not-tested: its texts, its examples, and what it finds.
 * Does NOT look into the SQL of files.
 */
import { tierRules } from "../../../../../stack/tier";
import type { MigrationFile } from "../../../files/file";
import { inHeader } from "../../input/findings";
import type { GateInput } from "../../input/gateInput";
import { whereDemanded } from "../../input/gateRule";
import { planRule } from "../planRule";
import { goingBack, isEdited } from "./goingBack";

/** Whether the tier below has proven exactly these two texts. */
const isProvenBelow = ({ lower }: GateInput, { header, checksum, rollback }: MigrationFile) =>
  lower?.kind === "known" &&
  lower.versions.some(
    ({ version, checksum: applied, proven }) =>
      version === header.version &&
      applied === checksum &&
      proven?.rollbackChecksum === rollback?.checksum,
  );

/**
 * The header's word counts for the text that was there when the version was applied: it came through the tiers with it.
 * A later text comes through them too: where a tier asks for proofs, that of the tier below counts and none made here.
 */
const isTested = (input: GateInput, file: MigrationFile): boolean => {
  const isProvenHere = input.provenRollbacks?.has(file.header.version) === true;
  if (!isEdited(input, file)) return isProvenHere || file.header.rollback.tested === true;
  return tierRules[input.tier].requiresProof ? isProvenBelow(input, file) : isProvenHere;
};

export const rollbackNotTested = planRule({
  id: "rollback-not-tested",

  severity: whereDemanded("requiresTestedRollback"),
  problem: "A version is to go back by a rollback that was neither tested nor proven as it is now.",
  why: "a rollback that was never run is a guess, and this is the moment it must not fail.",
  source: "Policy, Header Block: Rollback tested",
  holdsRollbacks: true,
  bad: { ...goingBack, file: { header: { "Rollback tested": "No" } } },
  good: {
    ...goingBack,
    file: { header: { "Rollback tested": "No" } },
    provenRollbacks: new Set(["1.1.0"]),
  },
  find: (input) =>
    input.plan.toRollBack
      .filter((file) => file.rollback !== null && !isTested(input, file))
      .map((file) => ({
        ...inHeader(file, "Rollback tested"),
        ...(isEdited(input, file)
          ? {
              message: `the rollback of ${file.header.version} is not the one that came with it, and the tier below has not proven it as it is now.`,
              remedy: `restore it from git; or run it there: npx ddl prove ${file.header.version} --stack ${tierRules[input.tier].lowerTier ?? input.tier}, then up, which publishes it.`,
            }
          : {
              message: `the rollback of ${file.header.version} is neither marked as tested nor proven here.`,
              remedy: `npx ddl prove ${file.header.version}: it runs in a scratch database beside this one.`,
            }),
      })),
});
