/**
 * Runs one migration under the runner lock, after looking again at what only the lock makes certain.
 * Does NOT read files, or decide otherwise whether the migration should run; how it runs is in attempt.ts.
 */
import type { Client } from "pg";

import type { Access } from "../../../stack/connection";
import { MigrationError } from "../../../stack/errors";
import type { Log } from "../../../stack/log";
import { tierRules } from "../../../stack/tier";
import { describeWindows, openWindow } from "../../../stack/window";
import type { MigrationFile } from "../files/file";
import type { History } from "../history/history";
import type { FileImpacts } from "../impact/classify";
import type { StatementImpact } from "../impact/impact";
import { windowReason } from "../impact/windowReason";
import { serverTime } from "../ledger/ledger";
import type { Runner } from "../server/runner";
import { historyUnderLock, type Outcome, stateAfter, stateOf } from "../server/session";
import { checkServer } from "../survey/serverLook";
import { Attempt } from "./attempt";
import { OutsideWindowError } from "./outsideWindow";
import { ensureRecorded } from "./recordDoubted";
import { rollBackAfter, runRollback } from "./rollback";
import { StatementError } from "./statementError";

/** What a run needs to know beside the file. */
export interface RunRequest {
  readonly migration: MigrationFile;
  /** Versions of all files with a lower number, lowest first. They must be applied. */
  readonly lower: readonly string[];
  /** What its statements do, and to which schema (see impactsAmong): pre-flight asks for it, the run is held to it. */
  readonly expected: FileImpacts;
}

/** A lower version is not applied, so this one may not run. */
export class OrderError extends MigrationError {
  readonly code = "OUT_OF_ORDER";
}

/**
 * Applies a migration unless it is applied already. Safe to call again after any interruption: it resumes at the first
 * segment that is not done. A rollback that was cut off is finished first: what it left is neither state.
 *
 * @throws {OutsideWindowError} it needs a maintenance window and none is open, by the server's clock. A run that has
 *                           begun inside one is not cut off at its end.
 * @throws {OrderError}      a lower version is not applied (for example after `--target`).
 * @throws {RecordDoubtedError} ledger or events say of it what no run has written.
 * @throws {StampError}      the database belongs to another tier.
 * @throws {PreflightError}  the server is not fit for it now; nothing was changed.
 * @throws {StatementError}  a statement failed; what is kept and what to do are in the message.
 * @throws {RolledBackError} a statement failed, and the stack's onFailure had the version rolled back.
 * @throws {RunnerBusyError} another runner did not finish in time.
 *
 * @param runner  Of the run that it is part of: lock and session stay for what comes next.
 */
export async function applyMigration(
  runner: Runner,
  { migration, lower, expected: { before, impacts } }: RunRequest,
  log: Log,
): Promise<Outcome> {
  const { version } = migration.header;
  const { access } = runner;
  const run = (): Promise<Outcome> =>
    runner.inSession(`migration ${version}`, log, async (session) => {
      const history = await historyUnderLock(session);
      ensureInOrder(history, migration, lower);
      let state = stateOf(history, version);
      if (state?.status === "applied") return { version, ranNow: false, state };
      if (access.isScratch !== true) {
        ensureRecorded(history, version, access.settings.tier, log);
      }
      if (history.breakGlass === null) {
        await ensureInsideWindow(session.client, access, migration, impacts);
      }
      if (state !== null && state.begunRollback !== null) {
        log(`the rollback of ${version} was cut off: it is finished first`);
        const { ticket } = state;
        const course = ticket ?? migration.header.ticket;
        state = await runRollback(session, migration, state, course, before);
      }
      await checkServer(session, migration, impacts);
      await new Attempt(session, migration, before).apply(state);
      const after = await stateAfter(session, version, "applied");
      return { version, ranNow: true, state: after };
    });
  return runner.holding(log, async () => {
    try {
      return await run();
    } catch (error) {
      if (access.settings.run.onFailure === "stop" || !(error instanceof StatementError)) {
        throw error;
      }
      throw await rollBackAfter(error, runner, migration, log, before);
    }
  });
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

/** Refuses outside of the maintenance windows what needs one, where the tier asks for it. */
async function ensureInsideWindow(
  client: Client,
  { settings }: Access,
  migration: MigrationFile,
  impacts: readonly StatementImpact[],
): Promise<void> {
  const reason = windowReason(migration, impacts);
  if (reason === null || !tierRules[settings.tier].enforcesWindow) return;
  const { windows } = settings.run;
  const now = await serverTime(client);
  if (openWindow(windows, now) !== null) return;
  throw new OutsideWindowError(migration.fileName, reason, describeWindows(windows, now));
}
