/**
 * The session in which a migration or a rollback runs, and the look at the ledger that only the runner lock makes certain.
 * Does NOT take the lock or run anything (see runnerLock.ts, attempt.ts).
 */
import type { Client } from "pg";

import { type Access, type Purpose, withClient } from "../../../stack/connection";
import type { Log } from "../../../stack/log";
import type { History, VersionState } from "../history/history";
import { ensureStamp } from "../history/stamp";
import { readHistory } from "../ledger/ledger";
import { ensureSessions, type OwnSession } from "./pooling";
import { awaitPredecessors, type runActivities, type RunnerLock } from "./runnerLock";
import { Watch } from "./watch";

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
  /** @throws {PooledConnectionError} the server's process is no longer this session's own. */
  readonly ensureOwnSession: OwnSession;
}

/**
 * Runs `work` as the migrator; the server's notices go to the log. Whatever a predecessor left running has ended by then.
 *
 * @param activity  Shown in pg_stat_activity; one of the `runActivities` and what it is about.
 * @param account   Who works, where it is not the migrator.
 * @throws {PooledConnectionError} what we connect to is a pooler in transaction mode.
 * @throws {RunnerBusyError}       a predecessor's session does not end.
 */
export function withRunSession<T>(
  access: Access,
  activity: `${(typeof runActivities)[number]} ${string}`,
  lock: RunnerLock,
  log: Log,
  work: (session: RunSession) => Promise<T>,
  account: Purpose["account"] = "migrator",
): Promise<T> {
  const { run } = access.settings;
  const parameters = {
    lock_timeout: `${run.lockTimeoutMs}ms`,
    statement_timeout: `${run.statementTimeoutMs}ms`,
    search_path: "public",
  };
  return withClient(access, { account, activity, parameters }, async (client) => {
    const watch = await Watch.open(access);
    try {
      client.on("notice", (notice) => {
        if (notice.message !== undefined) log(`notice: ${notice.message}`);
      });
      const { pid, ensureOwnSession } = await ensureSessions(client, watch, access);
      await awaitPredecessors(client, access, log);
      return await work({ client, pid, watch, access, lock, log, ensureOwnSession });
    } finally {
      await watch.close();
    }
  });
}

/**
 * Reads ledger and events again, now that nobody else can change them.
 *
 * @throws {StampError} the database belongs to another tier.
 */
export async function historyUnderLock(client: Client, { settings }: Access): Promise<History> {
  const history = await readHistory(client);
  ensureStamp({
    stamp: history.stamp,
    empty: false,
    tier: settings.tier,
    adopt: null,
    database: settings.server.database,
  });
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
