/**
 * One attempt at a migration: segment by segment, each recorded together with what it changed.
 * Does NOT take the runner lock or decide whether the migration should run (see run.ts).
 */
import { randomUUID } from "node:crypto";

import { errorCode, runOne } from "../../../stack/connection";
import { claimsOf } from "../contract/claims";
import { Contract, type Inside } from "../contract/contract";
import { mayLeaveSomething, runLooking } from "../contract/measure";
import { type Batch, batchOf } from "../files/batch";
import type { MigrationFile, RollbackFile } from "../files/file";
import type { Segment } from "../files/segments";
import { checks, leavesOf, setsSession, titleOf } from "../files/segmentTraits";
import type { RunKind } from "../history/eventKinds";
import { type BegunSegment, rollbackDirection, type VersionState } from "../history/history";
import type { Touched } from "../history/knownStructure";
import { addRecords, readSegmentRecord, type SegmentRecord } from "../history/segmentRecord";
import {
  appliedNow,
  type LedgerWrite,
  type NewEvent,
  recordEvent,
  rollbackBegun,
  rolledBackNow,
  startedNow,
} from "../ledger/ledger";
import type { SchemaModel } from "../schema/schemaModel";
import { inPatientTransaction, type RunInside } from "../server/lockWaiting";
import { RunnerLockLostError } from "../server/runnerLock";
import { limitedBy, type RunLimits, type RunSession } from "../server/session";
import type { Statement } from "../statements/statements";
import { batchesToRepeat } from "./batchAgain";
import { BatchHold } from "./batchHold";
import { type BatchPosition, readPosition } from "./batchPace";
import { runBatch } from "./batchRun";
import { runConcurrent } from "./concurrent";
import type { Condition } from "./concurrentWork";
import { type OfRun, structureAfter, structureBefore } from "./runStructure";
import { Sealer } from "./sealer";
import { explainStatementFailure, type FailureContext } from "./statementError";

/** Which of a migration's two files an attempt runs, and for which ticket. */
export interface Course {
  readonly direction: "forward" | "rollback";
  readonly ticket: string;
}

/** What the very same text did before it was cut off. */
interface Past {
  readonly segmentsDone: readonly number[];
  readonly segmentsBegun: readonly BegunSegment[];
  /** Relations that it has made, by object id. */
  readonly made?: readonly number[];
}

const nothing: Past = { segmentsDone: [], segmentsBegun: [] };

/** Runs the statements of a segment; told each one before it runs. */
type Each = (statement: Statement) => void;

/** Lets what may wait for a lock be looked after as a statement is. */
const patiently =
  (inside: RunInside, title: string): Inside =>
  (work) =>
    inside(title, work);

/** One attempt at one migration or its rollback, on a connection of its own and under the runner lock. */
export class Attempt {
  private readonly id = randomUUID();
  private readonly sealer = new Sealer();
  private readonly kept: number[] = [];
  private readonly version: string;
  private contract: Contract;
  /** Under the limits that the header of the file states which runs. */
  private readonly session: RunSession;
  /** What an earlier text of the version did is still there. */
  private earlierText = false;

  /** @param before  What the files before the migration make: it says what the statements were judged to do. */
  constructor(
    session: RunSession,
    private readonly migration: MigrationFile,
    private readonly before: SchemaModel,
    private readonly course: Course = { direction: "forward", ticket: migration.header.ticket },
  ) {
    const { header } = (this.isRollback ? migration.rollback : null) ?? migration;
    this.session = limitedBy(session, header.limits);
    this.version = migration.header.version;
    this.contract = this.contractWith([]);
  }

  /** @param made  Relations that segments of this very text have made before it was cut off. */
  private contractWith(made: readonly number[]): Contract {
    const { client, lock, access } = this.session;
    const claims = claimsOf(this.migration, this.course.direction, this.before);
    return new Contract(client, (work) => lock.look(work), access.settings.tier, claims, made);
  }

  async apply(state: VersionState | null): Promise<void> {
    const { migration } = this;
    const { header } = migration;
    const past =
      state?.status === "incomplete" && state.checksum === migration.checksum ? state : nothing;
    const hasOwn = past.segmentsDone.length + past.segmentsBegun.length > 0;
    this.earlierText = state?.halfDone === true && !hasOwn;
    const { publicKey } = this.sealer;
    const before = await structureBefore(this.session, this.about, state, publicKey, "migration");
    const entry = { version: this.version, description: migration.name, ticket: header.ticket };
    await this.record(
      "started",
      { detail: { file: migration.fileName, header, limits: this.limits, resumes: hasOwn } },
      startedNow(entry, hasOwn),
    );
    await this.runSegments(migration.segments, past);
    await structureAfter(
      this.session,
      this.about,
      this.endAs("applied"),
      before,
      this.touched(hasOwn),
    );
    await this.record("applied", {}, appliedNow(this.version));
  }

