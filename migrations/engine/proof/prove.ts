/**
 * Proves rollbacks: in a scratch database, from the first migration up, each is applied, rolled back and applied again,
 * and schemas and rows are compared. Only what holds is recorded in the governed database.
 * Does NOT run anything in the governed database, or decide what needs a proof (see gate).
 */
import { type Access, withClient } from "../../../stack/connection";
import { BadInputError, MigrationError } from "../../../stack/errors";
import type { Log } from "../../../stack/log";
import { inOrder, samplesFile } from "../files/collection";
import type { MigrationFile } from "../files/file";
import {
  isProven,
  type ProofResult,
  type ProofRows as ProofRowsKept,
  rollbackTexts,
  textsWithout,
} from "../history/proof";
import type { SchemaSnapshot } from "../history/snapshot";
import { readProofs, recordEvent } from "../ledger/ledger";
import { withRunner } from "../server/runner";
import { loadMigrations } from "../survey/load";
import { readSamples, type Samples } from "../survey/samples";
import { ProofRows, type RowKind, RowSources } from "./proofRows";
import { type Ground, Prover, resultOf, type Turn } from "./prover";
import { withScratchDatabase } from "./scratch";

/** A version was named that no file has. */
class UnknownVersionError extends MigrationError {
  readonly code = "UNKNOWN_VERSION";
}

/**
 * Proves versions of the folder and records each proof, as the admin, with both checksums.
 *
 * @param versions  Versions, or "unproven": all with a rollback file and no proof for their two texts yet.
 * @returns         One result for each version, lowest first; empty when nothing is to be proven.
 * @throws {BadInputError} the files cannot be used.
 * @throws {UnknownVersionError} no file has a version named.
 * @throws {ScratchError} the scratch database cannot be made.
 */
export async function proveVersions(
  access: Access,
  folder: string,
  versions: readonly string[] | "unproven",
  log: Log,
  following: Following = {},
): Promise<readonly ProofResult[]> {
  const { migrations, problems } = await loadMigrations(folder);
  if (problems.length > 0) throw new BadInputError(problems);
  const known = migrations.map(({ header }) => header.version);
  const unknown = versions === "unproven" ? [] : versions.filter((one) => !known.includes(one));
  if (unknown.length > 0) {
    throw new UnknownVersionError(
      `No migration has the version ${unknown.join(", ")}.`,
      `Name one of ${known.join(", ") || "none"}.`,
    );
  }
  const wanted =
    versions === "unproven"
      ? await unprovenOf(access, migrations)
      : migrations.filter(({ header }) => versions.includes(header.version));
  const samples = await readSamples(folder);
  return proveMigrations(access, migrations, wanted, log, { samples, ...following });
}

/** Those with a rollback file for whose two texts there is no proof. */
export async function unprovenOf(
  access: Access,
  migrations: readonly MigrationFile[],
): Promise<readonly MigrationFile[]> {
  const purpose = { account: "admin", activity: "plan", readOnly: true } as const;
  const proofs = await withClient(access, purpose, readProofs);
  const unproven = textsWithout(rollbackTexts(migrations), proofs);
  return migrations.filter(({ header }) =>
    unproven.some(({ version }) => version === header.version),
  );
}

/** How a pass is followed, beside its log. */
export interface Following {
  /** Told what each single run says; by default the log. */
  readonly detail?: Log;
  /** Told each result as it comes, of what was to be proven and of what failed on the way. */
  readonly onResult?: (result: ProofResult) => void;
  /** Of the folder, for tables that no rows can be made up for. */
  readonly samples?: Samples;
}

/**
 * Proves some of the migrations in one pass, and records each proof as it succeeds.
 *
 * @param migrations  All of them: what is below is needed as well.
 */
export async function proveMigrations(
  access: Access,
  migrations: readonly MigrationFile[],
  wanted: readonly MigrationFile[],
  log: Log,
  following: Following = {},
): Promise<readonly ProofResult[]> {
  const { detail = log, onResult = () => undefined, samples = noSamples } = following;
  const provable = wanted.filter(({ rollback }) => rollback !== null);
  const highest = Math.max(0, ...provable.map(({ number }) => number));
  const needed = inOrder(migrations.filter(({ number }) => number <= highest));
  const results = wanted
    .filter(({ rollback }) => rollback === null)
    .map((one) => resultOf(one, "failed", { reason: "there is no rollback file to prove." }));
  if (needed.length === 0) return results;
  for (const remark of samples.remarks) log(remark);
  const pass = new Pass(
    access,
    provable,
    needed,
    new RowSources(access, samples, log),
    detail,
    log,
  );
  pass.onResult = (result) => {
    results.push(result);
    onResult(result);
  };
  while (
    await withScratchDatabase(access, log, (scratch) =>
      withClient(scratch, { account: "migrator", activity: "proof", readOnly: true }, (eyes) =>
        withRunner(scratch, (runner) => pass.run({ scratch, runner, eyes, needed, log: detail })),
      ),
    )
  );
  const reason = `the pass ended at ${pass.stoppedAt ?? "its end"}.`;
  const left = provable.filter((one) => !results.some(({ fileName }) => fileName === one.fileName));
  return [...results, ...left.map((one) => resultOf(one, "not run", { reason }))].sort((a, b) =>
    a.fileName < b.fileName ? -1 : 1,
  );
}

