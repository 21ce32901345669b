/**
 * One attempt at a migration: segment by segment, each recorded together with what it changed.
 * Does NOT take the runner lock or decide whether the migration should run (see run.ts).
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import { type Client, escapeIdentifier } from "pg";

import { type Access, errorCode, inTransaction } from "./database";
import type { RunKind } from "./eventKinds";
import type { MigrationFile, RollbackFile } from "./file";
import { rollbackDirection, type VersionState } from "./history";
import {
  type NewEvent,
  recordApplied,
  recordEvent,
  recordRollbackBegun,
  recordRolledBack,
  recordStart,
} from "./ledger";
import type { RunnerLock } from "./runnerLock";
import type { Segment } from "./segments";
import { explainStatementFailure, type Standing } from "./statementError";
import type { Statement } from "./statements";

/** Told what goes on, one line each. */
export type Log = (message: string) => void;

/** SQLSTATEs after which a transaction may simply be tried again: lock timeout, deadlock, serialization. */
const retryable = new Set(["55P03", "40P01", "40001"]);

/** First pause between two tries, in milliseconds; it doubles, with jitter, up to the longest. */
const firstPauseMs = 100;
const longestPauseMs = 5_000;

/** How a statement or a whole transaction is called in progress lines. */
function titleOf(part: Statement | Segment): string {
  if ("text" in part) {
    const target = part.indexName ?? part.target;
    return `line ${part.line}: ${part.kind}${target === null ? "" : ` ${target}`}`;
  }
  const [only] = part.statements;
  if (part.kind === "single" && only !== undefined) return titleOf(only);
  return `line ${part.line}: transaction of ${part.statements.length} statements`;
}

/** After how long a statement is called slow, and how often it is mentioned then. Milliseconds. */
const slowAfterMs = 2_000;

