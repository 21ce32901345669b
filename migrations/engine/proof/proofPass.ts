/**
 * What the provider process runs for Proofs: one pass over the rollbacks that the program names and no proof covers.
 * Does NOT run a proof itself (see prove.ts), or choose the versions (see migrations/program/provenVersions.ts).
 */
import { createHash } from "node:crypto";

import { checked, type CheckResult, currentAccess } from "../../../stack/access";
import { type Access, ConnectionError, withClient } from "../../../stack/connection";
import { MigrationError } from "../../../stack/errors";
import { showMilestone, showProgress, showWarning } from "../../../stack/progress";
import { tierRules } from "../../../stack/tier";
import type { MigrationFile } from "../files/file";
import {
  describeProof,
  isProven,
  proofHeadline,
  type ProofResult,
  type RollbackTexts,
  rollbackTexts,
  textsWithout,
} from "../history/proof";
import { ensureStamp } from "../history/stamp";
import { readHistory, readProofs } from "../ledger/ledger";
import { keptRun } from "../server/keptRunner";
import { loadMigrations, migrationsFolder } from "../survey/load";
import { readSamples, type Samples } from "../survey/samples";
import { proveMigrations } from "./prove";
import { ScratchError, ScratchExtensionError } from "./scratch";

/** Inputs of Proofs: whose rollbacks shall be proven and, added by `check`, whose are not. */
export interface ProofsInputs {
  /** Name of the database, for messages. */
  readonly database: string;
  /** The texts of every version that is applied once the migrations have run, lowest first. */
  readonly rollbacks: readonly RollbackTexts[];
  /** What a scratch database is made from: extensions and template. In a state of an earlier program absent. */
  readonly ground?: string;
  /** Versions that a pass has yet to prove. */
  readonly unproven?: readonly string[];
}

export interface ProofsOutputs extends ProofsInputs {
  readonly unproven: readonly string[];
  /** One line: when the last pass was, and how it ended. */
  readonly lastPass: string;
  /**
   * Digest of a pass that cannot be run before somebody does something: it is not planned anew by every preview, but
   * when rollbacks or ground have changed. Absent when the last pass could be run.
   */
  readonly stuck?: string;
}

/** What a pass would be about, as one digest. */
const digestOf = ({ rollbacks, ground = "" }: ProofsInputs): string =>
  createHash("sha256")
    .update(JSON.stringify([ground, rollbacks]))
    .digest("hex");

/** A rollback does not hold what it promises, in a tier where that is an error. What was proven is recorded. */
export class ProofFailedError extends MigrationError {
  readonly code = "PROOF_FAILED";
}

/** How a pass is told of. */
export interface PassVoice {
  readonly progress: (line: string) => void;
  /** Told what is reached; absent: as progress. */
  readonly reached?: (line: string) => void;
  /** Ends when it has been shown. */
  readonly warn: (text: string) => Promise<void>;
}

const engineVoice: PassVoice = {
  progress: showProgress,
  reached: showMilestone,
  warn: showWarning,
};

const look = { account: "admin", activity: "plan", readOnly: true } as const;

export const proofs = {
  /**
   * Puts what is unproven now among the inputs, so that a plain preview names it.
   *
   * @param isNew  Whether the state does not have it yet.
   */
  check: (inputs: ProofsInputs, isNew = false): Promise<CheckResult<ProofsInputs>> => {
    const look = async (): Promise<ProofsInputs> => ({
      ...inputs,
      unproven: await unprovenVersions(currentAccess(), inputs.rollbacks),
    });
    const unproven = inputs.rollbacks.map(({ version }) => version);
    return checked("database", look, isNew ? { ...inputs, unproven } : null);
  },

  diff: (
    news: ProofsInputs,
    { stuck }: Pick<ProofsOutputs, "stuck"> = {},
  ): { changes: boolean } => ({
    changes: (news.unproven ?? []).length > 0 && stuck !== digestOf(news),
  }),

  create: async (inputs: ProofsInputs): Promise<{ id: string; outs: ProofsOutputs }> => ({
    id: "proofs",
    outs: await passOfEngine(inputs, "none: nothing was left to prove"),
  }),

  update: async (olds: ProofsOutputs, news: ProofsInputs): Promise<{ outs: ProofsOutputs }> => ({
    outs: await passOfEngine(news, olds.lastPass),
  }),

  read: async (
    id: string,
    outputs: ProofsOutputs,
  ): Promise<{ id: string; props: ProofsOutputs; inputs: ProofsOutputs }> => {
    const live = {
      ...outputs,
      unproven: await unprovenVersions(currentAccess(), outputs.rollbacks),
    };
    return { id, props: live, inputs: live };
  },
};

