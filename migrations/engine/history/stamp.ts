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

/** What else decides where a database may be brought up for the first time. */
interface FirstTime {
  /** It holds nothing at all. */
  readonly empty: boolean;
  /** The tier that a database with objects is to be stamped with. */
  readonly adopt: Tier | null;
}

/** A database that was to be brought up before: without a stamp it is none of ours. */
const broughtUpBefore: FirstTime = { empty: false, adopt: null };

/**
 * Compares stamp and configuration. A configuration that says dev and points at prod must change nothing there.
 *
 * @param stamp  The database's own, or null.
 * @param first  Where it may be brought up now; absent elsewhere.
 * @throws {StampError} they differ, or an unstamped database with objects was not adopted on purpose.
 */
export function ensureStamp(
  {
    tier,
    server: { database },
  }: { readonly tier: Tier; readonly server: { readonly database: string } },
  stamp: Tier | null,
  { empty, adopt }: FirstTime = broughtUpBefore,
): void {
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
