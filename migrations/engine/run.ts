/**
 * Runs one migration: under the runner lock, segment by segment, each recorded with what it changed.
 * Does NOT read files or decide whether the migration should run, except for what only the lock makes certain.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import { type Client, escapeIdentifier } from "pg";

import { type Access, errorCode, inTransaction, withClient } from "./database";
import { MigrationError } from "./errors";
import type { MigrationFile } from "./file";
import type { VersionState } from "./history";
import { readHistory, recordApplied, recordEvent, recordStart } from "./ledger";
import { type RunnerLock, withRunnerLock } from "./runnerLock";
import type { Segment } from "./segments";
import { ensureStamp } from "./stamp";
import { explainStatementFailure, type Standing } from "./statementError";
import type { Statement } from "./statements";

/** Told what goes on, one line each. */
export type Log = (message: string) => void;

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

/** SQLSTATEs after which a transaction may simply be tried again: lock timeout, deadlock, serialization. */
const retryable = new Set(["55P03", "40P01", "40001"]);

/** First pause between two tries, in milliseconds; it doubles, with jitter, up to the longest. */
const firstPauseMs = 100;
const longestPauseMs = 5_000;

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
        await new Run(client, access, migration, lock, log).apply(state);
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

/** One attempt at one migration. */
class Run {
  private readonly id = randomUUID();
  private readonly kept: number[] = [];
  private readonly version: string;

  constructor(
    private readonly client: Client,
    private readonly access: Access,
    private readonly migration: MigrationFile,
    private readonly lock: RunnerLock,
    private readonly log: Log,
  ) {
    this.version = migration.header.version;
  }

  async apply(state: VersionState | null): Promise<void> {
    const { migration, client } = this;
    // Only what the very same text has done may be skipped.
    const done =
      state?.status === "incomplete" && state.checksum === migration.checksum
        ? new Set(state.segmentsDone)
        : new Set<number>();
    const event = {
      version: this.version,
      run: this.id,
      checksum: migration.checksum,
      ...(migration.rollback === null ? {} : { rollbackChecksum: migration.rollback.checksum }),
      ticket: migration.header.ticket,
    };
    await inTransaction(client, async () => {
      await recordStart(
        client,
        {
          version: this.version,
          description: migration.name,
          ticket: migration.header.ticket,
        },
        done.size > 0,
      );
      await recordEvent(client, {
        ...event,
        kind: "started",
        detail: { file: migration.fileName, header: migration.header },
      });
    });
    if (done.size > 0) this.log(`resuming: ${done.size} segment(s) were done before`);

    for (const segment of migration.segments) {
      if (segment.section === "preflight" && done.size > 0) continue;
      if (done.has(segment.index)) {
        this.kept.push(segment.line);
        continue;
      }
      this.lock.ensureHeld();
      await this.runSegment(segment);
    }
    await inTransaction(client, async () => {
      await recordApplied(client, this.version);
      await recordEvent(client, { ...event, kind: "applied" });
    });
  }

  /** Runs one segment; on failure records it and says what is kept. */
  private async runSegment(segment: Segment): Promise<void> {
    const statements = segment.statements.filter((statement) => statement.ledger === null);
    let current = statements[0];
    if (current === undefined) return; // The engine keeps the ledger itself.
    const each = async (statement: Statement): Promise<void> => {
      current = statement;
      await this.runStatement(statement);
    };
    try {
      if (segment.section !== "migration") {
        // Checks change nothing, so there is nothing to record.
        for (const statement of statements) await each(statement);
        return;
      }
      if (statements.every((statement) => statement.transactional)) {
        await this.retrying(() =>
          inTransaction(this.client, async () => {
            for (const statement of statements) await each(statement);
            await this.recordSegment("segment-done", segment);
          }),
        );
      } else {
        await this.recordSegment("segment-started", segment);
        for (const statement of statements) await each(statement);
        await this.recordSegment("segment-done", segment);
      }
      this.kept.push(segment.line);
    } catch (error) {
      const failure = explainStatementFailure(error, current, this.standing());
      await recordEvent(this.client, {
        kind: "failed",
        version: this.version,
        run: this.id,
        segment: segment.index,
        checksum: this.migration.checksum,
        detail: { line: current.line, sqlstate: errorCode(error), message: failure.message },
      }).catch(() => undefined); // The connection may be what failed.
      throw failure;
    }
  }

  private async runStatement(statement: Statement): Promise<void> {
    const started = Date.now();
    if (!statement.transactional) await this.prepareConcurrent(statement);
    await this.client.query(statement.text);
    const what = [statement.kind, statement.target].filter(Boolean).join(" ");
    this.log(`line ${statement.line}: ${what} (${Date.now() - started} ms)`);
  }

  /**
   * CONCURRENTLY waits for old transactions rather than for a lock, and a lock timeout would leave an invalid index
   * behind, so it runs without one. What an earlier attempt left invalid is removed first: IF NOT EXISTS would skip it.
   */
  private async prepareConcurrent(statement: Statement): Promise<void> {
    await this.client.query("SET lock_timeout = 0");
    if (statement.indexName === null || statement.target === null) return;
    const { rows } = await this.client.query<{ schema: string; name: string }>(
      `SELECT n.nspname AS schema, c.relname AS name
         FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE NOT i.indisvalid AND c.relname = $1 AND n.nspname = split_part($2, '.', 1)`,
      [statement.indexName, statement.target],
    );
    for (const { schema, name } of rows) {
      this.log(`dropping the invalid index ${schema}.${name} that an earlier attempt left`);
      await this.client.query(
        `DROP INDEX CONCURRENTLY ${escapeIdentifier(schema)}.${escapeIdentifier(name)}`,
      );
    }
  }

  /** Tries a transaction again, whole, while another session keeps its locks. */
  private async retrying(work: () => Promise<void>): Promise<void> {
    const { lockTimeoutMs, lockBudgetMs } = this.access.settings.run;
    const started = Date.now();
    await this.client.query(`SET lock_timeout = ${lockTimeoutMs}`);
    for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
      try {
        await work();
        return;
      } catch (error) {
        const wait = pause * (0.5 + Math.random());
        if (!retryable.has(errorCode(error)) || Date.now() - started + wait > lockBudgetMs) {
          throw error;
        }
        this.log(
          `another session is in the way (${errorCode(error)}); trying again in ${Math.round(wait)} ms`,
        );
        await sleep(wait);
      }
    }
  }

  private async recordSegment(
    kind: "segment-started" | "segment-done",
    segment: Segment,
  ): Promise<void> {
    await recordEvent(this.client, {
      kind,
      version: this.version,
      run: this.id,
      segment: segment.index,
      checksum: this.migration.checksum,
    });
  }

  private standing(): Standing {
    return {
      fileName: this.migration.fileName,
      version: this.version,
      rollbackFileName: this.migration.rollback?.fileName ?? null,
      keptFrom: this.kept,
      infrastructureRole: this.access.settings.roles.infrastructure,
    };
  }
}
