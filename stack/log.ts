/**
 * The word for who is told what goes on.
 * Does NOT show anything (see progress.ts).
 */

/** Told what goes on, one line each. */
export type Log = (message: string) => void;
