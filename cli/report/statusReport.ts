/**
 * What a database says of itself, as data: the shape of `ddl status --json`, and what its text is made from. Pure.
 * Does NOT read files: what the ledger calls applied is told whether or not a file has it.
 */
import type { BreakGlass, VersionState } from "../../migrations/engine/history/history";
import type { Comparison } from "../../migrations/engine/history/structureRecord";
import type { Vouching } from "../../migrations/engine/history/vouched";
import type { CurrentState } from "../../migrations/engine/ledger/structure";
import type { Settings } from "../../stack/settings";
import type { Tier } from "../../stack/tier";

/** A key changes its meaning or goes only with a new schemaVersion; new keys may come at any time. */
export interface StatusReport {
  readonly schemaVersion: 1;
  readonly stack: string;
  /** As configured. */
  readonly tier: Tier;
  /** As the database itself says; null when it was never set up. */
  readonly stamp: Tier | null;
  /** `host:port/database` */
  readonly database: string;
  readonly serverVersion: string;
  /** Who works on the database now, or null. */
  readonly runner: string | null;
  /** The emergency that is under way, or null. */
  readonly breakGlass: BreakGlass | null;
  /** Every version that the ledger knows, in the order in which they were first started. */
  readonly versions: readonly VersionState[];
  /** How the live schemas compare with what was recorded. */
  readonly structure: Comparison;
  /** What people vouched for that is still so: differences between files, or records, and the database. */
  readonly vouched: readonly Vouching[];
}

/** What was read from the server beside the history. */
export interface LiveFacts {
  readonly serverVersion: string;
  readonly runner: string | null;
}

export function statusReport(
  stack: string,
  settings: Settings,
  { history, structure, vouched }: CurrentState,
  live: LiveFacts,
): StatusReport {
  const { host, port, database } = settings.server;
  return {
    schemaVersion: 1,
    stack,
    tier: settings.tier,
    stamp: history.stamp,
    database: `${host}:${port}/${database}`,
    ...live,
    breakGlass: history.breakGlass,
    versions: history.versions,
    structure,
    vouched,
  };
}
