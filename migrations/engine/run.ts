/**
 * Runs one migration under the runner lock, after looking again at what only the lock makes certain.
 * Does NOT read files, or decide otherwise whether the migration should run; how it runs is in attempt.ts.
 */
import type { Client } from "pg";

import { Attempt, type Log } from "./attempt";
import type { Access } from "./database";
import { MigrationError } from "./errors";
import type { MigrationFile } from "./file";
import type { History, VersionState } from "./history";
import { serverTime } from "./ledger";
import { runRollback } from "./rollback";
import { withRunnerLock } from "./runnerLock";
import { historyUnderLock, stateAfter, stateOf, withRunSession } from "./session";
import { describeWindows, openWindow, OutsideWindowError } from "./window";

/** What a run ended with. */
export interface Outcome {
  readonly version: string;
  /** False when it was so already: another runner, or an earlier state of this stack, had done it. */
  readonly ranNow: boolean;
  readonly state: VersionState;
}

/** What a run needs to know beside the file. */
export interface RunRequest {
  readonly migration: MigrationFile;
  /** Versions of all files with a lower number, lowest first. They must be applied. */
  readonly lower: readonly string[];
  /** Why it may run only inside a maintenance window; null or absent when it may at any time. */
  readonly windowReason?: string | null;
}

/** A lower version is not applied, so this one may not run. */
export class OrderError extends MigrationError {
  readonly code = "OUT_OF_ORDER";
}

/**
 * Applies a migration unless it is applied already. Safe to call again after any interruption: it resumes at the first
 * segment that is not done. A rollback that was cut off is finished first: what it left is neither state.
 *
 * @throws {OutsideWindowError} it needs a maintenance window, and none is open by the server's
 *                           clock. A run that has begun inside one is not cut off at its end.
 * @throws {OrderError}      a lower version is not applied (for example after `--target`).
 * @throws {StampError}      the database belongs to another tier.
 * @throws {StatementError}  a statement failed; what is kept and what to do are in the message.
 * @throws {RunnerBusyError} another runner did not finish in time.
 */
export async function applyMigration(
  access: Access,
  { migration, lower, windowReason = null }: RunRequest,
  log: Log,
): Promise<Outcome> {
  const { version } = migration.header;
  return withRunnerLock(access, log, (lock) =>
    withRunSession(access, `migration ${version}`, log, async (client) => {
      const history = await historyUnderLock(client, access);
      ensureInOrder(history, migration, lower);
      let state = stateOf(history, version);
      if (state?.status === "applied") return { version, ranNow: false, state };
      if (windowReason !== null && history.breakGlass === null) {
        await ensureInsideWindow(client, access, migration, windowReason);
      }
      if (state !== null && state.begunRollback !== null) {
        log(`the rollback of ${version} was cut off: it is finished first`);
        const { ticket } = state;
        const session = { client, access, lock, log };
        state = await runRollback(session, migration, state, ticket ?? migration.header.ticket);
      }
      await new Attempt(client, access, migration, lock, log).apply(state);
      return { version, ranNow: true, state: await stateAfter(client, version, "applied") };
    }),
  );
}

/** Refuses a version while a lower one is not applied. */
function ensureInOrder(
  { versions }: History,
  migration: MigrationFile,
  lower: readonly string[],
): void {
  const statusOf = new Map(versions.map((state) => [state.version, state.status]));
  const open = lower.filter((version) => statusOf.get(version) !== "applied");
  if (open.length > 0) {
    throw new OrderError(
      `${migration.fileName} may not run: version ${open.join(", ")} comes first and is not applied.`,
      "Run up without --target and --exclude.",
    );
  }
}

async function ensureInsideWindow(
  client: Client,
  { settings }: Access,
  { fileName }: MigrationFile,
  reason: string,
): Promise<void> {
  const { windows } = settings.run;
  const now = await serverTime(client);
  if (openWindow(windows, now) !== null) return;
  throw new OutsideWindowError(fileName, reason, describeWindows(windows, now));
}
