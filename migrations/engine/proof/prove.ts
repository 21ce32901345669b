/**
 * Proves rollbacks: in a scratch database, from the first migration up, each is applied, rolled back and applied again,
 * and schemas and reference data are compared. Only what holds is recorded in the governed database.
 * Does NOT run anything in the governed database, or decide what needs a proof (see gate).
 */
import { type Client, escapeIdentifier } from "pg";

import { type Access, withClient } from "../../../stack/connection";
import { BadInputError, MigrationError } from "../../../stack/errors";
import type { MigrationFile } from "../files/file";
import { isProven, type ProofResult, rollbackTexts, textsWithout } from "../history/proof";
import {
  compareSnapshots,
  describeDifference,
  isOrderOnly,
  type SchemaSnapshot,
} from "../history/snapshot";
import { readProofs, recordEvent } from "../ledger/ledger";
import { readSnapshot } from "../ledger/schemaSnapshot";
import { rollBackVersion } from "../run/rollback";
import { applyMigration } from "../run/run";
import type { Log } from "../server/session";
import { loadMigrations } from "../survey/load";
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
  return proveMigrations(access, migrations, wanted, log);
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
  { detail = log, onResult = () => undefined }: Following = {},
): Promise<readonly ProofResult[]> {
  const provable = wanted.filter(({ rollback }) => rollback !== null);
  const highest = Math.max(0, ...provable.map(({ number }) => number));
  const needed = migrations
    .filter(({ number }) => number <= highest)
    .sort((a, b) => a.number - b.number);
  const results: ProofResult[] = wanted
    .filter((one) => !provable.includes(one))
    .map((one) => resultOf(one, "failed", { reason: "there is no rollback file to prove." }));
  if (needed.length === 0) return results;
  const stoppedAt = await withScratchDatabase(access, log, (scratch) =>
    // Looks as the role that migrations run as, and only looks.
    withClient(
      scratch,
      { account: "migrator", activity: "proof", readOnly: true },
      async (eyes) => {
        for (const migration of needed) {
          const isWanted = provable.includes(migration);
          const prover = new Prover(scratch, eyes, migration, needed, detail);
          const result = await (isWanted ? prover.prove() : prover.onlyApply());
          if (isWanted && isProven(result)) await recordProof(access, migration, result);
          if (isWanted || result.reason !== null) {
            results.push(result);
            onResult(result);
          }
          // What comes after would run on ground that nobody knows.
          if (result.reason !== null) return migration.fileName;
        }
        return null;
      },
    ),
  );
  const reason = `the pass ended at ${stoppedAt ?? "its end"}.`;
  const left = provable.filter((one) => !results.some(({ fileName }) => fileName === one.fileName));
  return [...results, ...left.map((one) => resultOf(one, "not run", { reason }))].sort((a, b) =>
    a.fileName < b.fileName ? -1 : 1,
  );
}

function resultOf(
  { header, fileName }: MigrationFile,
  outcome: ProofResult["outcome"],
  more: Partial<ProofResult> = {},
): ProofResult {
  const { version } = header;
  return {
    version,
    fileName,
    outcome,
    differences: [],
    remarks: [],
    reason: null,
    durationMs: 0,
    ...more,
  };
}

async function recordProof(
  access: Access,
  { header, checksum, rollback }: MigrationFile,
  { outcome, differences, remarks, durationMs }: ProofResult,
): Promise<void> {
  await withClient(access, { account: "admin", activity: "proof" }, async (client) => {
    const { rows } = await client.query<{ server: string }>(
      "SELECT current_setting('server_version') AS server",
    );
    await recordEvent(client, {
      kind: "proven",
      version: header.version,
      checksum,
      ...(rollback === null ? {} : { rollbackChecksum: rollback.checksum }),
      ticket: header.ticket,
      detail: {
        server: rows[0]?.server,
        durationMs,
        ...(remarks.length > 0 ? { remarks: remarks.slice(0, mostRecorded) } : {}),
        ...(outcome === "irreversible" ? { irreversible: differences.slice(0, mostRecorded) } : {}),
      },
    });
  });
}

/** So many differences are kept in an event. */
const mostRecorded = 100;

