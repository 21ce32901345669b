/**
 * One read for many who ask within a moment: what it found is given to all of them, and forgotten with every change that
 * this process makes. Does NOT know what is read, and is no cache: it forgets by itself, too.
 */

/**
 * How old what is given may be, in milliseconds, counted from before the read. Other processes write as well; what they
 * did a moment after a read is not seen by it either.
 */
const freshMs = 1_000;

export class SharedRead<T> {
  private current: { readonly begun: number; readonly value: Promise<T> } | null = null;
  private changes = 0;

  /** @param now  Milliseconds of a clock that only goes forward. */
  constructor(
    private readonly read: () => Promise<T>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** What was read a moment ago, else what is read now. A read that fails is given to those who wait for it alone. */
  get(): Promise<T> {
    if (this.changes > 0) return this.read();
    const begun = this.now();
    if (this.current !== null && begun - this.current.begun < freshMs) return this.current.value;
    const current = { begun, value: this.read() };
    this.current = current;
    current.value.catch(() => {
      if (this.current === current) this.current = null;
    });
    return current.value;
  }

  /** Runs work that changes what is read. Nothing from before its end is given to anyone after it. */
  async changing<R>(work: () => Promise<R>): Promise<R> {
    this.changes += 1;
    try {
      return await work();
    } finally {
      this.changes -= 1;
      this.current = null;
    }
  }
}
