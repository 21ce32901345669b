/**
 * Decides whether a database belongs to the configured tier. Pure.
 * Does NOT read the stamp (see ledger.ts) or write it.
 */
import { MigrationError } from "../../../stack/errors";
import type { Tier } from "../../../stack/tier";

/** The database's own stamp and the configured tier differ, or there is no stamp where there should be one. */
export class StampError extends MigrationError {
  readonly code = "STAMP";
}

/** What decides: the stamp, whether the database holds anything, and what is configured. */
export interface StampFacts {
  readonly stamp: Tier | null;
  readonly empty: boolean;
  readonly tier: Tier;
  readonly adopt: Tier | null;
  /** For the message. */
  readonly database: string;
}

/**
 * Compares stamp and configuration. A configuration that says dev and points at prod must change nothing there.
 *
 * @throws {StampError} they differ, or an unstamped database with objects was not adopted on purpose.
 */
export function ensureStamp({ stamp, empty, tier, adopt, database }: StampFacts): void {
  if (stamp !== null) {
    if (stamp === tier) return;
    throw new StampError(
      `The database ${database} is stamped ${stamp}, but this stack's tier is ${tier}. Nothing was changed.`,
      "point the stack at its own database, or correct the stack's tier.",
    );
  }
  if (empty || adopt === tier) return;
  throw new StampError(
    `The database ${database} holds objects and no stamp of a tier. Nothing was changed.`,
    adopt === null
      ? `if it really is the ${tier} database, say so once: pulumi config set adopt ${tier}`
      : `adopt says ${adopt}, but this stack's tier is ${tier}: make them equal.`,
  );
}
