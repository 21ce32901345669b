/**
 * What a migration or a rollback runs with, and the look at the ledger that only the runner lock makes certain.
 * Does NOT take the lock or run anything (see runner.ts, attempt.ts).
 */
import type { Client } from "pg";

import type { Access } from "../../../stack/connection";
import type { Log } from "../../../stack/log";
import type { History, VersionState } from "../history/history";
import { ensureStamp } from "../history/stamp";
import { readHistory } from "../ledger/ledger";
import type { Beside } from "./beside";
import type { OwnSession } from "./pooling";
import type { RunnerLock } from "./runnerLock";
import type { Watch } from "./watch";

/** What a run works with. */
export interface RunSession {
  /** Works. Started as the infrastructure role, with a migration's timeouts. */
  readonly client: Client;
  /** The client's process on the server. */
  readonly pid: number;
  /** Looks at the client's session from beside it. */
  readonly watch: Watch;
  readonly access: Access;
  readonly lock: RunnerLock;
  readonly log: Log;
  /** The admin's session, which looks. */
  readonly beside: Beside;
  /** Makes the client's session forget what a file has left in it: settings, temporary tables, cursors and the like. */
  readonly reset: () => Promise<void>;
  /** @throws {PooledConnectionError} the server's process is no longer this session's own. */
  readonly ensureOwnSession: OwnSession;
}

/**
 * Reads ledger and events again, now that nobody else can change them.
 *
 * @throws {StampError} the database belongs to another tier.
 */
export async function historyUnderLock(client: Client, { settings }: Access): Promise<History> {
  const history = await readHistory(client);
  ensureStamp(settings, history.stamp);
  return history;
}

/** What a history says of one version; null when the ledger does not know it. */
export const stateOf = (history: History, version: string): VersionState | null =>
  history.versions.find((state) => state.version === version) ?? null;

/** The state that a run has just brought about. */
export async function stateAfter(
  client: Client,
  version: string,
  expected: VersionState["status"],
): Promise<VersionState> {
  const state = stateOf(await readHistory(client), version);
  if (state?.status === expected) return state;
  throw new Error(`the ledger lost version ${version} while it ran`);
}

/** What a run ended with. */
export interface Outcome {
  readonly version: string;
  /** False when it was so already: another runner, or an earlier state of this stack, had done it. */
  readonly ranNow: boolean;
  readonly state: VersionState;
}
