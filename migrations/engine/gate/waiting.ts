/**
 * Which pending files only wait for a date, and what may run before them. Pure.
 * Does NOT judge (see gate.ts): a rule says of a finding that time alone is missing.
 */
import { inOrder } from "../files/collection";
import type { MigrationFile } from "../files/file";
import { isAbout } from "./input/findings";
import type { GateInput } from "./input/gateInput";
import type { Violation } from "./input/gateRule";

/** A file that is not run yet. */
export interface WaitingFile {
  readonly file: MigrationFile;
  /** "until 2026-05-01"; of files above one that waits, that they come after it. */
  readonly waits: string;
}

interface Waiting {
  /** The input without what waits: everything below it. */
  readonly input: GateInput;
  /** Lowest first: the first waits for a date, the others for it, because versions run in their order. */
  readonly files: readonly WaitingFile[];
  /** What is said of the first. */
  readonly violation: Violation;
}

/**
 * Takes out of a plan what waits for a date, so that it holds up nothing below it. Null where nothing does.
 *
 * @param violations  Of the whole plan. What else is wrong with a file that waits is asked for when it is due.
 */
export function waitingIn(input: GateInput, violations: readonly Violation[]): Waiting | null {
  const { plan, tickets } = input;
  const delayOf = (file: MigrationFile): Violation | undefined =>
    violations.find(
      (one) => one.severity === "error" && one.waits !== undefined && isAbout(one, file),
    );
  const index = plan.pending.findIndex((file) => delayOf(file) !== undefined);
  const first = plan.pending[index];
  const delay = first === undefined ? undefined : delayOf(first);
  if (first === undefined || delay?.waits === undefined) return null;
  const waits = delay.waits;
  const [passing, waiting] = [plan.pending.slice(0, index), plan.pending.slice(index)];
  // Named early for what is to come: no reason to refuse what runs now.
  const ofWaiting = new Set(waiting.map(({ header }) => header.ticket));
  const ofPassing = new Set(passing.map(({ header }) => header.ticket));
  return {
    input: {
      ...input,
      tickets: tickets.filter((ticket) => !ofWaiting.has(ticket) || ofPassing.has(ticket)),
      plan: {
        ...plan,
        pending: passing,
        held: inOrder([...waiting, ...plan.held]),
      },
    },
    files: waiting.map((file) => ({
      file,
      waits: file === first ? waits : `until ${first.header.version} is applied`,
    })),
    violation: {
      ...delay,
      severity: "warning",
      message: `${delay.message} It waits ${waits}${waiting.length > 1 ? ", and what comes after it with it" : ""}; everything before it runs.`,
      remedy: `wait ${waits}, and run up then.`,
    },
  };
}
