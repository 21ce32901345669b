/**
 * What the provider process runs for Ledger, Migration and Proofs. The program's provider shells load this file by its path
 * at run time, and the path is stored in every stack's state: never rename it.
 * Does NOT register resources or hold rules; each function reads, decides with the pure modules, and acts.
 */
import { checked, type CheckResult, configure, currentAccess } from "../../stack/access";
import { inTransaction, withClient } from "../../stack/connection";
import { MigrationError } from "../../stack/errors";
import { ledgerTable } from "../../stack/ownTables";
import { showMilestone, showProgress } from "../../stack/progress";
import { filesBelow } from "./files/collection";
import type { MigrationFile } from "./files/file";
import type { Status, VersionState } from "./history/history";
import { ensureStamp } from "./history/stamp";
import { impactsAmong, rollbackImpactsAmong } from "./impact/classify";
import {
  createTables,
  describeTables,
  inspectTables,
  isEmptyDatabase,
  readHistory,
} from "./ledger/ledger";
import { rollBackVersion } from "./run/rollback";
import { applyMigration } from "./run/run";
import { keptRun } from "./server/keptRunner";
import { SharedRead } from "./sharedRead";
import { loadMigrations, migrationsFolder } from "./survey/load";
import { ensureLedgerShape } from "./survey/survey";

export { configure };
export { proofs } from "./proof/proofPass";

/** Inputs of a Migration as the program gives them. */
export interface MigrationInputs {
  /** What the ledger shall say. */
  readonly goal: "applied" | "rolled back";
  readonly file: string;
  readonly version: string;
  /** The header's; of a rollback that of the run. */
  readonly ticket: string;
  readonly author: string;
  readonly reviewedBy: string;
  readonly checksum: string;
  readonly rollbackFile: string;
  readonly rollbackChecksum: string;
  /** The header's word on what a rollback brings back. */
  readonly dataRecovery: string;
  /** What the header of the file that runs says of its time limits; absent: nothing. */
  readonly limits?: string;
  /** One short line per statement: the planned DDL, of the file that runs. Empty once the goal is reached. */
  readonly statements: readonly string[];
  /** Versions that must be applied before this one, lowest first. Empty once the goal is reached. */
  readonly lower: readonly string[];
  /** Versions that must be gone before this one goes back, lowest first. Empty once the goal is reached. */
  readonly higher: readonly string[];
  /** What a rollback would throw away, one line a table with an estimate of its rows. Empty once the goal is reached. */
  readonly wouldLose: readonly string[];
  /** Added by `check`: what the ledger says now. */
  readonly ledger?: Status | "pending";
}

/** What a Migration says of itself, read back from the ledger and the events. */
export interface MigrationOutputs extends MigrationInputs {
  readonly ledger: Status | "pending";
  /** One line for the stack's outputs. */
  readonly applied: string;
}

/** Of all versions: the checks of a plain preview come one after another, each for one of them. */
const liveStates = new SharedRead(async (): Promise<ReadonlyMap<string, VersionState>> => {
  const purpose = { account: "admin", activity: "plan", readOnly: true } as const;
  const { versions } = await withClient(currentAccess(), purpose, readHistory);
  return new Map(versions.map((state) => [state.version, state]));
});

async function liveState(version: string): Promise<VersionState | undefined> {
  return (await liveStates.get()).get(version);
}

export const migration = {
  /** @param isNew  Whether the state does not have it yet. */
  check: (inputs: MigrationInputs, isNew = false): Promise<CheckResult<MigrationInputs>> => {
    const look = async (): Promise<MigrationInputs> => {
      const ledger = (await liveState(inputs.version))?.status ?? "pending";
      // What is done is no longer planned, and the state stays small.
      return { ...inputs, ...(ledger === inputs.goal ? nothingPlanned : {}), ledger };
    };
    return checked("file", look, isNew ? { ...inputs, ledger: "pending" } : null);
  },

  /**
   * A Migration changes when the ledger does not say what it shall, or says what the state does not know yet (it was
   * rolled back by hand). Its text is the gate's affair.
   */
  diff: (olds: Partial<MigrationOutputs>, news: MigrationInputs): { changes: boolean } => ({
    changes: news.ledger !== news.goal || olds.ledger !== news.ledger,
  }),

  create: async (inputs: MigrationInputs): Promise<{ id: string; outs: MigrationOutputs }> => ({
    id: inputs.version,
    outs: await bringToGoal(inputs),
  }),

  update: async (inputs: MigrationInputs): Promise<{ outs: MigrationOutputs }> => ({
    outs: await bringToGoal(inputs),
  }),

  read: async (id: string, outputs: MigrationOutputs): Promise<ReadResult<MigrationOutputs>> => {
    const state = await liveState(outputs.version);
    const props = outputsOf(outputs, state);
    return { id, props, inputs: props };
  },
};

/** What `read` returns: the live outputs, and inputs to compare the program with. */
export interface ReadResult<Outputs> {
  readonly id: string;
  readonly props: Outputs;
  readonly inputs: Outputs;
}

/** What preview shows of a change that is to come; the more files there are, the longer each list of versions is. */
const nothingPlanned = { statements: [], wouldLose: [], lower: [], higher: [] } as const;

function outputsOf(inputs: MigrationInputs, state: VersionState | undefined): MigrationOutputs {
  const ledger = state?.status ?? "pending";
  const facts = state === undefined ? [ledger] : factsOf(state);
  return {
    ...inputs,
    ...nothingPlanned,
    ledger,
    applied: [inputs.version, ...facts].join(", "),
  };
}

