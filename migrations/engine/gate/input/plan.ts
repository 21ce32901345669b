/**
 * Decides which migrations run, wait or go back. Pure: files, recorded states and a target in, a plan out.
 * Does NOT read the folder or the database, and does not look at the tier (see gate).
 */
import { compare, valid } from "semver";

import { inOrder } from "../../files/collection";

/** What the plan needs of a migration; MigrationFile fits. */
export interface PlanFile {
  /** Gives the order. */
  readonly number: number;
  readonly fileName: string;
  readonly header: { readonly version: string };
  readonly checksum: string;
  readonly rollback: { readonly checksum: string } | null;
}

/** What ledger and events say of one version. */
export interface AppliedState {
  readonly version: string;
  /** incomplete: started, but neither applied nor rolled back. */
  readonly status: "applied" | "incomplete" | "rolled back";
  /** Recorded when it was applied; null when the events do not know it. */
  readonly checksum: string | null;
  readonly rollbackChecksum: string | null;
  /** Not null: it was found in the database, and never run there. */
  readonly baseline?: object | null;
}

/** Why the plan may not be carried out; the gate words and weighs it. */
export type PlanProblem<F extends PlanFile = PlanFile> =
  | { readonly kind: "edited file"; readonly file: F; readonly recorded: string }
  | { readonly kind: "edited rollback"; readonly file: F; readonly recorded: string }
  | { readonly kind: "unrecorded"; readonly file: F }
  | { readonly kind: "missing file"; readonly version: string }
  | { readonly kind: "gap"; readonly file: F; readonly highestApplied: F }
  | { readonly kind: "unknown target"; readonly target: string };

export interface Plan<F extends PlanFile = PlanFile> {
  /** Files the ledger has as applied, lowest first. */
  readonly applied: readonly F[];
  /** Files to run, lowest first; not started, incomplete or rolled back. */
  readonly pending: readonly F[];
  /** Files above the target that were never started or were rolled back, lowest first. */
  readonly held: readonly F[];
  /** Files above the target that are applied or incomplete, newest first. */
  readonly toRollBack: readonly F[];
  /**
   * Files that are applied or begun and whose rollback file is not the one that came with them, in any order: it was
   * changed, or written later, or nobody knows what came (what ran by hand).
   */
  readonly changedRollbacks: readonly F[];
  /** Files that were found in the database and never run there; absent: none. */
  readonly baselined?: readonly F[];
  readonly problems: readonly PlanProblem<F>[];
}

/** The highest number to run, or null when the target is unknown. */
function targetNumber(files: readonly PlanFile[], target: string): number | null {
  if (target === "latest") return Infinity;
  return files.find((file) => file.header.version === target)?.number ?? null;
}

function checkFiles<F extends PlanFile>(
  files: readonly F[],
  states: ReadonlyMap<string, AppliedState>,
): readonly PlanProblem<F>[] {
  return files.flatMap((file): PlanProblem<F>[] => {
    const state = states.get(file.header.version);
    if (state?.status !== "applied") return [];
    const { checksum, rollbackChecksum } = state;
    // The ledger has it and the events do not: it ran without this program, and what ran is not known.
    if (checksum === null) return [{ kind: "unrecorded", file }];
    const problems: PlanProblem<F>[] = [];
    if (checksum !== file.checksum) {
      problems.push({ kind: "edited file", file, recorded: checksum });
    }
    if (rollbackChecksum !== null && rollbackChecksum !== file.rollback?.checksum) {
      problems.push({ kind: "edited rollback", file, recorded: rollbackChecksum });
    }
    return problems;
  });
}

/** Semantic versions in order; anything else a ledger may hold comes first, by its letters. */
function compareVersions(a: string, b: string): number {
  const [semverA, semverB] = [valid(a), valid(b)];
  if (semverA !== null && semverB !== null) return compare(semverA, semverB);
  if (semverA !== null) return 1;
  if (semverB !== null) return -1;
  return a < b ? -1 : Number(a > b);
}

/**
 * Plans the way from what is recorded to the target.
 *
 * @param files   In any order; numbers and versions are unique (parseCollection sees to that).
 * @param states  One per version that was ever started, in any order.
 * @param target  A version, or "latest". An unknown one makes nothing pending.
 * @returns       Independent of the order of the inputs; planning again after carrying it out gives nothing to do.
 * Source: policy, "Incremental migrations only".
 */
export function planMigrations<F extends PlanFile>(
  files: readonly F[],
  states: readonly AppliedState[],
  target: string,
): Plan<F> {
  const ordered = inOrder(files);
  const stateOf = new Map(states.map((state) => [state.version, state]));
  const statusOf = (file: F): AppliedState["status"] | null =>
    stateOf.get(file.header.version)?.status ?? null;
  const limit = targetNumber(ordered, target);
  const isWanted = (file: F): boolean => limit !== null && file.number <= limit;

  const applied = ordered.filter((file) => statusOf(file) === "applied");
  const notApplied = ordered.filter((file) => statusOf(file) !== "applied");
  const pending = notApplied.filter(isWanted);
  const isStarted = (file: F): boolean =>
    statusOf(file) === "applied" || statusOf(file) === "incomplete";
  const tooHigh =
    limit === null ? [] : ordered.filter((file) => !isWanted(file) && isStarted(file));

  const problems: PlanProblem<F>[] = [...checkFiles(ordered, stateOf)];
  const versions = new Set(ordered.map((file) => file.header.version));
  const missing = states.filter(
    (state) => state.status !== "rolled back" && !versions.has(state.version),
  );
  for (const { version } of [...missing].sort((a, b) => compareVersions(a.version, b.version))) {
    problems.push({ kind: "missing file", version });
  }
  // What goes back is no longer in front of anything.
  const highestApplied = applied.findLast((file) => !tooHigh.includes(file));
  if (highestApplied !== undefined) {
    for (const file of pending.filter((one) => one.number < highestApplied.number)) {
      problems.push({ kind: "gap", file, highestApplied });
    }
  }
  if (limit === null) problems.push({ kind: "unknown target", target });

  const isRollbackChanged = ({ header, rollback }: F): boolean => {
    const state = stateOf.get(header.version);
    if (state === undefined || state.status === "rolled back" || rollback === null) return false;
    return state.rollbackChecksum !== rollback.checksum;
  };

  const baselined = applied.filter(
    ({ header }) => (stateOf.get(header.version)?.baseline ?? null) !== null,
  );
  return {
    applied,
    pending,
    ...(baselined.length === 0 ? {} : { baselined }),
    changedRollbacks: ordered.filter(isRollbackChanged),
    held: notApplied.filter((file) => !pending.includes(file) && !tooHigh.includes(file)),
    toRollBack: tooHigh.reverse(),
    problems,
  };
}

/**
 * The plan that takes these versions back and does nothing else, whatever the target is.
 *
 * @param versions  To be chosen among those that are applied or begun. One that never ran may be pending in `plan`.
 */
export function planRollback<F extends PlanFile>(
  plan: Plan<F>,
  versions: readonly string[],
): Plan<F> {
  const there = new Set([...plan.applied, ...plan.pending, ...plan.toRollBack]);
  const toRollBack = [...there].filter(({ header }) => versions.includes(header.version));
  return { ...plan, pending: [], toRollBack: inOrder(toRollBack).toReversed() };
}