/** Says every two seconds how long `work` has been running; quick work goes unmentioned. */
async function tellWhileSlow<T>(title: string, log: Log, work: () => Promise<T>): Promise<T> {
  const started = Date.now();
  const timer = setInterval(() => {
    log(`${title} has been running for ${Math.round((Date.now() - started) / 1000)} s`);
  }, slowAfterMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** Sections that only look: nothing of them is recorded, and a resumed run looks again. */
const checks: ReadonlySet<Segment["section"]> = new Set(["preflight", "postflight"]);

/** Which of a migration's two files an attempt runs, and for which ticket. */
export interface Course {
  readonly direction: "forward" | "rollback";
  readonly ticket: string;
}

/** One attempt at one migration or its rollback, on a connection of its own and under the runner lock. */
export class Attempt {
  private readonly id = randomUUID();
  private readonly kept: number[] = [];
  private readonly version: string;

  constructor(
    private readonly client: Client,
    private readonly access: Access,
    private readonly migration: MigrationFile,
    private readonly lock: RunnerLock,
    private readonly log: Log,
    private readonly course: Course = { direction: "forward", ticket: migration.header.ticket },
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
      await this.record("started", {
        detail: { file: migration.fileName, header: migration.header },
      });
    });
    await this.runSegments(migration.segments, done);
    await inTransaction(client, async () => {
      await recordApplied(client, this.version);
      await this.record("applied");
    });
  }

  /**
   * Runs the rollback file. What it changed first takes the mark "applied" away in the same transaction: from there on
   * the version is neither, until the last segment is done.
   */
  async rollBack(state: VersionState, rollback: RollbackFile): Promise<void> {
    const done =
      state.begunRollback?.checksum === rollback.checksum
        ? new Set(state.begunRollback.segmentsDone)
        : new Set<number>();
    await this.record("started", { detail: { file: rollback.fileName, header: rollback.header } });
    await this.runSegments(rollback.segments, done);
    await inTransaction(this.client, async () => {
      await recordRolledBack(this.client, this.version, this.course.ticket);
      await this.record("rolled-back");
    });
  }

  /** Runs segments in order, without those that are done. */
  private async runSegments(
    segments: readonly Segment[],
    done: ReadonlySet<number>,
  ): Promise<void> {
    if (done.size > 0) this.log(`resuming: ${done.size} segment(s) were done before`);
    for (const segment of segments) {
      // Pre-flight looks at the state before the first segment, which is past.
      if (segment.section === "preflight" && done.size > 0) continue;
      if (done.has(segment.index)) {
        this.kept.push(segment.line);
        continue;
      }
      this.lock.ensureHeld();
      await this.runSegment(segment);
    }
  }

  /** Runs one segment; on failure records it and says what is kept. */
  private async runSegment(segment: Segment): Promise<void> {
    const statements = segment.statements.filter((statement) => statement.ledger === null);
    let current = statements[0];
    if (current === undefined) return; // The engine keeps the ledger itself.
    const started = Date.now();
    const each = async (statement: Statement): Promise<void> => {
      current = statement;
      await this.runStatement(statement);
    };
    try {
      if (checks.has(segment.section)) {
        // Checks change nothing, so there is nothing to record.
        for (const statement of statements) await each(statement);
        return;
      }
      if (statements.every((statement) => statement.transactional)) {
        const changed = await this.retrying(() =>
          inTransaction(this.client, async () => {
            for (const statement of statements) await each(statement);
            // A rollback file has no sections, so its checks are told by what they leave behind: nothing.
            if (this.isRollback && !(await this.hasWritten())) return false;
            await this.recordSegment("segment-done", segment);
            return true;
          }),
        );
        if (!changed) return;
      } else {
        await this.recordSegment("segment-started", segment);
        for (const statement of statements) await each(statement);
        await this.recordSegment("segment-done", segment);
      }
      this.kept.push(segment.line);
      this.log(`${titleOf(segment)} done in ${Date.now() - started} ms`);
    } catch (error) {
      const failure = explainStatementFailure(error, current, this.standing());
      await this.record("failed", {
        segment: segment.index,
        detail: { line: current.line, sqlstate: errorCode(error), message: failure.message },
      }).catch(() => undefined); // The connection may be what failed.
      throw failure;
    }
  }

  private async runStatement(statement: Statement): Promise<void> {
    if (!statement.transactional) await this.prepareConcurrent(statement);
    await tellWhileSlow(titleOf(statement), this.log, () => this.client.query(statement.text));
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
  private async retrying<T>(work: () => Promise<T>): Promise<T> {
    const { lockTimeoutMs, lockBudgetMs } = this.access.settings.run;
    const started = Date.now();
    await this.client.query(`SET lock_timeout = ${lockTimeoutMs}`);
    for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
      try {
        return await work();
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
    if (this.isRollback) await recordRollbackBegun(this.client, this.version);
    await this.record(kind, { segment: segment.index });
  }

  /** Whether the open transaction has changed anything, on disk or in the catalogs. */
  private async hasWritten(): Promise<boolean> {
    const { rows } = await this.client.query<{ written: boolean }>(
      "SELECT pg_current_xact_id_if_assigned() IS NOT NULL AS written",
    );
    return rows[0]?.written === true;
  }

  /** Appends an event of this attempt, with the checksums of both files. */
  private async record(kind: RunKind, more: Partial<NewEvent> = {}): Promise<void> {
    const { checksum, rollback } = this.migration;
    await recordEvent(this.client, {
      ...more,
      kind,
      version: this.version,
      run: this.id,
      checksum,
      ...(rollback === null ? {} : { rollbackChecksum: rollback.checksum }),
      ticket: this.course.ticket,
      detail: { ...more.detail, ...(this.isRollback ? rollbackDirection : {}) },
    });
  }

  private get isRollback(): boolean {
    return this.course.direction === "rollback";
  }

  private standing(): Standing {
    return {
      fileName:
        (this.isRollback ? this.migration.rollback?.fileName : null) ?? this.migration.fileName,
      version: this.version,
      direction: this.course.direction,
      rollbackFileName: this.migration.rollback?.fileName ?? null,
      keptFrom: this.kept,
      infrastructureRole: this.access.settings.roles.infrastructure,
    };
  }
}