  /**
   * Runs the rollback file. What it changed first takes the mark "applied" away in the same transaction: from there on
   * the version is neither, until the last segment is done.
   */
  async rollBack(state: VersionState, rollback: RollbackFile): Promise<void> {
    const begun = state.begunRollback;
    const past =
      begun !== null && begun.checksum === rollback.checksum
        ? { ...begun, made: state.made ?? [] }
        : nothing;
    const { publicKey } = this.sealer;
    const before = await structureBefore(this.session, this.about, state, publicKey, "rollback");
    await this.record("started", {
      detail: {
        file: rollback.fileName,
        header: rollback.header,
        limits: this.limits,
      },
    });
    await this.runSegments(rollback.segments, past);
    const hasOwn = past.segmentsDone.length + past.segmentsBegun.length > 0;
    await structureAfter(
      this.session,
      this.about,
      this.endAs("rolled-back"),
      before,
      this.touched(hasOwn),
    );
    const { ticket } = this.course;
    await this.record("rolled-back", {}, rolledBackNow(this.version, ticket));
  }

  private endAs<Of extends string>(of: Of): { readonly of: Of; readonly text: string } {
    return { of, text: this.migration.checksum };
  }

  private get about(): OfRun {
    return { version: this.version, run: this.id };
  }

  /** Those that held, for the record. */
  private get limits(): Omit<RunLimits, "byFile"> {
    const { lockTimeoutMs, statementTimeoutMs } = this.session.limits;
    return { lockTimeoutMs, statementTimeoutMs };
  }

  /** What the run has touched of the structure; null: of some of it that is not known. */
  private touched(isResumed: boolean): Touched | null {
    return isResumed ? null : this.contract.touched.parts;
  }

  /** Runs segments in order, without those that are done. */
  private async runSegments(segments: readonly Segment[], past: Past): Promise<void> {
    const { log, lock, client, limits } = this.session;
    if (limits.byFile.statementTimeoutMs !== null) {
      await client.query(`SET statement_timeout = ${limits.byFile.statementTimeoutMs}`);
    }
    const done = new Set(past.segmentsDone);
    const begun = new Map(past.segmentsBegun.map(({ segment, detail }) => [segment, detail]));
    if (done.size > 0) {
      log(`resuming: ${done.size} segment(s) were done before`);
      this.contract = this.contractWith(past.made ?? []);
    }
    for (const index of batchesToRepeat(segments, done)) {
      done.delete(index);
      log(
        "a batch is run again first: rows may have been written since that the next statement refuses",
      );
    }
    for (const segment of segments) {
      const isDone = done.has(segment.index);
      // Pre-flight looks at the state before the first segment, which is past.
      if (isDone || (segment.section === "preflight" && past.segmentsDone.length > 0)) {
        if (isDone) this.kept.push(segment.line);
        await this.restoreSettings(segment);
        continue;
      }
      lock.ensureHeld();
      await this.runSegment(segment, begun.get(segment.index) ?? {});
    }
    // What the file left in its session (a DateStyle, a timeout) must touch neither how its end is recorded nor what
    // comes after it.
    await this.session.reset();
  }

  /** Sets the parameters again that a segment set: they ended with the session it ran in. */
  private async restoreSettings({ statements }: Segment): Promise<void> {
    for (const { text } of statements.filter(setsSession)) await runOne(this.session.client, text);
  }

  /** Runs one segment; on failure records it and says what is kept. */
  private async runSegment(segment: Segment, begun: BegunSegment["detail"]): Promise<void> {
    const statements = segment.statements.filter((statement) => statement.ledger === null);
    const [first] = statements;
    if (first === undefined) return; // The engine keeps the ledger itself.
    let current = first;
    const each: Each = (statement) => (current = statement);
    const started = Date.now();
    try {
      const batch = segment.kind === "single" ? batchOf(first) : null;
      const changed =
        batch !== null
          ? await this.runInBatches(segment, first, batch, begun)
          : statements.every(({ transactional }) => transactional)
            ? await this.runInTransaction(segment, statements, each)
            : await this.runAlone(segment, statements, begun, each);
      if (!changed) return;
      this.kept.push(segment.line);
      this.session.log(`${titleOf(segment)} done in ${Date.now() - started} ms`);
    } catch (error) {
      if (error instanceof RunnerLockLostError) throw error;
      const failure = explainStatementFailure(error, current, this.failureContext(segment));
      await this.record("failed", {
        segment: segment.index,
        detail: { line: current.line, sqlstate: errorCode(error), message: failure.message },
      }).catch(() => undefined); // The connection may be what failed.
      throw failure;
    }
  }

