/**
 * Keeps one thing open from one use to the next, for a process that is told of its work bit by bit and not how much there
 * is: a run for the engine's migrations, a session for what is read after each of them. It is let go of after a moment of
 * idleness, so that it keeps no process from ending, at an error, and when it shall serve another stack.
 * Does NOT outlive its process, and knows nothing of what it keeps.
 */
import type { Access } from "../../../stack/connection";

interface Closable {
  close(): Promise<void>;
}

export class Kept<Thing extends Closable> {
  private kept: { readonly thing: Thing; readonly stack: string } | null = null;
  private idle: NodeJS.Timeout | null = null;
  private last: Promise<unknown> = Promise.resolve();

  /** @param idleMs  How long it is kept without work. */
  constructor(
    private readonly idleMs: number,
    private readonly open: (access: Access) => Thing,
  ) {}

  /** Gives `work` what is kept; one after the other. */
  use<T>(access: Access, work: (thing: Thing) => Promise<T>): Promise<T> {
    const turn = this.last.then(async () => {
      if (this.idle !== null) clearTimeout(this.idle);
      const stack = JSON.stringify(access.settings);
      if (this.kept?.stack !== stack) await this.letGo();
      this.kept ??= { thing: this.open(access), stack };
      try {
        return await work(this.kept.thing);
      } catch (error) {
        await this.letGo();
        throw error;
      } finally {
        this.idle = setTimeout(() => {
          this.end().catch(() => undefined);
        }, this.idleMs);
      }
    });
    this.last = turn.catch(() => undefined);
    return turn;
  }

  /** Ends what is kept, if anything is, behind all work that was asked for before. */
  end(): Promise<void> {
    const turn = this.last.then(() => this.letGo());
    this.last = turn.catch(() => undefined);
    return turn;
  }

  /** Ends what is kept at once, whatever it is doing. */
  async letGo(): Promise<void> {
    if (this.idle !== null) clearTimeout(this.idle);
    const { kept } = this;
    this.kept = null;
    await kept?.thing.close();
  }
}
