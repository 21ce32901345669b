/**
 * The gate's rules, one object each: what it looks for, how each tier weighs it, and its wording.
 * Does NOT sort or format (see gate). What a tier demands stands in tier.ts alone.
 */
import type { MigrationFile } from "./file";
import { forbiddenStatements } from "./forbidden";
import { rollbackNameOf } from "./header";
import type { Plan, PlanProblem } from "./plan";
import { type Severity, type Tier, type TierRules, tierRules } from "./tier";

/** What a decision rests on. */
export interface GateInput {
  readonly tier: Tier;
  readonly plan: Plan<MigrationFile>;
  /** Tickets named for this run. */
  readonly tickets: readonly string[];
  /** As configured: a version or "latest". */
  readonly targetVersion: string;
  /** Whether migrations would run on a login of their own. */
  readonly migratorConfigured: boolean;
  /** Only for the command line in a remedy. */
  readonly infrastructureRole?: string;
}

/** One place where a rule is broken. */
export interface Finding {
  /** "" when it is about the stack, not a file. */
  readonly file: string;
  readonly line: number | null;
  readonly message: string;
  readonly remedy: string;
  /** Replaces the rule's own reason where each finding has one. */
  readonly why?: string;
}

export interface Violation extends Finding {
  readonly rule: string;
  readonly severity: Severity;
  readonly why: string;
}

export interface GateRule {
  /** Kebab case; stable: tests, README and messages use it. */
  readonly id: string;
  /** Null: the rule does not apply in the tier. */
  readonly severity: (tier: Tier) => Severity | null;
  readonly why: string;
  readonly source: string;
  readonly check: (input: GateInput) => readonly Finding[];
}

type Demand =
  | "requiresTicket"
  | "requiresTargetVersion"
  | "requiresMigrator"
  | "requiresReview"
  | "requiresTestedRollback";

const always = (): Severity => "error";
const whereDemanded =
  (demand: Demand & keyof TierRules) =>
  (tier: Tier): Severity | null =>
    tierRules[tier][demand] ? "error" : null;
const elseWarn =
  (demand: Demand & keyof TierRules) =>
  (tier: Tier): Severity =>
    tierRules[tier][demand] ? "error" : "warning";

const ofPlan = <K extends PlanProblem["kind"]>(plan: Plan<MigrationFile>, kind: K) =>
  plan.problems.filter(
    (problem): problem is Extract<PlanProblem<MigrationFile>, { kind: K }> => problem.kind === kind,
  );
const inHeader = (file: MigrationFile, field: string) => ({
  file: file.fileName,
  line: file.header.lines[field] ?? null,
});
const short = (checksum: string): string => checksum.slice(0, "sha256:".length + 8);
const list = (texts: readonly string[]): string => texts.join(", ") || "none";
const sameName = (a: string, b: string): boolean =>
  a.trim().toLowerCase() === b.trim().toLowerCase();

