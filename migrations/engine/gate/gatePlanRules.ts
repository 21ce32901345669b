/**
 * Gate rules about the plan as a whole: what was recorded, the target, the login that runs.
 * Does NOT look into files (see gateFileRules). What a tier demands stands in tier.ts alone.
 */
import { tierRules } from "../../../stack/tier";
import type { MigrationFile } from "../files/file";
import { rollbackNameOf } from "../files/header";
import { always, elseWarn, type GateRule, listed, whereDemanded } from "./input/gateRule";
import type { Plan, PlanProblem } from "./input/plan";

const ofPlan = <K extends PlanProblem["kind"]>(plan: Plan<MigrationFile>, kind: K) =>
  plan.problems.filter(
    (problem): problem is Extract<PlanProblem<MigrationFile>, { kind: K }> => problem.kind === kind,
  );
const short = (checksum: string): string => checksum.slice(0, "sha256:".length + 8);

/** In the order of a change: what was recorded, then what is asked for. */
export const planRules: readonly GateRule[] = [
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
    id: "unrecorded-version",
    severity: elseWarn("requiresRecord"),
    why: "what ran is not known, so it cannot be compared with the file that was reviewed.",
    source: "Policy, Migration Tracking Table",
    check: ({ plan, tier }) =>
      ofPlan(plan, "unrecorded").map(({ file }) => ({
        file: file.fileName,
        line: null,
        message: `${file.header.version} is applied, but by hand or before this program came: the events do not know it.`,
        remedy: `compare the database with the file, then ddl acknowledge ${file.header.version} --stack ${tier} --by <person> --reason <what was compared>.`,
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
    source: "Policy, All changes via versioned scripts",
    check: ({ plan }) =>
      ofPlan(plan, "unknown target").map(({ target }) => {
        const versions = [...plan.applied, ...plan.held].map((file) => file.header.version);
        return {
          file: "",
          line: null,
          message: `targetVersion ${target} is not the version of any file.`,
          remedy: `set it to one of ${listed(versions)}.`,
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
    id: "migrator-required",
    severity: elseWarn("requiresMigrator"),
    why: "under the admin's login one RESET ROLE gives a file every right, and the ledger cannot tell who ran it.",
    source: "Policy, Permission Model",
    check: ({ plan, migratorConfigured }) =>
      plan.pending.length + plan.toRollBack.length > 0 && !migratorConfigured
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
];
