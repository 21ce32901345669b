/**
 * One attempt at a migration: segment by segment, each recorded together with what it changed.
 * Does NOT take the runner lock or decide whether the migration should run (see run.ts).
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import { type Client, escapeIdentifier } from "pg";

import { type Access, errorCode, inTransaction } from "./database";
import type { MigrationFile } from "./file";
import type { VersionState } from "./history";
import { recordApplied, recordEvent, recordStart } from "./ledger";
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

/** One attempt at one migration, on a connection of its own and under the runner lock. */
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
      // Pre-flight looks at the state before the first segment, which is past.
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
    const started = Date.now();
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
      this.log(`${titleOf(segment)} done in ${Date.now() - started} ms`);
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