/** In the order of a change: what was recorded, what is asked for, what the files hold. */
export const gateRules: readonly GateRule[] = [
  {
    id: "edited-applied-file",
    severity: always,
    why: "what ran is then no longer what was reviewed, and other tiers would run something else.",
    source: "Policy, Incremental migrations only",
    check: ({ plan, tier }) =>
      ofPlan(plan, "edited file").map(({ file, recorded }) => ({
        file: file.fileName,
        line: null,
        message: `${file.header.version} was applied as ${short(recorded)}, but its SQL is now ${short(file.checksum)}.`,
        remedy: tierRules[tier].rebuild
          ? "restore the file from git, or rebuild this tier (make rebuild)."
          : "restore the file from git and put the change into a new migration.",
      })),
  },
  {
    id: "edited-rollback-file",
    severity: () => "warning",
    why: "the rollback that was tested is not the one that would run.",
    source: "Policy, Rollback Script",
    check: ({ plan }) =>
      ofPlan(plan, "edited rollback").map(({ file, recorded }) => ({
        file: file.rollback?.fileName ?? rollbackNameOf(file.fileName),
        line: null,
        message: `${file.header.version} was applied with the rollback ${short(recorded)}, which has changed or is gone.`,
        remedy: "restore it from git, or test the new one again before it is needed.",
      })),
  },
  {
    id: "missing-applied-file",
    severity: always,
    why: "without its file an applied version can neither be checked nor rolled back.",
    source: "Policy, All changes via versioned scripts",
    check: ({ plan }) =>
      ofPlan(plan, "missing file").map(({ version }) => ({
        file: "",
        line: null,
        message: `version ${version} is in the ledger, but no file has it.`,
        remedy: "restore its file and rollback file from git.",
      })),
  },
  {
    id: "out-of-order",
    severity: always,
    why: "it would run after changes it was written to come before, in an order no other tier has seen.",
    source: "Policy, Incremental migrations only",
    check: ({ plan, tier }) =>
      ofPlan(plan, "gap").map(({ file, highestApplied }) => ({
        file: file.fileName,
        line: null,
        message: `it is not applied, but ${highestApplied.fileName} behind it is.`,
        remedy: `give it a number and a VERSION above all others${tierRules[tier].rebuild ? ", or rebuild this tier." : "."}`,
      })),
  },
  {
    id: "unknown-target",
    severity: always,
    why: "a target that no file has cannot be reached.",
    source: "DESIGN, Target and rollback",
    check: ({ plan }) =>
      ofPlan(plan, "unknown target").map(({ target }) => {
        const versions = [...plan.applied, ...plan.held].map((file) => file.header.version);
        return {
          file: "",
          line: null,
          message: `targetVersion ${target} is not the version of any file.`,
          remedy: `set it to one of ${list(versions)}.`,
        };
      }),
  },
  {
    id: "target-version-required",
    severity: whereDemanded("requiresTargetVersion"),
    why: "raising the target is the reviewed act of promotion; latest would promote every merge.",
    source: "Policy, UAT and Production Execution",
    check: ({ targetVersion, tier }) =>
      targetVersion === "latest"
        ? [
            {
              file: "",
              line: null,
              message: "targetVersion is not stated.",
              remedy: `set targetVersion in Pulumi.${tier}.yaml to the version that was approved.`,
            },
          ]
        : [],
  },
  {
    id: "target-below-applied",
    severity: always,
    why: "this program does not roll back by itself; a rollback is run by hand, newest first.",
    source: "Policy, Emergency Procedures",
    check: ({ plan, targetVersion, infrastructureRole = "rmhgeoapi_infra" }) =>
      plan.toRollBack.map(({ fileName, header, rollback }) => ({
        file: fileName,
        line: null,
        message: `version ${header.version} is applied or begun, above targetVersion ${targetVersion}.`,
        remedy:
          rollback === null
            ? "write its rollback file first; then run that with psql."
            : `PGOPTIONS='-c role=${infrastructureRole}' psql -X -v ON_ERROR_STOP=1 -f migrations/${rollback.fileName}`,
      })),
  },
  {
    id: "migrator-required",
    severity: elseWarn("requiresMigrator"),
    why: "under the admin's login one RESET ROLE gives a file every right, and the ledger cannot tell who ran it.",
    source: "Policy, Permission Model",
    check: ({ plan, migratorConfigured }) =>
      plan.pending.length > 0 && !migratorConfigured
        ? [
            {
              file: "",
              line: null,
              message: "migrations would run on the admin's login.",
              remedy:
                "configure a migrator login: a member of the infrastructure role and nothing else.",
            },
          ]
        : [],
  },
  {
    id: "ticket-required",
    severity: whereDemanded("requiresTicket"),
    why: "every change here needs an approved change ticket.",
    source: "Policy, UAT / Production: Change ticket required",
    check: ({ plan, tickets }) =>
      plan.pending
        .filter((file) => !tickets.includes(file.header.ticket))
        .map((file) => ({
          ...inHeader(file, "TICKET"),
          message: `its ticket ${file.header.ticket} is not among those of this run (${list(tickets)}).`,
          remedy:
            file.header.ticket === "pending"
              ? "write the approved ticket into the header and name it for this run."
              : `name ${file.header.ticket} in the stack's tickets once it is approved.`,
        })),
  },
  {
    id: "idle-ticket",
    severity: whereDemanded("requiresTicket"),
    why: "a ticket without a change was approved for something that is not here.",
    source: "Policy, Change Management Process",
    check: ({ plan, tickets }) =>
      plan.pending.length === 0
        ? []
        : tickets
            .filter((ticket) => !plan.pending.some((file) => file.header.ticket === ticket))
            .map((ticket) => ({
              file: "",
              line: null,
              message: `ticket ${ticket} belongs to no pending migration.`,
              remedy: "remove it from the stack's tickets; was it closed, or mistyped?",
            })),
  },
  {
    id: "rollback-required",
    severity: (tier) => tierRules[tier].requiresRollback,
    why: "a change without its rollback cannot be taken back in a hurry.",
    source: "Policy, UAT / Production: Rollback script mandatory",
    check: ({ plan }) =>
      plan.pending
        .filter((file) => file.rollback === null)
        .map((file) => ({
          ...inHeader(file, "Rollback script"),
          message: `the rollback file ${file.header.rollback.script} does not exist.`,
          remedy: `write migrations/${file.header.rollback.script} and test it in dev.`,
        })),
  },
  {
    id: "rollback-untested",
    severity: elseWarn("requiresTestedRollback"),
    why: "a rollback that was never run is a guess.",
    source: "Policy, Header Block: Rollback tested",
    check: ({ plan }) =>
      plan.pending
        .filter((file) => file.rollback !== null && file.header.rollback.tested !== true)
        .map((file) => ({
          ...inHeader(file, "Rollback tested"),
          message: "the header does not say that the rollback was tested.",
          remedy: 'run it in a lower tier, then write "Rollback tested: Yes".',
        })),
  },
  {
    id: "review-missing",
    severity: elseWarn("requiresReview"),
    why: "schema changes need the review of a second person.",
    source: "Policy, Review",
    check: ({ plan }) =>
      plan.pending
        .filter(({ header }) => header.reviewedBy === null || header.reviewedOn === null)
        .map((file) => ({
          ...inHeader(file, file.header.reviewedBy === null ? "REVIEWED BY" : "REVIEWED ON"),
          message: "the header names no reviewer or no date of review.",
          remedy: "have it reviewed, and fill in REVIEWED BY and REVIEWED ON.",
        })),
  },
  {
    id: "reviewer-is-author",
    severity: elseWarn("requiresReview"),
    why: "nobody reviews their own change.",
    source: "Policy, Review: DBA reviews migration script",
    check: ({ plan }) =>
      plan.pending
        .filter(
          ({ header }) => header.reviewedBy !== null && sameName(header.reviewedBy, header.author),
        )
        .map((file) => ({
          ...inHeader(file, "REVIEWED BY"),
          message: `author and reviewer are both ${file.header.author}.`,
          remedy: "have someone else review it.",
        })),
  },
  {
    id: "forbidden-statement",
    severity: always,
    why: "it is outside what a migration may do.",
    source: "Policy, Permission Model",
    check: ({ plan }) =>
      plan.pending
        .flatMap((file) => [
          ...forbiddenStatements(file.segments),
          ...forbiddenStatements(file.rollback?.segments ?? []),
        ])
        .map(({ file, line, message, hint }) => ({
          file,
          line,
          message,
          why: hint,
          remedy:
            "remove the statement; declare roles, privileges, schemas and extensions in the stack.",
        })),
  },
];
