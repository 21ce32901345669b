/**
 * Clears away what an earlier command that was killed has left in the sandbox's backend, so that the next one runs.
 * Does NOT decide what is left over (see leftovers.ts), and never takes a lock from a process that runs.
 */
import { readdir, readFile, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { ProgressLog } from "../../toolchain/log";
import { isRunning, startedAt } from "../../toolchain/processes";
import { type Outcome, run } from "../../toolchain/run";
import {
  type Checkpoint,
  hasBrokenReferences,
  hasPendingOperations,
  judgeLock,
  type Lock,
  parseLock,
} from "./leftovers";

export interface RecoveryTarget {
  /** Path of the `pulumi` program. */
  readonly pulumi: string;
  /** Folder of the file backend. */
  readonly state: string;
  readonly project: string;
  readonly stack: string;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Arguments that every command on the stack gets. */
  readonly stackArguments: readonly string[];
}

/**
 * Removes the locks of processes that are gone, and returns who holds the stack if somebody does.
 */
export async function removeDeadLocks(
  target: RecoveryTarget,
  log: ProgressLog,
): Promise<LockHolder | undefined> {
  const { state, project, stack } = target;
  const folder = join(state, ".pulumi", "locks", "organization", project, stack);
  let holder: LockHolder | undefined;
  for (const name of await readdir(folder).catch((): string[] => [])) {
    if (!name.endsWith(".json")) continue;
    const file = join(folder, name);
    const lock = parseLock(await readFile(file, "utf8").catch(() => ""));
    if (lock === undefined) continue;
    const verdict = judgeLock(lock, factsOf(lock));
    if (verdict.kind === "held") {
      holder = { who: verdict.reason, file };
      continue;
    }
    await rm(file, { force: true });
    await rm(`${file}.attrs`, { force: true });
    log.say(`Removed a lock of stack ${stack} (${verdict.reason})`);
  }
  return holder;
}

/** How long to wait for a holder that lives (DDL_STACK_WAIT_MS wins), and how often to look. Milliseconds. */
const HOLDER_WITHIN_MS = Number(process.env.DDL_STACK_WAIT_MS ?? 60_000);
const LOOK_EVERY_MS = 500;

/**
 * The same, and waits a while for a holder that lives: often it is what a killed command has left running, and about to
 * end.
 */
export async function waitForStack(
  target: RecoveryTarget,
  log: ProgressLog,
): Promise<LockHolder | undefined> {
  const started = Date.now();
  let holder = await removeDeadLocks(target, log);
  if (holder !== undefined) log.say(`Waiting for stack ${target.stack}: held by ${holder.who}`);
  while (holder !== undefined && Date.now() - started < HOLDER_WITHIN_MS) {
    await sleep(LOOK_EVERY_MS);
    const waited = Math.round((Date.now() - started) / 1000);
    const left = Math.max(0, Math.round(HOLDER_WITHIN_MS / 1000) - waited);
    log.progress(`Waiting for stack ${target.stack}: ${waited} s waited, ${left} s left`);
    holder = await removeDeadLocks(target, log);
  }
  return holder;
}

export interface LockHolder {
  readonly who: string;
  readonly file: string;
}

/**
 * Repairs the state and clears pending operations. The stack must not be locked.
 *
 * @throws {Error} pulumi could not.
 */
export async function recoverState(target: RecoveryTarget, log: ProgressLog): Promise<void> {
  if (hasBrokenReferences(await readCheckpoint(target))) {
    log.say("Repairing the state: an earlier command left references to what is not there");
    // Takes the stack by name only: it reads no configuration.
    must(await pulumi(target, ["state", "repair", "--stack", target.stack, "--yes"]), "repair");
  }
  if (hasPendingOperations(await readCheckpoint(target))) {
    log.say("Clearing operations that an earlier command, killed in the middle, left as pending");
    const flags = ["--yes", "--skip-preview", "--clear-pending-creates", "--non-interactive"];
    must(await pulumi(target, ["refresh", ...target.stackArguments, ...flags]), "refresh");
  }
}

const factsOf = (lock: Lock): Parameters<typeof judgeLock>[1] => ({
  hostname: hostname(),
  isRunning: isRunning(lock.pid),
  startedAt: startedAt(lock.pid),
});

/** The stack's file; a stack that was never updated has an empty one. */
async function readCheckpoint(target: RecoveryTarget): Promise<Checkpoint> {
  const { state, project, stack } = target;
  const file = join(state, ".pulumi", "stacks", project, `${stack}.json`);
  const text = await readFile(file, "utf8").catch(() => "{}");
  const parsed = JSON.parse(text) as { checkpoint?: { latest?: Checkpoint | null } };
  return parsed.checkpoint?.latest ?? {};
}

async function pulumi(target: RecoveryTarget, args: readonly string[]): Promise<Outcome> {
  return run(target.pulumi, args, { cwd: target.cwd, env: target.env });
}

function must(outcome: Outcome, what: string): void {
  if (outcome.status === 0) return;
  throw new Error(
    `pulumi could not ${what} the state:\n${outcome.stdout}${outcome.stderr}\n` +
      'Hint: the database is the truth. "Lost state" in docs/operations.md says how to go on without it.',
  );
}
