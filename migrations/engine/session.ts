/**
 * The session in which a migration or a rollback runs, and the look at the ledger that only the runner lock makes certain.
 * Does NOT take the lock or run anything (see runnerLock.ts, attempt.ts).
 */
import type { Client } from "pg";

import type { Log } from "./attempt";
import { type Access, withClient } from "./database";
import type { History, VersionState } from "./history";
import { readHistory } from "./ledger";
import { ensureStamp } from "./stamp";

/** Runs `work` as the migrator, with a migration's timeouts; the server's notices go to the log. */
export function withRunSession<T>(
  access: Access,
  activity: string,
  log: Log,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const { run } = access.settings;
  return withClient(
    access,
    {
      account: "migrator",
      activity,
      parameters: {
        lock_timeout: `${run.lockTimeoutMs}ms`,
        statement_timeout: `${run.statementTimeoutMs}ms`,
        search_path: "public",
      },
    },
    (client) => {
      client.on("notice", (notice) => {
        if (notice.message !== undefined) log(`notice: ${notice.message}`);
      });
      return work(client);
    },
  );
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
