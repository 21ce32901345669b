/**
 * The four tiers and what each demands, as data.
 * Does NOT look at a database or at a stack's name: the tier is configuration.
 */
import { UnknownTierError } from "./errors";

/** In the order of promotion. */
export const tiers = ["dev", "qa", "uat", "prod"] as const;
export type Tier = (typeof tiers)[number];

/** Where a change is tried first, and which commands mean that are told no stack. */
export const firstTier: Tier = tiers[0];
/** The one that asks the most: what is not known of a tier counts as this one. */
export const strictestTier: Tier = tiers[tiers.length - 1] ?? "prod";

/** An error keeps pending migrations from running; a warning is shown. */
export type Severity = "warning" | "error";

/** What one tier allows and asks for. */
export interface TierRules {
  /** Schemas may be dropped and built again from the files. */
  readonly rebuild: boolean;
  /** Resources that hold data or access are protected from destroy. */
  readonly protect: boolean;
  /** Each pending migration's TICKET must be named for this run. */
  readonly requiresTicket: boolean;
  /** How a pending migration without its rollback file is judged. */
  readonly requiresRollback: Severity;
  /** The header must say that the rollback was tested. */
  readonly requiresTestedRollback: boolean;
  /** The stack must name a version; "latest" is refused. */
  readonly requiresTargetVersion: boolean;
  /** Migrations must run on a login of their own, not on the admin's. */
  readonly requiresMigrator: boolean;
  /** A reviewer other than the author must be named. */
  readonly requiresReview: boolean;
  /** The tier in which a version must have been applied before, as the same text; null for the first. */
  readonly lowerTier: Tier | null;
  /** The stack must say what it promotes from. */
  readonly requiresPromotionSource: boolean;
  /** A version must be signed off in the tier below. */
  readonly requiresSignOff: boolean;
  /** It must have been validated there by the application team. */
  readonly requiresValidation: boolean;
  /** Its rollback must be proven there. */
  readonly requiresProof: boolean;
  /** How `up` judges a rollback that its own proof refutes; null where it proves none. */
  readonly provesRollbacks: Severity | null;
  /** A proof may put some of this database's own rows into its scratch database; else it makes all of them up. */
  readonly samplesOwnRows: boolean;
  /** What ran without this program must be acknowledged. */
  readonly requiresRecord: boolean;
  /** What somebody changed in the schemas by hand must be acknowledged. */
  readonly requiresUnchangedSchema: boolean;
  /** What needs a maintenance window runs only inside one. */
  readonly enforcesWindow: boolean;
  /** Who ran a version may not sign it off or validate it. */
  readonly requiresSecondPerson: boolean;
  /** The application team looks before a version is signed off. */
  readonly validatesBeforeSignOff: boolean;
  /** What the files say and do must keep the rules of migrations/RULES.md; else it is only warned of. */
  readonly requiresSafeFiles: boolean;
  /** An exception must be backed by what its rule asks for, not by a reason alone. */
  readonly requiresBackedExceptions: boolean;
  /** A run that does more than was judged is rolled back; else it is warned of, and held against the version above. */
  readonly holdsToPlan: boolean;
  /** The longest time that a file's header may ask for in place of the stack's, for locks and for a statement. Milliseconds. */
  readonly longestLockTimeoutMs: number;
  readonly longestStatementTimeoutMs: number;
  /** Days between a table's mark for removal and its DROP. */
  readonly dropDelayDays: number;
}

const rebuildable: TierRules = {
  rebuild: true,
  protect: false,
  requiresTicket: false,
  requiresRollback: "error",
  requiresTestedRollback: false,
  requiresTargetVersion: false,
  requiresMigrator: false,
  requiresReview: false,
  lowerTier: null,
  requiresPromotionSource: false,
  requiresSignOff: false,
  requiresValidation: false,
  requiresProof: false,
  provesRollbacks: "error",
  samplesOwnRows: true,
  requiresRecord: false,
  requiresUnchangedSchema: false,
  enforcesWindow: false,
  requiresSecondPerson: false,
  validatesBeforeSignOff: false,
  requiresSafeFiles: false,
  requiresBackedExceptions: false,
  holdsToPlan: false,
  longestLockTimeoutMs: 60_000,
  longestStatementTimeoutMs: 24 * 3_600_000,
  dropDelayDays: 0,
};

const controlled: TierRules = {
  rebuild: false,
  protect: true,
  requiresTicket: true,
  requiresRollback: "error",
  requiresTestedRollback: true,
  requiresTargetVersion: true,
  requiresMigrator: true,
  requiresReview: true,
  lowerTier: "qa",
  requiresPromotionSource: true,
  requiresSignOff: true,
  requiresValidation: false,
  requiresProof: true,
  provesRollbacks: null,
  samplesOwnRows: false,
  requiresRecord: true,
  requiresUnchangedSchema: true,
  enforcesWindow: true,
  requiresSecondPerson: true,
  validatesBeforeSignOff: true,
  requiresSafeFiles: true,
  requiresBackedExceptions: true,
  holdsToPlan: true,
  longestLockTimeoutMs: 10_000,
  longestStatementTimeoutMs: 4 * 3_600_000,
  dropDelayDays: 7,
};

/** Source: policy, "Environment Patterns" and "Change Management Process". */
export const tierRules: Readonly<Record<Tier, TierRules>> = {
  dev: { ...rebuildable, requiresRollback: "warning", provesRollbacks: "warning" },
  qa: { ...rebuildable, lowerTier: "dev" },
  uat: controlled,
  prod: { ...controlled, lowerTier: "uat", requiresValidation: true },
};

/** The tier that promotes from this one; null for the last. */
export const tierAbove = (tier: Tier): Tier | null =>
  tiers.find((one) => tierRules[one].lowerTier === tier) ?? null;

/**
 * Returns the tier named by the text.
 *
 * @throws {UnknownTierError} anything but exactly dev, qa, uat or prod.
 */
export function parseTier(text: string): Tier {
  const tier = tiers.find((name) => name === text);
  if (tier === undefined) throw new UnknownTierError(text, tiers);
  return tier;
}
