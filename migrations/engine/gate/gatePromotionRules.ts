/**
 * Gate rules about what other people and other tiers have said: promotion from the tier below, maintenance window,
 * break-glass.
 * Does NOT look into files (see gateFileRules). What a tier demands stands in tier.ts alone.
 */
import { type Severity, type Tier, tierRules } from "../../../stack/tier";
import { alwaysOpen, describeWindows, openWindow } from "../../../stack/window";
import { samplesFile } from "../files/collection";
import type { MigrationFile } from "../files/file";
import type { LowerTier, PublishedProof, PublishedVersion } from "../history/promotion";
import { impactsOf } from "../impact/classify";
import { modelBefore } from "../schema/schemaReplay";
import {
  elseWarn,
  type GateInput,
  type GateRule,
  listed,
  type RuleFinding,
  whereDemanded,
} from "./input/gateRule";
import { windowReason } from "./windowNeed";

const ofStack = { file: "", line: null };
const ofFile = (file: MigrationFile) => ({
  file: file.fileName,
  line: file.header.lines["VERSION"] ?? null,
});
const short = (checksum: string | null): string =>
  checksum === null ? "an unknown text" : checksum.slice(0, "sha256:".length + 8);

/** A rule about the tier below has no say where there is none. */
const whereLowerTier = (tier: Tier): Severity | null =>
  tierRules[tier].lowerTier === null ? null : "error";

const known = ({ lower }: GateInput): Extract<LowerTier, { kind: "known" }> | null =>
  lower?.kind === "known" ? lower : null;

interface Promoted {
  readonly file: MigrationFile;
  /** Of the tier below, with exactly this file's checksum. */
  readonly below: PublishedVersion;
  readonly stack: string;
}

/** Pending files that the tier below has applied as they are. What it has not is another rule's affair. */
function promoted(input: GateInput): readonly Promoted[] {
  const lower = known(input);
  if (lower === null) return [];
  return input.plan.pending.flatMap((file) => {
    const below = lower.versions.find(
      ({ version, checksum }) => version === file.header.version && checksum === file.checksum,
    );
    return below === undefined ? [] : [{ file, below, stack: lower.stack }];
  });
}

const lacking = (
  input: GateInput,
  isLacking: (one: Promoted) => boolean,
  words: (one: Promoted, tier: string) => { readonly message: string; readonly remedy: string },
): readonly RuleFinding[] =>
  promoted(input)
    .filter(isLacking)
    .map((one) => ({
      ...ofFile(one.file),
      ...words(one, tierRules[input.tier].lowerTier ?? ""),
    }));

/** A proof of exactly these two texts in the tier below; null where there is none. */
const proofBelow = (
  rollback: MigrationFile["rollback"],
  below: PublishedVersion | undefined,
): PublishedProof | null => {
  const proof = below?.proven ?? null;
  return proof?.rollbackChecksum === rollback?.checksum ? proof : null;
};

/**
 * A proof counts from the tier below. Where the version never ran there, which a break-glass lets pass, it counts from
 * this server: in a scratch database with rows that are made up. A proof made here for another text than the one below
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
        ...ofFile(file),
        message:
          otherText === null
            ? `the rollback of version ${version} is not proven ${where}.`
            : `another rollback of version ${version} is proven ${where}: ${short(otherText)}.`,
        remedy:
          below === undefined
            ? `ddl prove ${version} --stack ${tier}: it runs in a scratch database beside this one.`
            : `ddl prove ${version} --stack ${tierRules[tier].lowerTier ?? ""}, then up there, which publishes it.`,
      },
    ];
  });
}

/** Pending files whose present rollback the tier below has proven, with what that proof had rows in. */
const provenBelow = (
  input: GateInput,
): readonly { readonly file: MigrationFile; readonly rows: PublishedProof["rows"] }[] =>
  promoted(input).flatMap(({ file, below }) => {
    const proof = file.rollback === null ? null : proofBelow(file.rollback, below);
    return proof === null ? [] : [{ file, rows: proof.rows }];
  });

const proveBelow = ({ tier }: GateInput, { header }: MigrationFile): string =>
  `ddl prove ${header.version} --stack ${tierRules[tier].lowerTier ?? ""}, then up there, which publishes it.`;

