/**
 * The shape of a gate rule and what rules share.
 * Does NOT hold any rule (see gatePlanRules, gatePromotionRules, gateFileRules and rules/).
 */
import { type Severity, type Tier, type TierRules, tierRules } from "../../../../stack/tier";
import type { Window } from "../../../../stack/window";
import type { MigrationFile } from "../../files/file";
import type { BreakGlass } from "../../history/history";
import type { LowerTier } from "../../history/promotion";
import type { Comparison } from "../../history/structureRecord";
import type { Plan } from "./plan";

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
  /** Versions whose rollback was proven on this server, for the texts that both files have now. */
  readonly provenRollbacks?: ReadonlySet<string>;
  /** All files of the folder: those before a pending one say what it finds in the database. */
  readonly files: readonly MigrationFile[];
  /** Schemas that migrations may change. */
  readonly schemas: readonly string[];
  /** By the server's clock, where there is a server. */
  readonly now: Date;
  /** When a version was applied here, null when it is not; null altogether where no ledger is at hand. */
  readonly appliedAt: ((version: string) => Date | null) | null;
  /** False while nothing is to be run yet. */
  readonly isUpdate: boolean;
  /** Null when the stack does not say what it promotes from. */
  readonly lower: LowerTier | null;
  /** Maintenance windows. */
  readonly windows: readonly Window[];
  /** How the live schemas compare with what was recorded; absent where no database is at hand. */
  readonly structure?: Comparison;
  /** The emergency that is open. */
  readonly breakGlass: BreakGlass | null;
}

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

/** What a rule of files looks like in a file: shown on its page, and the ground of its tests. */
export interface Example {
  /** SQL of the MIGRATION section. */
  readonly body?: string;
  /** SQL of the rollback file, between BEGIN and the ledger statement. */
  readonly rollback?: string;
  /** DO blocks of the two checks; absent: those that every rule asks for. */
  readonly preflight?: string;
  readonly postflight?: string;
  /** Header lines by their label ("Downtime required") that differ from the usual ones. */
  readonly header?: Readonly<Record<string, string>>;
  /** Body of the migration before this one. */
  readonly before?: string;
}

/** A rule's page in migrations/RULES.md. */
interface RulePage {
  /** What is wrong, in one sentence, whatever the object. */
  readonly problem: string;
  /** What to write in its place. */
  readonly instead: string;
  readonly bad: Example;
  readonly good: Example;
}

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
  /** It asks nothing but the files, so that it can be told without a database. */
  readonly filesOnly?: true;
  /** What it finds is known from runs alone: an exception to it is never idle. */
  readonly foundByRuns?: true;
  /** Absent: no exception is heard. */
  readonly exception?: "reason" | Backing;
  readonly page?: RulePage;
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
  | "requiresSafeFiles";

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
