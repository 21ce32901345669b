/**
 * Keeps a run from one migration of an `up` to the next.
 * Does NOT say how long anything else is kept (see kept.ts).
 */
import { Kept } from "./kept";
import { Runner } from "./runner";

/** In milliseconds: the engine asks for the next migration much sooner, and nobody waits long for the last one. */
const longestIdleMs = 700;

export class KeptRunner extends Kept<Runner> {
  constructor(idleMs: number = longestIdleMs) {
    super(idleMs, (access) => new Runner(access));
  }
}

/** The run of this process: the engine tells of one migration after the other; what one leaves is there for the next. */
export const keptRun = new KeptRunner();