/** One migration's turn in a pass. */
class Prover {
  private readonly differences: string[] = [];
  private readonly remarks: string[] = [];

  constructor(
    private readonly scratch: Access,
    private readonly eyes: Client,
    private readonly migration: MigrationFile,
    private readonly needed: readonly MigrationFile[],
    private readonly log: Log,
  ) {}

  /** Applies without proving: a later one is to be proven. A failure is told as a result. */
  async onlyApply(): Promise<ProofResult> {
    return this.timed(async () => {
      await this.apply();
      return resultOf(this.migration, "not run");
    });
  }

  async prove(): Promise<ProofResult> {
    const { migration } = this;
    const irreversible = migration.header.rollback.dataRecovery === "Not possible";
    return this.timed(async () => {
      const before = await this.look(readSnapshot);
      const rows = await this.look(digestRows);
      await this.apply();
      const after = await this.look(readSnapshot);
      await rollBackVersion(this.scratch, { migration, higher: [] }, this.tell("rolling back"));
      this.compare("after the rollback", before, await this.look(readSnapshot));
      this.differences.push(...lostRows(rows, await this.look(digestRows)));
      await this.apply();
      const again = await this.look(readSnapshot);
      this.compare("after applying again", after, again);
      const worst = irreversible ? "irreversible" : "differs";
      return resultOf(migration, this.differences.length === 0 ? "proven" : worst);
    });
  }

  private async timed(work: () => Promise<ProofResult>): Promise<ProofResult> {
    const started = Date.now();
    const result = await work().catch((error: unknown) =>
      resultOf(this.migration, "failed", {
        reason: error instanceof Error ? error.message : String(error),
      }),
    );
    const { differences, remarks } = this;
    return { ...result, differences, remarks, durationMs: Date.now() - started };
  }

  private async apply(): Promise<void> {
    const { migration, needed } = this;
    const lower = needed
      .filter(({ number }) => number < migration.number)
      .map(({ header }) => header.version);
    await applyMigration(this.scratch, { migration, lower }, this.tell("applying"));
  }

  private look<T>(read: (client: Client, schemas: readonly string[]) => Promise<T>): Promise<T> {
    return read(this.eyes, this.scratch.settings.schemas);
  }

  private compare(when: string, before: SchemaSnapshot, after: SchemaSnapshot): void {
    for (const difference of compareSnapshots(before, after)) {
      const list = isOrderOnly(difference) ? this.remarks : this.differences;
      list.push(`${when}: ${describeDifference(difference)}`);
    }
  }

  private tell(doing: string): Log {
    return (message) => {
      this.log(`proof of ${this.migration.header.version}, ${doing}: ${message}`);
    };
  }
}

/** Digest of a table's rows, by its qualified name; tables without rows are left out. */
type RowDigests = ReadonlyMap<string, string>;

async function digestRows(client: Client, schemas: readonly string[]): Promise<RowDigests> {
  const { rows } = await client.query<{ schema: string; name: string }>(
    `SELECT n.nspname AS schema, c.relname AS name FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
      WHERE n.nspname = ANY ($1) AND c.relkind = 'r' ORDER BY 1, 2`,
    [schemas],
  );
  const digests = new Map<string, string>();
  for (const { schema, name } of rows) {
    const table = `${escapeIdentifier(schema)}.${escapeIdentifier(name)}`;
    const { rows: found } = await client.query<{ digest: string | null }>(
      `SELECT encode(sha256(convert_to(string_agg(row, E'\\n' ORDER BY row COLLATE "C"), 'UTF8')), 'hex') AS digest
         FROM (SELECT to_jsonb(t)::TEXT AS row FROM ${table} AS t) AS rows`,
    );
    const digest = found[0]?.digest ?? null;
    if (digest !== null) digests.set(`${schema}.${name}`, digest);
  }
  return digests;
}

/** Tables that held rows before, and do not hold the same now. */
function lostRows(before: RowDigests, after: RowDigests): readonly string[] {
  return [...before]
    .filter(([table, digest]) => after.get(table) !== digest)
    .map(([table]) => `after the rollback: the rows of ${table} are not what they were`);
}
