/**
 * One run: the runner lock and, under it, one session that works and one of the admin's that looks, kept for as many
 * migrations as the run has. Each migration finds the working session as if it had been opened for it.
 * Does NOT decide what runs, or how long a run is kept (see keptRunner.ts).
 */
import { type Client, escapeLiteral } from "pg";

import {
  type Access,
  applicationName,
  connect,
  explainLoss,
  type Purpose,
  resetSession,
} from "../../../stack/connection";
import type { Log } from "../../../stack/log";
import { KeptHistory } from "../ledger/keptHistory";
import { KeptStructure } from "../ledger/keptStructure";
import { Beside } from "./beside";
import { ensureSessions, type Neighbour, type OwnSession } from "./pooling";
import { Recorder } from "./recorder";
import { awaitPredecessors, LockConnection, type runActivities } from "./runnerLock";
import { type RunSession, stackLimits } from "./session";
import { Watch } from "./watch";

/** The session that works. */
interface Working {
  readonly client: Client;
  readonly pid: number;
  readonly ensureOwnSession: OwnSession;
  /** Told the server's notices. */
  tell: Log;
  /** Its connection is gone. */
  isLost: boolean;
}

const silent: Log = () => undefined;

/**
 * What the working session is called until it is told what it is about, and again once it has forgotten that: the next
 * runner waits for whatever bears such a name.
 */
const nameless = "migration session";

export class Runner {
  private lock: LockConnection | null = null;
  private working: Working | null = null;
  private watch: Watch | null = null;
  private beside: Beside;
  private recorder: Recorder;
  private history = new KeptHistory();
  private readonly structure = new KeptStructure();

  /**
   * @param account  Who works, where it is not the migrator.
   * @param lent     The admin's session that looks, where it is somebody else's to close.
   */
  constructor(
    readonly access: Access,
    private readonly account: Purpose["account"] = "migrator",
    private readonly lent: Beside | null = null,
  ) {
    this.beside = lent ?? new Beside(access);
    this.recorder = new Recorder(access, this.beside);
  }

  /**
   * Runs `work` while the lock is held, and keeps lock and sessions after it; lets go of all when it fails. What was lost
   * since the last work is opened anew: nothing ran in between.
   *
   * @throws {RunnerBusyError}       another runner, or its session, does not end within `runnerWaitMs`.
   * @throws {PooledConnectionError} what we connect to is a pooler in transaction mode.
   */
  async holding<T>(log: Log, work: () => Promise<T>): Promise<T> {
    try {
      if (this.lock?.isLost === true) await this.close();
      if (this.working?.isLost === true) await this.closeWorking();
      if (this.lock === null) await this.take(log);
      return await work();
    } catch (error) {
      await this.close();
      throw explainLoss(error, this.access.settings.server);
    }
  }

  /**
   * Runs `work` in the session that works; to be called while the lock is held. After a failure the session is gone, and
   * the next call opens another.
   *
   * @param activity  Shown in pg_stat_activity; one of the `runActivities` and what it is about.
   */
  async inSession<T>(
    activity: `${(typeof runActivities)[number]} ${string}`,
    log: Log,
    work: (session: RunSession) => Promise<T>,
  ): Promise<T> {
    const { lock, access, beside, recorder, history, structure } = this;
    if (lock === null) throw new Error("the runner lock is not held");
    try {
      this.watch ??= new Watch(access, lock, beside);
      const watch = this.watch;
      this.working ??= await this.open(watch);
      const working = this.working;
      working.tell = log;
      const { client, pid, ensureOwnSession } = working;
      await client.query(`SET application_name = ${escapeLiteral(applicationName(activity))}`);
      const reset = (): Promise<void> => resetSession(client, applicationName(activity));
      return await work({
        ...{ client, pid, watch, access, lock, log, ensureOwnSession, beside, reset },
        ...{ recorder, history, structure, limits: stackLimits(access) },
      });
    } catch (error) {
      structure.forget();
      await this.closeWorking();
      throw error;
    }
  }

  /** Lets go of the lock, after the sessions. May be called at any time, and again. */
  async close(): Promise<void> {
    await this.closeWorking();
    const { lock, lent } = this;
    this.lock = null;
    if (lent === null) {
      await this.beside.close();
      this.beside = new Beside(this.access);
    }
    await this.recorder.close();
    this.recorder = new Recorder(this.access, this.beside);
    this.history = new KeptHistory();
    this.structure.forget();
    await lock?.close();
  }

  /**
   * The working session is opened before the lock is held: only then can the lock's own connection show whether the server
   * gives each session a process of its own. It is not opened while the lock is waited for.
   */
  private async take(log: Log): Promise<void> {
    const lock = await LockConnection.open(this.access);
    this.lock = lock;
    const prepare = async (): Promise<void> => {
      this.working = await this.open(lock);
    };
    await lock.acquire(log, prepare, () => this.closeWorking());
    const { working } = this;
    if (working !== null) await awaitPredecessors(working.client, this.access, log);
  }

  private async open(neighbour: Neighbour): Promise<Working> {
    const { access, account } = this;
    const { lockTimeoutMs, statementTimeoutMs } = stackLimits(access);
    const parameters = {
      lock_timeout: `${lockTimeoutMs}ms`,
      statement_timeout: `${statementTimeoutMs}ms`,
      search_path: "public",
    };
    const client = await connect(access, { account, activity: nameless, parameters });
    try {
      const own = await ensureSessions(client, neighbour, access);
      const working: Working = { client, ...own, tell: silent, isLost: false };
      const lose = (): void => void (working.isLost = true);
      client.on("error", lose).on("end", lose);
      client.on("notice", ({ message }) => {
        if (message !== undefined) working.tell(`notice: ${message}`);
      });
      return working;
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
  }

  private async closeWorking(): Promise<void> {
    const { working, watch } = this;
    this.working = null;
    this.watch = null;
    // A lost connection makes end() fail too; the first error is the one that tells something.
    await working?.client.end().catch(() => undefined);
    await watch?.close();
  }
}

/** Gives `work` a run of its own, which ends with it. */
export async function withRunner<T>(
  access: Access,
  work: (runner: Runner) => Promise<T>,
  account?: Purpose["account"],
  lent?: Beside,
): Promise<T> {
  const runner = new Runner(access, account, lent);
  try {
    return await work(runner);
  } finally {
    await runner.close();
  }
}
