/**
 * Keeps a run from one migration to the next, for a process that is told of them one by one and not how many there are.
 * It is let go of within a second of idleness, at an error, and when it shall serve another stack.
 * Does NOT outlive its process: the lock ends with its connection.
 */
import type { Access } from "../../../stack/connection";
import { Runner } from "./runner";

/** In milliseconds: the engine asks for the next migration much sooner, and nobody waits long for the last one. */
const longestIdleMs = 700;

export class KeptRunner {
  private kept: { readonly runner: Runner; readonly stack: string } | null = null;
  private idle: NodeJS.Timeout | null = null;
  private last: Promise<unknown> = Promise.resolve();

  /** @param idleMs  How long it is kept without work. */
  constructor(private readonly idleMs: number = longestIdleMs) {}

  /** Gives `work` the run; one after the other. */
  use<T>(access: Access, work: (runner: Runner) => Promise<T>): Promise<T> {
    const turn = this.last.then(async () => {
      if (this.idle !== null) clearTimeout(this.idle);
      const stack = JSON.stringify(access.settings);
      if (this.kept?.stack !== stack) await this.letGo();
      this.kept ??= { runner: new Runner(access), stack };
      try {
        return await work(this.kept.runner);
      } catch (error) {
        await this.letGo();
        throw error;
      } finally {
        this.idle = setTimeout(() => {
          this.last = this.last.then(() => this.letGo());
        }, this.idleMs);
      }
    });
    this.last = turn.catch(() => undefined);
    return turn;
  }

  /** Ends what is kept, if anything is. */
  async letGo(): Promise<void> {
    if (this.idle !== null) clearTimeout(this.idle);
    const { kept } = this;
    this.kept = null;
    await kept?.runner.close();
  }
}