const longestWindowMs = 7 * 24 * 60 * 60 * 1000;

/** First what is out of the ordinary; then in the order of a change: where it comes from, what was said there, when it may run. */
export const promotionRules: readonly GateRule[] = [
  {
    id: "break-glass-open",
    severity: () => "warning",
    why: "promotion and maintenance window are lifted for as long as it is open.",
    source: "Policy, Emergency Procedures",
    check: ({ breakGlass }) =>
      breakGlass === null
        ? []
        : [
            {
              ...ofStack,
              message:
                `break-glass is open since ${breakGlass.at.toISOString()}: ${breakGlass.reason} ` +
                `(${breakGlass.ticket}, allowed by ${breakGlass.approvedBy}, opened by ${breakGlass.login}).`,
              remedy:
                "ddl break-glass close --by <person> --note <what was done>, once it is over.",
            },
          ],
  },
  {
    id: "promotion-source-required",
    severity: (tier) =>
      tierRules[tier].lowerTier === null ? null : elseWarn("requiresPromotionSource")(tier),
    why: "what was tried in no tier is tried here for the first time.",
    source: "Policy, Change Management Process",
    check: ({ plan, tier, lower }) => {
      const { lowerTier } = tierRules[tier];
      if (plan.pending.length === 0 || lowerTier === null) return [];
      const remedy = `set promotesFrom to the stack of ${lowerTier}, such as organization/rmhgeoapi-database/${lowerTier}.`;
      if (lower === null) return [{ ...ofStack, message: "promotesFrom is not stated.", remedy }];
      if (lower.kind !== "known" || lower.tier === lowerTier) return [];
      const message = `promotesFrom names ${lower.stack}, which is ${lower.tier ?? "of no tier"} and not ${lowerTier}.`;
      return [{ ...ofStack, message, remedy }];
    },
  },
  {
    id: "promotion-unknown",
    severity: whereLowerTier,
    liftedByBreakGlass: true,
    warnsInPreview: true,
    why: "what cannot be told to have been tried counts as not tried.",
    source: "Policy, Change Management Process",
    check: ({ plan, lower }) =>
      plan.pending.length > 0 && lower?.kind === "unknown"
        ? [
            {
              ...ofStack,
              message: `what ${lower.stack} has applied is not known: ${lower.reason}.`,
              remedy: "run preview or up where Pulumi and its backend can be reached.",
            },
          ]
        : [],
  },
  {
    id: "stack-missing",
    severity: whereLowerTier,
    liftedByBreakGlass: true,
    why: "nothing has been tried in a tier that is not there.",
    source: "Policy, Change Management Process",
    check: ({ plan, tier, lower }) =>
      plan.pending.length > 0 && lower?.kind === "missing"
        ? [
            {
              ...ofStack,
              message: `the stack ${lower.stack} cannot be promoted from: ${lower.reason}.`,
              remedy: `bring ${tierRules[tier].lowerTier ?? "it"} up first, or correct promotesFrom.`,
            },
          ]
        : [],
  },
  {
    id: "not-promoted",
    severity: whereLowerTier,
    liftedByBreakGlass: true,
    why: "each change runs in every tier in turn, and as the same text.",
    source: "Policy, Checklist: Tested in DEV, QA, UAT",
    check: (input) => {
      const lower = known(input);
      if (lower === null) return [];
      const has = new Set(promoted(input).map(({ file }) => file));
      return input.plan.pending
        .filter((file) => !has.has(file))
        .map((file) => {
          const { version } = file.header;
          const below = lower.versions.find((one) => one.version === version);
          return {
            ...ofFile(file),
            message:
              below === undefined
                ? `version ${version} is not applied in ${lower.stack}.`
                : `version ${version} is ${short(file.checksum)} here, but ${lower.stack} has applied ${short(below.checksum)}.`,
            remedy:
              below === undefined
                ? `run up on ${lower.stack} first.`
                : "roll it back there and run the text that is meant, or restore that text from git.",
          };
        });
    },
  },
  {
    id: "sign-off-missing",
    severity: whereDemanded("requiresSignOff"),
    liftedByBreakGlass: true,
    why: "a tier is left only when its people say so.",
    source: "Policy, QA Execution: Sign-off for UAT; UAT Execution: Sign-off for Production",
    check: (input) =>
      lacking(
        input,
        ({ below }) => below.signedOff === null,
        ({ below, stack }, tier) => ({
          message: `version ${below.version} is not signed off in ${stack}.`,
          remedy: `ddl signoff ${below.version} --stack ${tier} --by <person>, then up on ${tier}, which publishes it.`,
        }),
      ),
  },
  {
    id: "validation-missing",
    severity: whereDemanded("requiresValidation"),
    liftedByBreakGlass: true,
    why: "only the application's own people see whether it still works.",
    source: "Policy, UAT Execution: Application team validates",
    check: (input) =>
      lacking(
        input,
        ({ below }) => below.validated === null,
        ({ below, stack }, tier) => ({
          message: `version ${below.version} was not validated in ${stack}.`,
          remedy: `ddl validate ${below.version} --stack ${tier} --by <person>, then up on ${tier}, which publishes it.`,
        }),
      ),
  },
  {
    id: "rollback-unproven",
    severity: whereDemanded("requiresProof"),
    why: "a rollback that was never run from this text back to the one before is a guess.",
    source: "Policy, Header Block: Rollback tested; Checklist: Rollback plan documented",
    check: unprovenRollbacks,
  },
  {
    id: "proof-without-rows",
    severity: (tier) => (tierRules[tier].requiresProof ? "warning" : null),
    why: "empty tables have nothing to lose: what the rollback does not bring back was not seen.",
    source: "Policy, Header Block: Data recovery",
    check: (input) =>
      provenBelow(input)
        .filter(({ rows }) => rows === null)
        .map(({ file }) => ({
          ...ofFile(file),
          message: `the rollback of version ${file.header.version} was proven before proofs had rows.`,
          remedy: proveBelow(input, file),
        })),
  },
  {
    id: "proof-left-empty",
    severity: whereDemanded("requiresProof"),
    exception: "reason",
    why: "a table without rows has nothing to lose: what becomes of its rows was not seen.",
    source: "Policy, Header Block: Data recovery",
    check: (input) =>
      provenBelow(input).flatMap(({ file, rows }) =>
        rows === null || rows.empty.length === 0
          ? []
          : [
              {
                ...ofFile(file),
                message: `the rollback of version ${file.header.version} was proven without rows in ${listed(rows.empty)}.`,
                remedy: `put rows for it into migrations/${samplesFile} (INSERT statements), then ${proveBelow(input, file)}`,
              },
            ],
      ),
  },
  {
    id: "window-too-long",
    severity: whereDemanded("enforcesWindow"),
    why: "a window is a time for which people were told; one that is always open is none.",
    source: "Policy, UAT Execution: Schedule maintenance window (if downtime needed)",
    check: ({ plan, windows }) =>
      plan.pending.length === 0
        ? []
        : windows
            // A scratch database's own is.
            .filter((window) => window !== alwaysOpen)
            .filter(({ start, end }) => end.getTime() - start.getTime() > longestWindowMs)
            .map(({ text }) => ({
              ...ofStack,
              message: `the window ${text} is longer than seven days.`,
              remedy: "write the hours that were agreed on into the stack's window.",
            })),
  },
  {
    id: "outside-window",
    severity: whereDemanded("enforcesWindow"),
    liftedByBreakGlass: true,
    warnsInPreview: true,
    why: "people were told when the application may stand still.",
    source: "Policy, UAT Execution: Schedule maintenance window (if downtime needed)",
    check: ({ plan, files, windows, now }) =>
      openWindow(windows, now) !== null
        ? []
        : plan.pending.flatMap((file) => {
            const reason = windowReason(file, impactsOf(file, modelBefore(files, file.number)));
            if (reason === null) return [];
            return [
              {
                file: file.fileName,
                line: file.header.lines["Downtime required"] ?? null,
                message: `${reason}, and no maintenance window is open: ${describeWindows(windows, now)}.`,
                remedy:
                  "run up inside the window, or agree on one and add it to the stack's window.",
              },
            ];
          }),
  },
];
