/**
 * Gate rules about versions that go back because the target was lowered below them.
 * Does NOT look at pending files. What a tier demands stands in tier.ts alone.
 */
import { tierRules } from "../../../stack/tier";
import type { MigrationFile } from "../files/file";
import { rollbackNameOf } from "../files/header";
import {
  always,
  type GateInput,
  type GateRule,
  type Violation,
  whereDemanded,
} from "./input/gateRule";

const inHeader = (file: MigrationFile, field: string) => ({
  file: file.fileName,
  line: file.header.lines[field] ?? null,
});

const isEdited = ({ plan }: GateInput, file: MigrationFile): boolean =>
  plan.changedRollbacks.includes(file);

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

/** Whether the header names a review on the day on which the version was applied here, or later. */
const isReviewedSince = ({ appliedAt }: GateInput, { header }: MigrationFile): boolean => {
  const applied = appliedAt?.(header.version)?.toISOString().slice(0, "2026-01-01".length);
  return applied === undefined || (header.reviewedOn !== null && header.reviewedOn >= applied);
};

/** In the order of a rollback: allowed, possible, tested, and what it costs. */
export const goingBackRules: readonly GateRule[] = [
  {
    id: "rollback-ticket",
    severity: whereDemanded("requiresTicket"),
    why: "a rollback changes the database too: it is approved, and recorded with its ticket.",
    source: "Policy, Emergency Procedures; UAT / Production: Change ticket required",
    check: ({ plan, tickets }) =>
      plan.toRollBack.length > 0 && tickets.length === 0
        ? [
            {
              file: "",
              line: null,
              message: `no ticket is named for rolling back ${plan.toRollBack.map(({ header }) => header.version).join(", ")}.`,
              remedy:
                "name the ticket of the change or of the incident: DDL_TICKETS=CHG-2026-0142.",
            },
          ]
        : [],
  },
  {
    id: "rollback-file-missing",
    severity: always,
    why: "without its rollback file a version cannot be taken back, and none below it.",
    source: "Policy, Rollback Script",
    check: ({ plan, targetVersion }) =>
      plan.toRollBack
        .filter(({ rollback }) => rollback === null)
        .map((file) => ({
          ...inHeader(file, "Rollback script"),
          message: `version ${file.header.version} is above targetVersion ${targetVersion} and has no rollback file.`,
          remedy: `write migrations/${rollbackNameOf(file.fileName)} and prove it, or raise targetVersion again.`,
        })),
  },
  {
    id: "rollback-not-tested",
    severity: whereDemanded("requiresTestedRollback"),
    why: "a rollback that was never run is a guess, and this is the moment it must not fail.",
    source: "Policy, Header Block: Rollback tested",
    check: (input) =>
      input.plan.toRollBack
        .filter((file) => file.rollback !== null && !isTested(input, file))
        .map((file) => ({
          ...inHeader(file, "Rollback tested"),
          ...(isEdited(input, file)
            ? {
                message: `the rollback of ${file.header.version} is not the one that came with it, and the tier below has not proven it as it is now.`,
                remedy: `restore it from git; or run it there: ddl prove ${file.header.version} --stack ${tierRules[input.tier].lowerTier ?? input.tier}, then up, which publishes it.`,
              }
            : {
                message: `the rollback of ${file.header.version} is neither marked as tested nor proven here.`,
                remedy: `ddl prove ${file.header.version}: it runs in a scratch database beside this one.`,
              }),
        })),
  },
  {
    id: "rollback-not-reviewed",
    severity: whereDemanded("requiresReview"),
    why: "a rollback that was changed after it was applied is a change that nobody has reviewed.",
    source: "Policy, Review: DBA reviews migration script",
    check: (input) =>
      input.plan.toRollBack
        .filter((file) => isEdited(input, file) && !isReviewedSince(input, file))
        .map((file) => ({
          ...inHeader(file, "REVIEWED ON"),
          message: `${file.rollback?.fileName ?? file.fileName} is not the one that came with ${file.header.version}, and was not reviewed since.`,
          remedy:
            "have both files reviewed, and write REVIEWED BY and the day into REVIEWED ON of the migration.",
        })),
  },
  {
    id: "rollback-not-whole",
    severity: () => "warning",
    why: "what the header calls not possible to recover stays lost, or stays where it is, after the rollback.",
    source: "Policy, Header Block: Data recovery",
    check: ({ plan }) =>
      plan.toRollBack
        .filter(({ header }) => header.rollback.dataRecovery === "Not possible")
        .map((file) => ({
          ...inHeader(file, "Data recovery"),
          message: `Data recovery: Not possible. Rolling back ${file.header.version} does not bring everything back.`,
          remedy: "read the rollback file's WARNING, and consider a forward fix instead.",
        })),
  },
];

/** Rules whose errors keep versions from going back. What is wrong with pending files is no reason to keep them. */
const holding = new Set([
  ...goingBackRules.map(({ id }) => id),
  ...["unknown-target", "target-version-required", "migrator-required", "missing-applied-file"],
]);

const isHolding = ({ rule, inRollback }: Violation): boolean =>
  holding.has(rule) || inRollback === true;

/** Those of a verdict that are about going back. */
export const aboutRollbacks = (violations: readonly Violation[]): readonly Violation[] =>
  violations.filter(isHolding);

/** Whether a verdict keeps versions above the target from going back. */
export const holdsRollbacks = (violations: readonly Violation[]): boolean =>
  violations.some((one) => one.severity === "error" && isHolding(one));

/**
 * The input as if the changed rollback files that are about to run were pending: what they say is then judged by the rules
 * of files, as it was when they came with their migrations. Null where none is.
 */
export function editedRollbacks(input: GateInput): GateInput | null {
  const pending = input.plan.toRollBack.filter((file) => isEdited(input, file));
  if (pending.length === 0) return null;
  return {
    ...input,
    plan: { ...input.plan, pending, toRollBack: [], changedRollbacks: [], problems: [] },
  };
}
