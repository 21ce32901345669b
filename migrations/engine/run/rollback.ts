/**
 * Takes one version back with its rollback file, under the runner lock.
 * Does NOT decide which versions go back (see plan.ts); how segments run is in attempt.ts.
 */
import { MigrationError } from "../../../stack/errors";
import type { Log } from "../../../stack/log";
import { ledgerTable } from "../../../stack/ownTables";
import type { MigrationFile } from "../files/file";
import type { VersionState } from "../history/history";
import type { FileImpacts } from "../impact/classify";
import type { SchemaModel } from "../schema/schemaModel";
import type { Runner } from "../server/runner";
import {
  historyUnderLock,
  type Outcome,
  type RunSession,
  stateAfter,
  stateOf,
} from "../server/session";
import { checkServerForRollback } from "../survey/serverLook";
import { Attempt } from "./attempt";
import { correctIt, type StatementError } from "./statementError";

/** What a rollback needs to know beside the files. */
export interface RollbackRequest {
  readonly migration: MigrationFile;
  /** For the ledger and the events; the header's own when none is named. */
  readonly ticket?: string;
  /** Versions of all files with a higher number, in any order. None of them may be applied or begun. */
  readonly higher: readonly string[];
  /** What the statements of its rollback file do, and to which schema (see rollbackImpactsAmong). */
  readonly expected: FileImpacts;
}

/** A migration failed, and its rollback file was run at once, as the stack's onFailure says. */
export class RolledBackError extends MigrationError {
  readonly code = "FAILED_ROLLED_BACK";
}

/** A version cannot be rolled back as things are. Nothing was changed. */
export class RollbackRefusedError extends MigrationError {
  readonly code = "ROLLBACK_REFUSED";
}

/**
 * Rolls a version back unless it is rolled back already: an applied one, one that failed half way, or one whose
 * rollback was cut off, which goes on at its first segment that is not done.
 *
 * @throws {RollbackRefusedError} a higher version is still there, there is no rollback file, or nothing to roll back.
 * @throws {StampError}      the database belongs to another tier.
 * @throws {PreflightError}  the server takes no writes.
 * @throws {StatementError}  a statement failed; what is done and what to do are in the message.
 * @throws {RunnerBusyError} another runner did not finish in time.
 * Source: policy, "Emergency Procedures".
 *
 * @param runner  Of the run that it is part of: lock and session stay for what comes next.
 */
export async function rollBackVersion(
  runner: Runner,
  { migration, ticket = migration.header.ticket, higher, expected }: RollbackRequest,
  log: Log,
): Promise<Outcome> {
  const { version } = migration.header;
  return runner.holding(log, () =>
    runner.inSession(`rollback ${version}`, log, async (session) => {
      const history = await historyUnderLock(session);
      const state = stateOf(history, version);
      if (state === null) {
        throw new RollbackRefusedError(
          `Version ${version} was never started in this database: there is nothing to roll back.`,
          `Look at the ledger: ${ledgerTable}.`,
        );
      }
      if (state.status === "rolled back") return { version, ranNow: false, state };
      const above = history.versions.filter(
        (one) => higher.includes(one.version) && one.status !== "rolled back",
      );
      if (above.length > 0) {
        const named = above.map((one) => `${one.version} (${one.status})`).join(", ");
        throw new RollbackRefusedError(
          `Version ${version} may not be rolled back while a later one is there: ${named}.`,
          "Roll back the newest one first.",
        );
      }
      if (migration.rollback !== null) {
        await checkServerForRollback(session, migration.rollback.fileName, expected.impacts);
      }
      const after = await runRollback(session, migration, state, ticket, expected.before);
      return { version, ranNow: true, state: after };
    }),
  );
}

/**
 * Runs the rollback file in a session that holds the lock already.
 *
 * @param state  As the ledger has it now: applied or incomplete.
 * @throws {RollbackRefusedError} there is no rollback file.
 */
export async function runRollback(
  session: RunSession,
  migration: MigrationFile,
  state: VersionState,
  ticket: string,
  before: SchemaModel,
): Promise<VersionState> {
  const { rollback } = migration;
  if (rollback === null) {
    const half = state.begunRollback === null ? "" : " It is half rolled back.";
    throw new RollbackRefusedError(
      `${migration.fileName} has no rollback file.${half}`,
      state.begunRollback === null
        ? "Write it and try it where nothing can be lost, or mend the database with a new migration."
        : "Restore the rollback file from git, then run again: it goes on where it was cut off.",
    );
  }
  const course = { direction: "rollback", ticket } as const;
  await new Attempt(session, migration, before, course).rollBack(state, rollback);
  return stateAfter(session, migration.header.version, "rolled back");
}

/**
 * Takes back what a failed migration left, in another session: the one that failed may be gone.
 *
 * @returns what to tell: the failure, with what became of the version. It is the failure itself where nothing was kept,
 *          or where nothing can be run: there is no rollback file, or it was the rollback that failed.
 */
export async function rollBackAfter(
  failure: StatementError,
  runner: Runner,
  migration: MigrationFile,
  log: Log,
  before: SchemaModel,
): Promise<StatementError | RolledBackError> {
  const { version, ticket } = migration.header;
  const what = failure.message.slice(0, failure.message.lastIndexOf("\n  Hint:"));
  try {
    return await runner.inSession(`rollback ${version}`, log, async (session) => {
      const state = stateOf(await historyUnderLock(session), version);
      const isOpen = state?.status === "incomplete" && state.begunRollback === null;
      const hasKept = isOpen && state.segmentsDone.length + state.segmentsBegun.length > 0;
      if (!hasKept || migration.rollback === null) return failure;
      log(`it failed: rolling ${version} back, as onFailure says`);
      await runRollback(session, migration, state, ticket, before);
      return new RolledBackError(
        `${what}\n  Version ${version} was then rolled back with ${migration.rollback.fileName}: nothing of it is left.`,
        `${correctIt(runner.access.settings.tier)}, then run up again: it begins anew.`,
        { cause: failure },
      );
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return new RolledBackError(
      `${what}\n  Rolling version ${version} back failed as well:\n  ${reason.replaceAll("\n", "\n  ")}`,
      "Read both messages. Lower targetVersion below this version and run up to try the rollback again.",
      { cause: failure },
    );
  }
}
