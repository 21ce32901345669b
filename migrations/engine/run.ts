/**
 * Runs one migration under the runner lock, after looking again at what only the lock makes certain.
 * Does NOT read files, or decide otherwise whether the migration should run; how it runs is in attempt.ts.
 */
import type { Client } from "pg";

import { Attempt, type Log } from "./attempt";
import { type Access, withClient } from "./database";
import { MigrationError } from "./errors";
import type { MigrationFile } from "./file";
import type { VersionState } from "./history";
import { readHistory } from "./ledger";
import { withRunnerLock } from "./runnerLock";
import { ensureStamp } from "./stamp";

/** What a run ended with. */
export interface Outcome {
  readonly version: string;
  /** False when another runner, or an earlier state of this stack, had applied it already. */
  readonly ranNow: boolean;
  readonly state: VersionState;
}

/** What a run needs to know beside the file. */
export interface RunRequest {
  readonly migration: MigrationFile;
  /** Versions of all files with a lower number, lowest first. They must be applied. */
  readonly lower: readonly string[];
}

/** A lower version is not applied, so this one may not run. */
export class OrderError extends MigrationError {
  readonly code = "OUT_OF_ORDER";
}

/**
 * Applies a migration unless it is applied already. Safe to call again after any interruption: it resumes at the first
 * segment that is not done.
 *
 * @throws {OrderError}      a lower version is not applied (for example after `--target`).
 * @throws {StampError}      the database belongs to another tier.
 * @throws {StatementError}  a statement failed; what is kept and what to do are in the message.
 * @throws {RunnerBusyError} another runner did not finish in time.
 */
export async function applyMigration(
  access: Access,
  { migration, lower }: RunRequest,
  log: Log,
): Promise<Outcome> {
  const { run } = access.settings;
  return withRunnerLock(access, log, (lock) =>
    withClient(
      access,
      {
        account: "migrator",
        activity: `migration ${migration.header.version}`,
        parameters: {
          lock_timeout: `${run.lockTimeoutMs}ms`,
          statement_timeout: `${run.statementTimeoutMs}ms`,
          search_path: "public",
        },
      },
      async (client) => {
        client.on("notice", (notice) => {
          if (notice.message !== undefined) log(`notice: ${notice.message}`);
        });
        const state = await stateUnderLock(client, access, migration, lower);
        if (state?.status === "applied") return { version: state.version, ranNow: false, state };
        await new Attempt(client, access, migration, lock, log).apply(state);
        const applied = (await readHistory(client)).versions.find(
          ({ version }) => version === migration.header.version,
        );
        if (applied?.status !== "applied") {
          throw new Error(`the ledger lost version ${migration.header.version} while it ran`);
        }
        return { version: applied.version, ranNow: true, state: applied };
      },
    ),
  );
}

/** Reads the ledger again, now that nobody else can change it, and refuses what must not run. */
async function stateUnderLock(
  client: Client,
  { settings }: Access,
  migration: MigrationFile,
  lower: readonly string[],
): Promise<VersionState | null> {
  const history = await readHistory(client);
  ensureStamp({
    stamp: history.stamp,
    empty: false,
    tier: settings.tier,
    adopt: null,
    database: settings.server.database,
  });
  const statusOf = new Map(history.versions.map((state) => [state.version, state.status]));
  const open = lower.filter((version) => statusOf.get(version) !== "applied");
  if (open.length > 0) {
    throw new OrderError(
      `${migration.fileName} may not run: version ${open.join(", ")} comes first and is not applied.`,
      "Run up without --target and --exclude.",
    );
  }
  return history.versions.find(({ version }) => version === migration.header.version) ?? null;
}
