/**
 * Gate rules about versions that go back because the target was lowered below them.
 * Does NOT look at pending files. What a tier demands stands in tier.ts alone.
 */
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

/** The header's word counts for the text that was there when it was applied; a later one needs a proof. */
const isTested = ({ plan, provenRollbacks }: GateInput, file: MigrationFile): boolean => {
  const edited = plan.problems.some(
    (problem) => problem.kind === "edited rollback" && problem.file === file,
  );
  return (
    provenRollbacks?.has(file.header.version) === true ||
    (file.header.rollback.tested === true && !edited)
  );
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
          message: `the rollback of ${file.header.version}, as its file is now, is neither marked as tested nor proven here.`,
          remedy: `ddl prove ${file.header.version}: it runs in a scratch database beside this one.`,
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

/** Those of a verdict that are about going back. */
export const aboutRollbacks = (violations: readonly Violation[]): readonly Violation[] =>
  violations.filter(({ rule }) => holding.has(rule));

/** Whether a verdict keeps versions above the target from going back. */
export const holdsRollbacks = (violations: readonly Violation[]): boolean =>
  violations.some(({ rule, severity }) => severity === "error" && holding.has(rule));
