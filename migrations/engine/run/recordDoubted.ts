/**
 * The error of a run that would go by a record that no run has written.
 * Does NOT find out what is doubted (see history/doubts.ts).
 */
import { MigrationError } from "../../../stack/errors";
import type { Log } from "../../../stack/log";
import { type Tier, tierRules } from "../../../stack/tier";
import { doubtsIn, wayOut } from "../history/doubted";
import type { History } from "../history/history";

/** Ledger or events of the version say what no run has written. Nothing was changed. */
class RecordDoubtedError extends MigrationError {
  readonly code = "RECORD_DOUBTED";
}

/**
 * To be called before a version runs: what is doubted counts for nothing, so that it would begin anew.
 *
 * @throws {RecordDoubtedError} where the tier asks for a record; elsewhere the log is told.
 */
export function ensureRecorded(history: History, version: string, tier: Tier, log: Log): void {
  const doubted = doubtsIn(history).find((one) => one.version === version);
  if (doubted === undefined) return;
  const what = [`What is recorded of ${version} cannot be gone by:`, ...doubted.doubts].join(
    "\n    ",
  );
  if (!tierRules[tier].requiresRecord) {
    log(`WARNING: ${what}\n    It counts for nothing here; uat and prod refuse.`);
    return;
  }
  throw new RecordDoubtedError(what, wayOut(doubted, tier));
}
