/**
 * What a migration or a rollback runs with, and the look at the ledger that only the runner lock makes certain.
 * Does NOT take the lock or run anything (see runner.ts, attempt.ts).
 */
import type { Client } from "pg";

import type { Access } from "../../../stack/connection";
import type { Log } from "../../../stack/log";
import { noTimeLimits, type TimeLimits } from "../files/timeLimits";
import type { EventKind } from "../history/eventKinds";
import type { History, VersionState } from "../history/history";
import { ensureStamp } from "../history/stamp";
import type { KeptHistory } from "../ledger/keptHistory";
import type { KeptStructure } from "../ledger/keptStructure";
import type { Beside } from "./beside";
import type { OwnSession } from "./pooling";
import type { Recorder } from "./recorder";
import type { RunnerLock } from "./runnerLock";
import type { Watch } from "./watch";

/** How long statements may wait for locks, and run. Milliseconds; 0: without end (of statements only). */
export interface RunLimits {
  readonly lockTimeoutMs: number;
  readonly statementTimeoutMs: number;
  /** What of that the file says that runs. */
  readonly byFile: TimeLimits;
}

/** What a run works with. */
export interface RunSession {
  /** Works. Started as the infrastructure role, with a migration's timeouts. */
  readonly client: Client;
  /** The client's process on the server. */
  readonly pid: number;
  /** Looks at the client's session from beside it. */
  readonly watch: Watch;
  readonly access: Access;
  readonly limits: RunLimits;
  readonly lock: RunnerLock;
  readonly log: Log;
  /** The admin's session, which looks. */
  readonly beside: Beside;
  /** The admin's session, which records what the run may not say of itself. */
  readonly recorder: Recorder;
  /** What the run knows of ledger and events, and of the structure of the schemas. */
  readonly history: KeptHistory;
  readonly structure: KeptStructure;
  /** Makes the client's session forget what a file has left in it: settings, temporary tables, cursors and the like. */
  readonly reset: () => Promise<void>;
  /** @throws {PooledConnectionError} the server's process is no longer this session's own. */
  readonly ensureOwnSession: OwnSession;
}

/** The stack's own limits. */
export const stackLimits = ({ settings }: Access): RunLimits => ({
  lockTimeoutMs: settings.run.lockTimeoutMs,
  statementTimeoutMs: settings.run.statementTimeoutMs,
  byFile: noTimeLimits,
});

/** The session under the limits that a file's header states; what it does not state stays as it is. */
export const limitedBy = (session: RunSession, byFile: TimeLimits): RunSession => ({
  ...session,
  limits: {
    lockTimeoutMs: byFile.lockTimeoutMs ?? session.limits.lockTimeoutMs,
    statementTimeoutMs: byFile.statementTimeoutMs ?? session.limits.statementTimeoutMs,
    byFile,
  },
});

/** After these another structure is right than before. */
const kindsOfStructure: ReadonlySet<EventKind> = new Set<EventKind>([
  ...(["applied", "rolled-back", "rebuilt", "acknowledged", "baselined"] as const),
]);

/**
 * Reads ledger and events again, now that no other run can change them.
 *
 * @throws {StampError} the database belongs to another tier.
 */
export async function historyUnderLock({
  client,
  access: { settings },
  ...kept
}: RunSession): Promise<History> {
  const { history, news } = await kept.history.read(client);
  // What this run has recorded itself it knows already.
  if (news.some(({ kind }) => kindsOfStructure.has(kind))) kept.structure.forget();
  ensureStamp(settings, history.stamp);
  return history;
}

/** What a history says of one version; null when the ledger does not know it. */
export const stateOf = (history: History, version: string): VersionState | null =>
  history.versions.find((state) => state.version === version) ?? null;

/** The state that a run has just brought about. */
export async function stateAfter(
  { client, ...kept }: RunSession,
  version: string,
  expected: VersionState["status"],
): Promise<VersionState> {
  const { history, news } = await kept.history.read(client);
  const others = news.filter(({ kind }) => kindsOfStructure.has(kind)).length - 1;
  if (others > 0) kept.structure.forget();
  const state = stateOf(history, version);
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
