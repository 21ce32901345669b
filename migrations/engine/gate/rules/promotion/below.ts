/**
 * What the tier below has published of pending migrations, as the rules of this folder ask for it.
 * Does NOT reach another stack (see migrations/program/surveyStacks.ts) and holds no rule.
 */
import { type Severity, type Tier, tierRules } from "../../../../../stack/tier";
import type { MigrationFile } from "../../../files/file";
import type { LowerTier, PublishedProof, PublishedVersion } from "../../../history/promotion";
import { inHeader } from "../../input/findings";
import type { GateInput } from "../../input/gateInput";
import type { RuleFinding } from "../../input/gateRule";

/** A rule about the tier below has no say where there is none. */
export const whereLowerTier = (tier: Tier): Severity | null =>
  tierRules[tier].lowerTier === null ? null : "error";

/** What the tier below says, where it could be asked. */
export const knownBelow = ({ lower }: GateInput): Extract<LowerTier, { kind: "known" }> | null =>
  lower?.kind === "known" ? lower : null;

export interface Promoted {
  readonly file: MigrationFile;
  /** Of the tier below, with exactly this file's checksum. */
  readonly below: PublishedVersion;
  readonly stack: string;
}

/** Pending files that the tier below has applied as they are. What it has not is another rule's affair. */
export function promoted(input: GateInput): readonly Promoted[] {
  const lower = knownBelow(input);
  if (lower === null) return [];
  return input.plan.pending.flatMap((file) => {
    const below = lower.versions.find(
      ({ version, checksum }) => version === file.header.version && checksum === file.checksum,
    );
    return below === undefined ? [] : [{ file, below, stack: lower.stack }];
  });
}

/** A finding for each promoted file that lacks something below. */
export const lacking = (
  input: GateInput,
  isLacking: (one: Promoted) => boolean,
  words: (one: Promoted, tier: string) => { readonly message: string; readonly remedy: string },
): readonly RuleFinding[] =>
  promoted(input)
    .filter(isLacking)
    .map((one) => ({
      ...inHeader(one.file, "VERSION"),
      ...words(one, tierRules[input.tier].lowerTier ?? ""),
    }));

/** A proof of exactly these two texts in the tier below; null where there is none. */
export const proofBelow = (
  rollback: MigrationFile["rollback"],
  below: PublishedVersion | undefined,
): PublishedProof | null => {
  const proof = below?.proven ?? null;
  return proof?.rollbackChecksum === rollback?.checksum ? proof : null;
};

/** Pending files whose present rollback the tier below has proven, with what that proof had rows in. */
export const provenBelow = (
  input: GateInput,
): readonly { readonly file: MigrationFile; readonly rows: PublishedProof["rows"] }[] =>
  promoted(input).flatMap(({ file, below }) => {
    const proof = file.rollback === null ? null : proofBelow(file.rollback, below);
    return proof === null ? [] : [{ file, rows: proof.rows }];
  });

/** How the proof of a version is made in the tier below. */
export const proveBelow = ({ tier }: GateInput, { header }: MigrationFile): string =>
  `npx ddl promote --stack ${tier} --prove ${header.version}; proven already: run up on ${tierRules[tier].lowerTier ?? ""}, which publishes it.`;
