/**
 * Judges migration files by the rules of a tier, without a database: what needs none of ledger, target and tickets.
 * Pure. Does NOT read files.
 */
import type { MigrationFile } from "../../migrations/engine/file";
import { checkGate, type Violation } from "../../migrations/engine/gate";
import { promotionRules } from "../../migrations/engine/gatePromotionRules";
import type { Tier } from "../../migrations/engine/tier";

/** Violations of all files, as if each were to run, for the tickets in their own headers. */
export function judgeFiles(files: readonly MigrationFile[], tier: Tier): readonly Violation[] {
  // What other tiers and people say is asked when it runs.
  const asked = new Set(promotionRules.map(({ id }) => id));
  return checkGate({
    tier,
    plan: { applied: [], pending: files, held: [], toRollBack: [], problems: [] },
    tickets: files.map(({ header }) => header.ticket),
    targetVersion: files.at(-1)?.header.version ?? "none",
    migratorConfigured: true,
    files,
    now: new Date(),
    isUpdate: false,
    lower: null,
    windows: [],
    breakGlass: null,
  }).filter(({ rule }) => !asked.has(rule));
}