function factsOf(state: VersionState): readonly string[] {
  const { status, executedBy, ticket, checksum, completedAt, rolledBackAt } = state;
  if (status === "incomplete") return [status];
  const at = status === "applied" ? completedAt : rolledBackAt;
  return [
    `${status} ${at?.toISOString() ?? "at an unknown time"}`,
    `by ${executedBy ?? "an unknown login"}`,
    `ticket ${ticket ?? "none"}`,
    ...(status === "applied" ? [checksum ?? "unrecorded"] : []),
  ];
}

/** What a person has to know after the moment, too; not what each file's own last notice says. */
const toBeKept =
  /^(WARNING|pre-flight|resuming|a batch is run again|it failed|the rollback of |notice: (?!Migration \S+ (completed|rolled back)))/;

const bringToGoal = (inputs: MigrationInputs): Promise<MigrationOutputs> =>
  liveStates.changing(() => runToGoal(inputs));

async function runToGoal(inputs: MigrationInputs): Promise<MigrationOutputs> {
  const { file, files } = await loadPlanned(inputs);
  const log = (message: string): void => {
    const show = toBeKept.test(message) ? showMilestone : showProgress;
    show(`${file.name}: ${message}`);
  };
  const started = Date.now();
  const { goal, ticket } = inputs;
  // What was thought applied when this was planned says nothing of its order; the files do.
  const versionsOf = (some: readonly MigrationFile[], planned: readonly string[]): string[] => [
    ...new Set([...planned, ...some.map(({ header }) => header.version)]),
  ];
  const lower = versionsOf(filesBelow(files, file.number), inputs.lower);
  const above = files.filter(({ number }) => number > file.number);
  const higher = versionsOf(above, inputs.higher);
  const outcome = await keptRun.use(currentAccess(), (runner) =>
    goal === "applied"
      ? applyMigration(runner, { migration: file, lower, expected: impactsAmong(files, file) }, log)
      : rollBackVersion(
          runner,
          { migration: file, ticket, higher, expected: rollbackImpactsAmong(files, file) },
          log,
        ),
  );
  const took = ((Date.now() - started) / 1000).toFixed(1);
  const reached = outcome.ranNow
    ? `${goal} in ${took} s`
    : `the ledger says it is ${goal}: adopted`;
  showMilestone(`${file.name}: ${reached}`);
  return outputsOf({ ...inputs, ledger: goal }, outcome.state);
}

/** The file changed after it was planned. */
class MovedPlanError extends MigrationError {
  readonly code = "PLAN_MOVED";
}

/** Reads the files again and makes sure that the one to run is the one that was planned. */
async function loadPlanned(
  inputs: MigrationInputs,
): Promise<{ readonly file: MigrationFile; readonly files: readonly MigrationFile[] }> {
  const { migrations } = await loadMigrations(migrationsFolder);
  const file = migrations.find(({ fileName }) => fileName === inputs.file);
  const [name, then, now] =
    inputs.goal === "applied"
      ? [inputs.file, inputs.checksum, file?.checksum]
      : [inputs.rollbackFile, inputs.rollbackChecksum, file?.rollback?.checksum ?? "none"];
  if (file === undefined || then !== now) {
    throw new MovedPlanError(
      `${name} is not what was planned: ${then} then, ${now ?? "no such file"} now.`,
      "Run up again and read the new preview.",
    );
  }
  return { file, files: migrations };
}

/** Stands for what differs where there may be no server yet. */
const notSeen = ["the database could not be looked at"] as const;

/** Inputs of the Ledger: which role may use it, and (added by `check`) what is not as it should be. */
export interface LedgerInputs {
  readonly infrastructureRole: string;
  readonly tier: string;
  readonly drift?: readonly string[];
}

export const ledger = {
  /** @param isNew  Whether the state does not have it yet. */
  check: (inputs: LedgerInputs, isNew = false): Promise<CheckResult<LedgerInputs>> => {
    const look = async (): Promise<LedgerInputs> => {
      const state = await withClient(
        currentAccess(),
        { account: "admin", activity: "plan", readOnly: true },
        (client) => inspectTables(client, currentAccess().settings.roles),
      );
      return { ...inputs, drift: describeTables(state) };
    };
    return checked("tier", look, isNew ? { ...inputs, drift: notSeen } : null);
  },

  diff: (inputs: LedgerInputs): { changes: boolean } => ({
    changes: (inputs.drift ?? []).length > 0,
  }),

  create: async (inputs: LedgerInputs): Promise<{ id: string; outs: LedgerInputs }> => ({
    id: ledgerTable,
    outs: await liveStates.changing(() => ensureLedger(inputs)),
  }),

  update: async (inputs: LedgerInputs): Promise<{ outs: LedgerInputs }> => ({
    outs: await liveStates.changing(() => ensureLedger(inputs)),
  }),

  read: async (
    id: string,
    outputs: LedgerInputs,
  ): Promise<{ id: string; props: LedgerInputs; inputs: LedgerInputs }> => {
    const { inputs, failures } = await ledger.check(outputs);
    if (inputs === undefined) throw new Error(failures?.[0]?.reason ?? "the ledger is unreadable");
    return { id, props: inputs, inputs };
  },
};

async function ensureLedger(inputs: LedgerInputs): Promise<LedgerInputs> {
  const { settings } = currentAccess();
  const { tier, adopt, roles } = settings;
  await withClient(currentAccess(), { account: "admin", activity: "ledger" }, (client) =>
    inTransaction(client, async () => {
      await ensureLedgerShape(client, roles);
      // Asked again: a refresh or a targeted update reaches this without the program's own look.
      const { stamp } = await readHistory(client);
      const empty = await isEmptyDatabase(client);
      ensureStamp(settings, stamp, { empty, adopt });
      await createTables(client, roles, tier);
      await ensureLedgerShape(client, roles);
    }),
  );
  return { ...inputs, drift: [] };
}
