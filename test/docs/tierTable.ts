/**
 * The table of the four tiers, made from the data that decides. Pure.
 * Does NOT say what a single gate rule does in a tier (see the table of rules).
 */
import { type TierRules, tierRules, tiers } from "../../stack/tier";
import { markdownTable } from "./markdownTable";

/** What a tier allows or asks for, in the order of the table; the compiler asks for a new demand's words. */
const words: Readonly<Record<keyof TierRules, string>> = {
  rebuild: "`make rebuild` drops the schemas and builds them anew",
  requiresTargetVersion: "the stack names a version in `targetVersion`",
  requiresTicket: "each migration's ticket is named for the run",
  lowerTier: "applied before, as the same text, in",
  requiresPromotionSource: "the stack says where it promotes from",
  requiresSignOff: "signed off in the tier below",
  requiresValidation: "validated there by the application team",
  requiresProof: "rollback proven there",
  requiresRollback: "without a rollback file",
  requiresTestedRollback: "header: `Rollback tested: Yes`",
  requiresReview: "header: a reviewer who is not the author",
  requiresSafeFiles: "what files say and do keeps the rules of RULES.md",
  requiresBackedExceptions: "an exception is backed by more than a reason",
  holdsToPlan: "a run that does more than was judged is rolled back",
  longestLockTimeoutMs: "longest `Lock timeout` that a header may state, in ms",
  longestStatementTimeoutMs: "longest `Statement timeout` that a header may state, in ms",
  dropDelayDays: "days between a table's mark and its DROP",
  enforcesWindow: "downtime and rewrites only in a maintenance window",
  requiresMigrator: "migrations run on a login of their own",
  requiresRecord: "what psql ran is vouched for",
  requiresUnchangedSchema: "what was changed by hand is undone or vouched for",
  provesRollbacks: "`up` proves rollbacks; a failure is",
  samplesOwnRows: "a proof takes some of the tier's own rows (else all are generated)",
  validatesBeforeSignOff: "validation comes before the sign-off",
  requiresSecondPerson: "who ran a version does not sign it off",
  protect: "roles, schemas, ledger are protected from destroy",
};

const answer = (value: boolean | number | string | null): string => {
  if (value === true) return "yes";
  return value === false || value === null || value === 0 ? "-" : String(value);
};

/** What a newcomer needs to know first; the whole table is in docs/gate.md. */
const first: readonly (keyof TierRules)[] = [
  "rebuild",
  "requiresTargetVersion",
  "requiresTicket",
  "lowerTier",
  "requiresSignOff",
  "requiresValidation",
  "requiresProof",
  "requiresRollback",
  "requiresReview",
  "requiresSafeFiles",
  "enforcesWindow",
  "requiresMigrator",
  "requiresUnchangedSchema",
  "protect",
];

const tableOf = (keys: readonly (keyof TierRules)[]): string =>
  markdownTable(
    ["", ...tiers],
    keys.map((key) => [words[key], ...tiers.map((tier) => answer(tierRules[tier][key]))]),
  );

/** One row a demand, one column a tier: all of them. */
export const tierTable = (): string => tableOf(Object.keys(words) as (keyof TierRules)[]);

/** The README's part of it. */
export const shortTierTable = (): string => tableOf(first);
