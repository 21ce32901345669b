/**
 * How long one try of a transaction has waited for locks, all of them together, and how long it may go on.
 * Pure. Does NOT look at the server (see watch.ts) or wait.
 *
 * PostgreSQL's lock_timeout bounds each wait alone. A transaction that waits for a second lock while it holds the first
 * would hold up whoever wants the first for twice as long.
 */
import type { Wait } from "./blockers";

/** One wait as it was seen: two looks at the same wait have the same key. */
export interface SeenWait extends Wait {
  readonly key: string;
}

/** The shortest limit that is set: 0 would mean none. Milliseconds. */
const leastMs = 10;

export class LockPatience {
  private readonly waits = new Map<string, SeenWait>();

  /** @param limitMs  Longest wait of the whole try. */
  constructor(private readonly limitMs: number) {}

  /** Takes notice of a wait. The same wait may be seen many times; its last duration counts. */
  see(wait: SeenWait): void {
    this.waits.delete(wait.key);
    this.waits.set(wait.key, wait);
  }

  /** Time waited so far, in milliseconds. */
  get waitedMs(): number {
    return [...this.waits.values()].reduce((sum, { waitedMs }) => sum + waitedMs, 0);
  }

  /** What lock_timeout may be for the next statement, in milliseconds. */
  get leftMs(): number {
    return Math.max(leastMs, Math.round(this.limitMs - this.waitedMs));
  }

  /** True when the running statement should be cancelled: the server counts each of its waits anew. */
  get isSpent(): boolean {
    return this.waitedMs > this.limitMs + leastMs;
  }

  /** The wait seen last, or null. */
  get last(): SeenWait | null {
    return [...this.waits.values()].at(-1) ?? null;
  }
}