/** What kept the run of the migrations before is let go of first: a proof has sessions of its own. */
async function passOfEngine(inputs: ProofsInputs, lastPass: string): Promise<ProofsOutputs> {
  await keptRun.end();
  return runPass(currentAccess(), inputs, lastPass, engineVoice);
}

async function unprovenVersions(
  access: Access,
  rollbacks: readonly RollbackTexts[],
): Promise<readonly string[]> {
  const proven = await withClient(access, look, readProofs);
  return textsWithout(rollbacks, proven).map(({ version }) => version);
}

/**
 * Proves, in one pass, those of the rollbacks that are not proven and whose version is applied. A proof that fails is a
 * warning or an error, as the tier says; either way it is tried again at the next update, because no proof covers it. A
 * pass that cannot be run at all is a warning in every tier: the stack must stay usable.
 *
 * @param previous  What `lastPass` says when there is nothing to do.
 * @throws {ProofFailedError} a proof failed, and the tier calls that an error.
 * @throws {StampError}       the database belongs to another tier.
 */
export async function runPass(
  access: Access,
  inputs: ProofsInputs,
  previous: string,
  voice: PassVoice,
  folder: string = migrationsFolder,
): Promise<ProofsOutputs> {
  const { migrations } = await loadMigrations(folder);
  const wanted = await wantedOf(access, migrations, inputs.rollbacks);
  const ended =
    wanted.length === 0
      ? null
      : await provePending(access, migrations, wanted, voice, await readSamples(folder));
  const unproven = await unprovenVersions(access, inputs.rollbacks);
  return {
    ...inputs,
    unproven,
    lastPass: ended === null ? previous : `${new Date().toISOString()}: ${ended.said}`,
    ...(ended?.isStuck === true ? { stuck: digestOf(inputs) } : {}),
  };
}

/** The files with exactly the texts that were planned, as far as they are applied and not proven. */
async function wantedOf(
  access: Access,
  migrations: readonly MigrationFile[],
  rollbacks: readonly RollbackTexts[],
): Promise<readonly MigrationFile[]> {
  const { history, proven } = await withClient(access, look, async (client) => ({
    history: await readHistory(client),
    proven: await readProofs(client),
  }));
  // Asked again: a targeted update reaches this without the program's own look.
  ensureStamp(access.settings, history.stamp);
  const applied = new Set(
    history.versions.filter(({ status }) => status === "applied").map(({ version }) => version),
  );
  const open = textsWithout(rollbacks, proven);
  return migrations.filter(
    (file) =>
      applied.has(file.header.version) &&
      rollbackTexts([file]).some((texts) => textsWithout([texts], open).length === 0),
  );
}

/** How a pass ended: one line for the state, and whether another one would end the same. */
interface Ended {
  readonly said: string;
  readonly isStuck: boolean;
}

async function provePending(
  access: Access,
  migrations: readonly MigrationFile[],
  wanted: readonly MigrationFile[],
  { progress, reached = progress, warn }: PassVoice,
  samples: Samples,
): Promise<Ended> {
  const started = Date.now();
  progress(`proving ${wanted.length} rollback(s) in a scratch database`);
  let results: readonly ProofResult[];
  try {
    // What each of some forty runs says would drown everything else that up shows.
    results = await proveMigrations(access, migrations, wanted, progress, {
      detail: () => undefined,
      onResult: (result) => {
        progress(proofHeadline(result));
        for (const loss of result.rows?.lost ?? []) progress(`  lost as declared: ${loss}`);
      },
      samples,
    });
  } catch (error) {
    if (!(error instanceof ScratchError) && !(error instanceof ConnectionError)) throw error;
    const isStuck = error instanceof ScratchExtensionError;
    const again = isStuck ? "once that has changed, or by npx ddl prove" : "at the next up";
    await warn(
      `${wanted.length} rollback(s) could not be proven, and will be tried again ${again}. ${error.message}`,
    );
    return { said: "could not be run", isStuck };
  }
  const failed = results.filter((one) => !isProven(one));
  const took = ((Date.now() - started) / 1000).toFixed(1);
  const proven = results.length - failed.length;
  reached(`${proven} of ${wanted.length} rollback(s) proven in ${took} s`);
  if (failed.length > 0) await tellFailure(access, failed, warn);
  return { said: `${proven} of ${wanted.length} proven in ${took} s`, isStuck: false };
}

async function tellFailure(
  { settings: { tier } }: Access,
  failed: readonly ProofResult[],
  warn: PassVoice["warn"],
): Promise<void> {
  const error = new ProofFailedError(
    `${failed.length} rollback(s) are not proven:\n${failed.map(describeProof).join("\n")}`,
    "correct the rollback file, then run up again: it is tried anew each time. If what is lost cannot come back, the header must say so (Data recovery: Not possible).",
  );
  if (tierRules[tier].provesRollbacks === "error") throw error;
  await warn(error.message);
}
