/**
 * The shape of a gate rule, what it finds, and how it weighs by what a tier demands.
 * Does NOT hold any rule (see rules/).
 */
import { type Severity, type Tier, type TierRules, tierRules } from "../../../../stack/tier";
import type { MigrationFile } from "../../files/file";
import type { Example, Situation } from "./examples";
import type { GateInput } from "./gateInput";

/** One place where a rule is broken. */
export interface RuleFinding {
  /** "" when it is about the stack, not a file. */
  readonly file: string;
  readonly line: number | null;
  /** 1-based, in characters; absent where the finding is about the whole line. */
  readonly column?: number;
  readonly message: string;
  readonly remedy: string;
  /** Replaces the rule's own reason where each finding has one. */
  readonly why?: string;
  /** Nothing is wrong but the time: when it is due, in words ("until 2026-05-01"). */
  readonly waits?: string;
}

export interface Violation extends RuleFinding {
  readonly rule: string;
  readonly severity: Severity;
  readonly why: string;
  /** It stands in a rollback file that was changed since its version was applied and is about to run. */
  readonly inRollback?: true;
  /** The reason that the header gives for letting it pass; such a violation is a warning. */
  readonly excepted?: string;
}

/** A rule's page in migrations/RULES.md: the first example breaks it, the second does not. */
export type RulePage = {
  /** What is wrong, in one sentence, whatever the object. */
  readonly problem: string;
} & (
  | {
      readonly about: "files";
      /** What to write in its place. */
      readonly instead: string;
      readonly bad: Example;
      readonly good: Example;
    }
  | { readonly about: "a run"; readonly bad: Situation; readonly good: Situation }
);

/** What an exception needs beside its reason where the tier asks for more. */
export interface Backing {
  /** "a Backup reference in the header" */
  readonly demand: string;
  readonly holds: (file: MigrationFile) => boolean;
}

/** A rule with what it found. */
export interface Found {
  readonly rule: GateRule;
  readonly findings: readonly RuleFinding[];
}

export interface GateRule {
  /** Kebab case; stable: tests, documents and messages use it. */
  readonly id: string;
  /** Null: the rule does not apply in the tier. */
  readonly severity: (tier: Tier) => Severity | null;
  readonly why: string;
  readonly source: string;
  /** An open break-glass makes it a warning. */
  readonly liftedByBreakGlass?: true;
  /** A warning until something is to be run. */
  readonly warnsInPreview?: true;
  /** A warning where no migration is to run: it is about files, and the database is as they say. */
  readonly warnsWhileIdle?: true;
  /** It asks nothing but the files, so that it can be told without a database. */
  readonly filesOnly?: true;
  /** What it finds is known from runs alone: an exception to it is never idle. */
  readonly foundByRuns?: true;
  /** Absent: no exception is heard. */
  readonly exception?: "reason" | Backing;
  /** Its errors keep versions above the target from going back; those of all others only keep pending ones from running. */
  readonly holdsRollbacks?: true;
  readonly page: RulePage;
  /** `found`: what all other rules have found; only rules about exceptions need it. */
  readonly check: (input: GateInput, found: readonly Found[]) => readonly RuleFinding[];
}

type Demand =
  | "requiresTicket"
  | "requiresTargetVersion"
  | "requiresMigrator"
  | "requiresReview"
  | "requiresTestedRollback"
  | "requiresPromotionSource"
  | "requiresSignOff"
  | "requiresValidation"
  | "requiresProof"
  | "requiresRecord"
  | "requiresUnchangedSchema"
  | "enforcesWindow"
  | "requiresSafeFiles"
  | "requiresBackedExceptions";

/** An error in every tier. */
export const always = (): Severity => "error";
/** An error where the tier demands it, else no rule. */
export const whereDemanded =
  (demand: Demand & keyof TierRules) =>
  (tier: Tier): Severity | null =>
    tierRules[tier][demand] ? "error" : null;
/** An error where the tier demands it, else a warning. */
export const elseWarn =
  (demand: Demand & keyof TierRules) =>
  (tier: Tier): Severity =>
    tierRules[tier][demand] ? "error" : "warning";