const noSamples: Samples = { inserts: [], remarks: [] };

/** A pass over the migrations, which may need more than one scratch database. */
class Pass {
  /** Told each result as it comes. */
  onResult: (result: ProofResult) => void = () => undefined;
  /** The file at which it ended before the last one. */
  stoppedAt: string | null = null;
  private readonly ended = new Set<MigrationFile>();
  /** Which rows a migration is tried with, where it has failed with others, and what it said then. */
  private readonly kinds = new Map<MigrationFile, { kind: RowKind; said: string }>();

  constructor(
    private readonly access: Access,
    private readonly provable: readonly MigrationFile[],
    private readonly needed: readonly MigrationFile[],
    private readonly sources: RowSources,
    private readonly detail: Log,
    private readonly log: Log,
  ) {}

  /**
   * Goes through all that is not proven yet.
   *
   * @returns whether it must begin anew: what failed may only have failed on rows that this program put in, and what is
   *          half done can only be had whole in another database.
   */
  async run(ground: Ground): Promise<boolean> {
    const rows = new ProofRows(ground.scratch, this.sources);
    let catalog: SchemaSnapshot | null = null;
    for (const migration of this.needed) {
      const prover = new Prover(ground, migration);
      const isWanted = this.provable.includes(migration) && !this.ended.has(migration);
      if (isWanted) await rows.prepare(this.kinds.get(migration)?.kind ?? "all", migration);
      const turn: Turn = await (isWanted ? prover.prove(rows.counts, catalog) : prover.onlyApply());
      catalog = turn.catalog;
      if (turn.isRefused && rows.isAny) {
        if (isWanted) this.chooseOther(migration, rows, turn.result.reason ?? "");
        return true;
      }
      const result = isWanted ? this.withHistory(migration, turn.result) : turn.result;
      if (isWanted && isProven(result)) await recordProof(this.access, migration, result);
      if (isWanted) this.ended.add(migration);
      if (isWanted || result.reason !== null) this.onResult(result);
      // What comes after would run on ground that nobody knows.
      if (result.reason !== null) {
        this.stoppedAt = migration.fileName;
        return false;
      }
    }
    return false;
  }

  private chooseOther(migration: MigrationFile, rows: ProofRows, reason: string): void {
    const before = this.kinds.get(migration);
    const next = rows.othersAfter(before?.kind ?? "all")[0] ?? "none";
    const said = before?.said ?? reason.split("\n")[0] ?? "";
    this.kinds.set(migration, { kind: next, said });
    const { version } = migration.header;
    const again = rowWords[next];
    this.detail(`proof of ${version}: ${said}`);
    this.log(
      `proof of ${version}: applying it fails on the rows of the scratch database, which is no fault yet; once more ${again}`,
    );
  }

  /** Says where other rows than usual had to be taken. */
  private withHistory(migration: MigrationFile, result: ProofResult): ProofResult {
    const tried = this.kinds.get(migration);
    if (tried?.kind !== "none" || result.outcome === "failed") return result;
    const remark = `applying it fails on rows (${tried.said}), so it was proven without; ${samplesFile} may hold rows on which it runs`;
    return { ...result, remarks: [...result.remarks, remark] };
  }
}

/** How a migration is tried with each kind of rows, in words. */
const rowWords: Readonly<Record<RowKind, string>> = {
  all: "with all rows",
  uncompared: "without those made for its conditions",
  careful: "with made-up values only where a column must have one",
  "careful and uncompared":
    "with made-up values only where a column must have one, and no rows made for its conditions",
  samples: `with the rows of ${samplesFile} alone`,
  none: "without rows",
};

async function recordProof(
  access: Access,
  { header, checksum, rollback }: MigrationFile,
  { outcome, differences, remarks, rows, durationMs }: ProofResult,
): Promise<void> {
  await withClient(access, { account: "admin", activity: "proof" }, async (client) => {
    const { rows: found } = await client.query<{ server: string }>(
      "SELECT current_setting('server_version') AS server",
    );
    await recordEvent(client, {
      kind: "proven",
      version: header.version,
      checksum,
      ...(rollback === null ? {} : { rollbackChecksum: rollback.checksum }),
      ticket: header.ticket,
      detail: {
        server: found[0]?.server,
        durationMs,
        ...(remarks.length > 0 ? { remarks: remarks.slice(0, mostRecorded) } : {}),
        ...(outcome === "irreversible" && differences.length > 0
          ? { irreversible: differences.slice(0, mostRecorded) }
          : {}),
        ...(rows === null ? {} : { rows: cutRows(rows) }),
      },
    });
  });
}

/** So many differences are kept in an event. */
const mostRecorded = 100;

const cutRows = (rows: ProofRowsKept): ProofRowsKept => ({
  ...rows,
  empty: rows.empty.slice(0, mostRecorded),
  lost: rows.lost.slice(0, mostRecorded),
  unmet: rows.unmet.slice(0, mostRecorded),
});
