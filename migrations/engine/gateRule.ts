/**
 * The shape of a gate rule and what rules share.
 * Does NOT hold any rule (see gatePlanRules and gateFileRules).
 */
import type { MigrationFile } from "./file";
import type { Plan } from "./plan";
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
  /** Versions whose rollback was proven in this database, for the texts that both files have now. */
  readonly provenRollbacks?: ReadonlySet<string>;
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

/** Texts for a message. */
export const listed = (texts: readonly string[]): string => texts.join(", ") || "none";
