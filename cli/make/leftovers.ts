/**
 * Decides what an earlier command that was killed has left behind: locks, pending operations, broken references.
 * Pure: what was read goes in, the decision comes out. Does NOT read or remove anything (see recover.ts).
 */

/** A lock of the file backend, as the engine writes it. */
export interface Lock {
  readonly pid: number;
  readonly username: string;
  readonly hostname: string;
  /** RFC 3339. */
  readonly timestamp: string;
}

/** What this machine says of the lock's process id now. */
export interface HolderFacts {
  readonly hostname: string;
  readonly isRunning: boolean;
  /** Start of the process that has the id now; `undefined` when it cannot be seen. */
  readonly startedAt: Date | undefined;
}

export type LockVerdict =
  | { readonly kind: "dead"; readonly reason: string }
  | { readonly kind: "held"; readonly reason: string };

/** The kernel's and the lock's clock differ by rounding; a process id is not used again within this. */
const CLOCK_SLACK_MS = 2_000;

/** Whether a lock's holder is gone for certain. In doubt it is not. */
export function judgeLock(lock: Lock, facts: HolderFacts): LockVerdict {
  const who = `process ${lock.pid} of ${lock.username} on ${lock.hostname}, since ${lock.timestamp}`;
  if (lock.hostname !== facts.hostname) return { kind: "held", reason: who };
  if (!facts.isRunning) return { kind: "dead", reason: `${who}, no longer runs` };
  const lockedAt = Date.parse(lock.timestamp);
  const isYounger =
    facts.startedAt !== undefined && facts.startedAt.getTime() > lockedAt + CLOCK_SLACK_MS;
  return isYounger
    ? { kind: "dead", reason: `${who}, is gone: its id now belongs to a younger process` }
    : { kind: "held", reason: who };
}

/** A lock read from a file's text, or `undefined` when it is none (an empty file of a full disk). */
export function parseLock(text: string): Lock | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const lock = value as Partial<Lock> | null;
  const isWhole =
    typeof lock?.pid === "number" &&
    typeof lock.hostname === "string" &&
    typeof lock.timestamp === "string";
  return isWhole ? { username: "unknown", ...(lock as Omit<Lock, "username">) } : undefined;
}

/** The parts of a checkpoint that matter here. */
export interface Checkpoint {
  readonly pending_operations?: readonly unknown[] | null;
  readonly resources?: readonly CheckpointResource[] | null;
}

export interface CheckpointResource {
  readonly urn: string;
  readonly parent?: string;
  readonly deletedWith?: string;
  readonly dependencies?: readonly string[] | null;
  readonly propertyDependencies?: Readonly<Record<string, readonly string[] | null>> | null;
}

export const hasPendingOperations = (checkpoint: Checkpoint): boolean =>
  (checkpoint.pending_operations ?? []).length > 0;

/**
 * Whether some resource refers to one that is not there, or comes before one that it needs: the engine then refuses
 * every command ("refers to missing dependency").
 */
export function hasBrokenReferences(checkpoint: Checkpoint): boolean {
  const seen = new Set<string>();
  for (const resource of checkpoint.resources ?? []) {
    const needs = [
      resource.parent,
      resource.deletedWith,
      ...(resource.dependencies ?? []),
      ...Object.values(resource.propertyDependencies ?? {}).flatMap((urns) => urns ?? []),
    ];
    if (needs.some((urn) => urn !== undefined && urn !== "" && !seen.has(urn))) return true;
    seen.add(resource.urn);
  }
  return false;
}
