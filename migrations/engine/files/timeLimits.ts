/**
 * How long a file's own statements may wait and run, as its header says: read, and told in words. Pure.
 * Does NOT say how long a tier allows (stack/tier.ts) or what holds where a file says nothing (the stack's settings).
 */

/** What a header says of the limits of its run. Milliseconds; null: the stack's own. */
export interface TimeLimits {
  readonly lockTimeoutMs: number | null;
  readonly statementTimeoutMs: number | null;
}

export const noTimeLimits: TimeLimits = { lockTimeoutMs: null, statementTimeoutMs: null };

type Limit = keyof TimeLimits;

/** What each is called in a header, and the shortest that can be kept: what looks after a run takes moments itself. */
export const limitLines: Readonly<
  Record<Limit, { readonly label: string; readonly field: string; readonly leastMs: number }>
> = {
  lockTimeoutMs: { label: "Lock timeout", field: "LOCK TIMEOUT", leastMs: 10 },
  statementTimeoutMs: { label: "Statement timeout", field: "STATEMENT TIMEOUT", leastMs: 1_000 },
};

export const limitNames = Object.keys(limitLines) as readonly Limit[];

/** PostgreSQL keeps times in 32 bits. */
const mostMs = 2_147_483_647;

const units: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
};

/**
 * A time as a header has it: `500 ms`, `2 s`, `30 min`, `1 h`, perhaps with a remark in parentheses behind it.
 *
 * @returns Milliseconds, or null where it is none, or is shorter than `leastMs`.
 */
export function parseTime(text: string, leastMs: number): number | null {
  const [, digits, unit = ""] = /^(\d{1,9}) ?(ms|s|min|h)(?: *\([^()]*\))?$/.exec(text) ?? [];
  const factor = units[unit];
  if (digits === undefined || factor === undefined) return null;
  const value = Number(digits) * factor;
  return value < leastMs || value > mostMs ? null : value;
}

/** The same for people, in the largest unit that needs no fraction: `90 s`, `2 min`. */
export function timeText(milliseconds: number): string {
  const fitting = Object.entries(units).filter(([, factor]) => milliseconds % factor === 0);
  const [unit, factor] = fitting.at(-1) ?? ["ms", 1];
  return `${milliseconds / factor} ${unit}`;
}

/** "lock timeout 500 ms, statement timeout 30 min"; "" where the file says nothing. */
export const limitsText = (limits: TimeLimits): string =>
  limitNames
    .flatMap((name) => {
      const value = limits[name];
      return value === null ? [] : [`${limitLines[name].label.toLowerCase()} ${timeText(value)}`];
    })
    .join(", ");