  /** @returns whether there was something to record. */
  private runInTransaction(
    segment: Segment,
    statements: readonly Statement[],
    each: Each,
  ): Promise<boolean> {
    const { client } = this.session;
    const isCheck = checks.has(segment.section);
    const run = async (inside: RunInside, mark: string): Promise<boolean> => {
      const open = this.contract.begin(mark);
      let mayLeave = true;
      for (const statement of statements) {
        each(statement);
        await this.contract.before(open, statement, patiently(inside, titleOf(statement)));
        await inside(titleOf(statement), async () => {
          if (isCheck) mayLeave = await runLooking(client, statement.text);
          else await runOne(client, statement.text);
        });
      }
      // Checks only look. A rollback file has no sections, so its checks are told by what they leave behind: nothing.
      if (this.isRollback && !isCheck) mayLeave = await mayLeaveSomething(client);
      if (!mayLeave) return false;
      const end = patiently(inside, `${titleOf(segment)}: its end`);
      const measured = await this.contract.end(open, segment, end);
      if (isCheck && measured.unannounced === undefined) return false;
      await this.recordSegment("segment-done", segment, this.told(measured));
      return true;
    };
    return inPatientTransaction(this.session, run);
  }

  /** For the event's detail; what was not announced is said at once. */
  private told(measured: SegmentRecord): { readonly measured: SegmentRecord } {
    for (const text of measured.unannounced ?? []) {
      this.session.log(`WARNING: more than was announced, refused in uat and prod: ${text}`);
    }
    return { measured };
  }

  /** Statements that no transaction may hold: the intent is recorded before, completion after. */
  private async runAlone(
    segment: Segment,
    statements: readonly Statement[],
    begun: BegunSegment["detail"],
    each: Each,
  ): Promise<boolean> {
    this.contract.touched.addUnknown();
    const recorded = !checks.has(segment.section);
    const before = (begun["before"] ?? null) as Condition | null;
    let did: SegmentRecord | null = null;
    for (const statement of statements) {
      each(statement);
      const measured = await runConcurrent(
        this.session,
        statement,
        titleOf(statement),
        before,
        async (condition) => {
          if (recorded) await this.recordSegment("segment-started", segment, { before: condition });
        },
      );
      if (measured !== null) did = addRecords(did, await this.contract.after(segment, measured));
    }
    if (recorded) {
      await this.recordSegment("segment-done", segment, did === null ? {} : this.told(did));
    }
    // What was done is done, and recorded: the run stops here all the same.
    if (did !== null) this.contract.ensureKept(did);
    return recorded;
  }

  private async runInBatches(
    segment: Segment,
    statement: Statement,
    batch: Batch,
    begun: BegunSegment["detail"],
  ): Promise<boolean> {
    this.contract.touched.addUnknown();
    const from = readPosition(begun["position"]);
    const record = (position: BatchPosition, did: SegmentRecord | null): Promise<void> =>
      this.recordSegment("segment-started", segment, {
        position,
        ...(did === null ? {} : { measured: did }),
      });
    const earlier = readSegmentRecord(begun);
    const hold = new BatchHold(this.contract, segment, this.session.client, earlier);
    await record(from, earlier);
    const task = { ...batch, title: titleOf(statement), from, record, hold };
    const end = await runBatch(this.session, task);
    await this.recordSegment("segment-done", segment, {
      ...{ rows: end.changed, passes: end.pass },
      ...(hold.total === null ? {} : { measured: hold.total }),
    });
    return true;
  }

  private async recordSegment(
    kind: "segment-started" | "segment-done",
    segment: Segment,
    detail: NewEvent["detail"] = {},
  ): Promise<void> {
    const write = this.isRollback ? rollbackBegun(this.version) : null;
    await this.record(kind, { segment: segment.index, detail }, write);
  }

  /** Appends an event of this attempt, with the checksums of both files. */
  private async record(
    kind: RunKind,
    more: Partial<NewEvent> = {},
    write: LedgerWrite | null = null,
  ): Promise<void> {
    const { checksum, rollback } = this.migration;
    const event: NewEvent = {
      ...more,
      kind,
      version: this.version,
      run: this.id,
      checksum,
      ...(rollback === null ? {} : { rollbackChecksum: rollback.checksum }),
      ticket: this.course.ticket,
      detail: { ...more.detail, ...(this.isRollback ? rollbackDirection : {}) },
    };
    await recordEvent(this.session.client, this.sealer.sealed(event), { write, uncounted: true });
  }

  private get isRollback(): boolean {
    return this.course.direction === "rollback";
  }

  private failureContext(failed: Segment): FailureContext {
    const segments = this.isRollback ? this.migration.rollback?.segments : this.migration.segments;
    const isWork = ({ section, statements }: Segment): boolean =>
      !checks.has(section) && statements.some(({ ledger }) => ledger === null);
    return {
      tier: this.session.access.settings.tier,
      openFrom: (segments ?? [])
        .filter((segment) => isWork(segment) && segment.index >= failed.index)
        .map(({ line }) => line),
      leaves: leavesOf(failed),
      fileName:
        (this.isRollback ? this.migration.rollback?.fileName : null) ?? this.migration.fileName,
      version: this.version,
      direction: this.course.direction,
      rollbackFileName: this.migration.rollback?.fileName ?? null,
      keptFrom: this.kept,
      earlierText: this.earlierText,
      infrastructureRole: this.session.access.settings.roles.infrastructure,
    };
  }
}
