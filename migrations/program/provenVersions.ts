/**
 * Declares the proof of rollbacks behind everything else, in the tiers whose `up` proves.
 * Does NOT prove anything (see engine/proofPass.ts).
 */
import * as pulumi from "@pulumi/pulumi";

import type { Settings } from "../../stack/settings";
import { tierRules } from "../../stack/tier";
import { type RollbackTexts, rollbackTexts } from "../engine/history/proof";
import type { Survey } from "../engine/survey/survey";
import type { MigrationSet, MigrationSetArgs } from "./migrationSet";
import { Proofs } from "./provider";

/**
 * The versions as they are published once their rollbacks are proven; in a tier that proves none, once they are applied.
 *
 * @param migrations  What comes before: `versions` is what is known once they have run.
 */
export function provenVersions(
  { tier, server: { database }, extensions, proofTemplate }: Settings,
  { versions }: MigrationSet,
  { survey, readBack }: MigrationSetArgs,
  opts: pulumi.CustomResourceOptions,
): MigrationSet["versions"] {
  if (tierRules[tier].provesRollbacks === null) return versions;
  const ground = [...extensions, `from ${proofTemplate ?? "nothing"}`].join(", ");
  const args = { database, ground, rollbacks: rollbacksToProve(survey) };
  const proofs = new Proofs("proofs", args, opts);
  return pulumi.all([versions, proofs.lastPass]).apply(readBack);
}

/** Of what is applied once this run has ended; nothing while the gate refuses, so that nothing runs behind its back. */
function rollbacksToProve({ files, plan, violations }: Survey): readonly RollbackTexts[] {
  if (violations.some(({ severity }) => severity === "error")) return [];
  const { applied, pending, toRollBack } = plan;
  return rollbackTexts(
    files.filter(
      (file) => (applied.includes(file) || pending.includes(file)) && !toRollBack.includes(file),
    ),
  );
}
