/**
 * Disturbs a run at one point, lets it run again, and says whether the end is the same as that of an undisturbed run.
 * Does NOT choose the points (see test/support/crash/crashMatrix.ts).
 */
import { spawn } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { loadParser } from "../../../migrations/engine/statements/statements";
import type { Major } from "../../../sandbox/binaries";
import { type PostgresServer, startServer } from "../../../sandbox/server";
import { apply, rollBack } from "../program/runs";
import { type CuttingProxy, type Moment, startCuttingProxy } from "../servers/cuttingProxy";
import { makeProgramDatabase, type ProgramDatabase } from "../servers/programDatabase";
import type { ChildTask } from "./crashChild";
import {
  crashMigration,
  faultsOfRecord,
  faultsOfStructure,
  startOver,
  stateOf,
} from "./crashScenario";

/** What may happen to a run. */
export const disturbances = ["connection", "backend", "cancel", "process", "server"] as const;
export type Disturbance = (typeof disturbances)[number];

export const steps = ["apply", "rollback"] as const;
export type Step = (typeof steps)[number];

/** Where and what. */
export interface CrashPoint {
  readonly step: Step;
  readonly disturbance: Disturbance;
  /** Of the run, from 1. */
  readonly question: number;
  readonly moment: Moment;
}

/** A run that takes longer has got stuck. Milliseconds. */
const longestRunMs = 60_000;

/** A server, a database on it, and what an undisturbed run ends in. */
export class CrashWorld {
  private readonly ends = new Map<Step, readonly string[]>();
  private readonly questions = new Map<Step, number>();

  private constructor(
    private readonly major: Major,
    private readonly folder: string,
    private server: PostgresServer,
    private database: ProgramDatabase,
    private readonly proxy: CuttingProxy,
  ) {}

  /** Starts everything and runs both steps undisturbed. */
  static async start(major: Major): Promise<CrashWorld> {
    await loadParser();
    const folder = await mkdtemp(join(tmpdir(), "crash-matrix-"));
    await chmod(folder, 0o755);
    const server = await startIn(folder, major);
    const proxy = await startCuttingProxy(server.port);
    const database = await makeProgramDatabase(server);
    const world = new CrashWorld(major, folder, server, database, proxy);
    await startOver(database);
    for (const step of steps) {
      proxy.arm(0, "before", () => undefined);
      await world.run(step, true);
      world.questions.set(step, proxy.asked());
      world.ends.set(step, await stateOf(database));
    }
    return world;
  }

  async close(): Promise<void> {
    await this.database.close();
    await this.proxy.close();
    await this.server.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** How many questions an undisturbed run asks. */
  questionsOf(step: Step): number {
    return this.questions.get(step) ?? 0;
  }

  /**
   * Disturbs a run and runs it again.
   *
   * @returns what is wrong, or null; and how the disturbed run itself ended.
   */
  async disturb(
    point: CrashPoint,
  ): Promise<{ readonly fault: string | null; readonly ended: string }> {
    await startOver(this.database);
    if (point.step === "rollback") await this.run("apply", false);
    const ended = await this.disturbed(point);
    try {
      await this.run(point.step, false);
    } catch (error) {
      return { fault: `the rerun failed: ${String(error)}`, ended };
    }
    const [expected, found] = [this.ends.get(point.step) ?? [], await stateOf(this.database)];
    const differences = [
      ...expected.filter((line) => !found.includes(line)).map((line) => `missing: ${line}`),
      ...found.filter((line) => !expected.includes(line)).map((line) => `too much: ${line}`),
      ...(await faultsOfRecord(this.database)),
      ...(await faultsOfStructure(this.database)),
    ];
    return { fault: differences.length === 0 ? null : differences.join("\n    "), ended };
  }

  private async disturbed({ step, disturbance, question, moment }: CrashPoint): Promise<string> {
    let restarted: Promise<void> = Promise.resolve();
    let kill = (): void => undefined;
    const acts: Readonly<Record<Disturbance, () => Promise<void> | void>> = {
      connection: () => {
        this.proxy.cut();
      },
      backend: () => this.signal("pg_terminate_backend"),
      cancel: () => this.signal("pg_cancel_backend"),
      process: () => {
        kill();
        this.proxy.cut();
      },
      server: () => {
        const stopped = this.server.stop("immediate");
        // The run may fail before the server is gone.
        restarted = stopped.then(() => this.restart());
        return stopped;
      },
    };
    this.proxy.arm(question, moment, acts[disturbance]);
    const run =
      disturbance === "process"
        ? this.runInChild(step, (end) => (kill = end))
        : this.run(step, true);
    const stuck = new Promise<string>((resolve) =>
      setTimeout(() => {
        resolve("got stuck");
      }, longestRunMs).unref(),
    );
    const ended = await Promise.race([
      run.then(
        () => "came through",
        () => "failed",
      ),
      stuck,
    ]);
    await restarted;
    return ended;
  }

  private async run(step: Step, throughProxy: boolean): Promise<void> {
    const port = throughProxy ? this.proxy.port : this.server.port;
    const access = this.database.accessWith({ port: String(port) });
    if (step === "apply") await apply(this.database, crashMigration(), { access });
    else await rollBack(this.database, crashMigration(), { access });
  }

  private async runInChild(step: Step, onStart: (kill: () => void) => void): Promise<void> {
    const access = this.database.accessWith({ port: String(this.proxy.port) });
    const { migrator, admin } = access.settings.roles;
    const password = (await access.passwordOf("migrator", migrator ?? admin)) ?? "";
    const task: ChildTask = { settings: access.settings, password, step };
    const file = join(__dirname, "crashChild.ts");
    const child = spawn(process.execPath, ["--import", "tsx", file, JSON.stringify(task)], {
      stdio: "ignore",
    });
    onStart(() => child.kill("SIGKILL"));
    const code = await new Promise<number | null>((resolve) => child.once("exit", resolve));
    if (code !== 0) throw new Error(`the process ended with ${code ?? "a signal"}`);
  }

  /** Ends or cancels what the run's own session does. */
  private async signal(how: "pg_terminate_backend" | "pg_cancel_backend"): Promise<void> {
    await this.database.rows(
      `SELECT ${how}(pid) FROM pg_stat_activity
        WHERE application_name ~ '^rmhgeoapi-database: (migration|rollback)' AND datname = current_database()`,
    );
  }

  /** Starts the server again on its data. The sessions of the test itself are gone with the old one. */
  private async restart(): Promise<void> {
    this.server = await startIn(this.folder, this.major, this.server.port);
    await this.database.reconnect();
  }
}

const startIn = (folder: string, major: Major, port?: number): Promise<PostgresServer> =>
  startServer({
    major,
    dataDir: join(folder, "data"),
    password: "crash-matrix",
    ...(port === undefined ? {} : { port }),
  });
