/**
 * One migration's turn in a pass: applied, rolled back and applied again in the scratch database, with its catalog and its
 * rows looked at in between.
 * Does NOT make the database or put rows into it (see scratch.ts, proofRows.ts), and records nothing.
 */
import { type Client, DatabaseError } from "pg";

import { type Access, errorCode } from "../../../stack/connection";
import { MigrationError } from "../../../stack/errors";
import type { Log } from "../../../stack/log";
import { eventsTable } from "../../../stack/ownTables";
import { filesBelow } from "../files/collection";
import type { MigrationFile } from "../files/file";
import { wordsOf } from "../files/fileWords";
import { rollbackDirection } from "../history/history";
import type { ProofResult, ProofRows } from "../history/proof";
import { readSegmentRecord } from "../history/segmentRecord";
import {
  compareSnapshots,
  describeDifference,
  isOrderOnly,
  type SchemaSnapshot,
} from "../history/snapshot";
import { type FileImpacts, impactsOf, rollbackImpactsOf } from "../impact/classify";
import { unmetWrites } from "../impact/unmetWrites";
import { readSnapshot } from "../ledger/schemaSnapshot";
import { rollBackVersion } from "../run/rollback";
import { applyMigration } from "../run/run";
import { modelBefore } from "../schema/schemaReplay";
import type { Runner } from "../server/runner";
import type { RowCounts } from "./proofRows";
import type { RowState } from "./rowLosses";
import { readRowState } from "./rowState";
import { judgeRows } from "./rowVerdict";

/** What a pass has to prove with. */
export interface Ground {
  readonly scratch: Access;
  /** In that database. */
  readonly runner: Runner;
  /** Looks as the role that migrations run as, and only looks. */
  readonly eyes: Client;
  readonly needed: readonly MigrationFile[];
  readonly log: Log;
}

/** A result, and the catalog that the proof left behind where it came to the end. */
export interface Turn {
  readonly result: ProofResult;
  readonly catalog: SchemaSnapshot | null;
  /** It failed when it was applied for the first time, and the rows may have been why. */
  readonly isRefused: boolean;
}

/** A result as it is where nothing was found. */
export function resultOf(
  { header, fileName }: MigrationFile,
  outcome: ProofResult["outcome"],
  more: Partial<ProofResult> = {},
): ProofResult {
  const { version } = header;
  return {
    ...{ version, fileName, outcome },
    ...{ differences: [], remarks: [], reason: null, rows: null, durationMs: 0 },
    ...more,
  };
}

export class Prover {
  private readonly differences: string[] = [];
  private readonly remarks: string[] = [];
  private rows: ProofRows | null = null;
  private catalog: SchemaSnapshot | null = null;
  private isApplied = false;

  /** Its runs are held to what they announce; of pre-flight nothing is asked for them, since nobody else is here. */
  private readonly expected: FileImpacts;

  constructor(
    private readonly ground: Ground,
    private readonly migration: MigrationFile,
  ) {
    this.expected = { before: modelBefore(ground.needed, migration.number), impacts: [] };
  }

  /** Applies without proving: a later one is to be proven. A failure is told as a result. */
  async onlyApply(): Promise<Turn> {
    return this.timed(async () => {
      await this.apply();
      return resultOf(this.migration, "not run");
    });
  }

  /**
   * @param counts   What was put into the tables.
   * @param catalog  The catalog as it is now, where it is known.
   */
  async prove(counts: RowCounts, catalog: SchemaSnapshot | null): Promise<Turn> {
    const { migration } = this;
    return this.timed(async () => {
      const before = catalog ?? (await this.look(readSnapshot));
      const rows = await this.lookAtRows("before it");
      await this.apply();
      const after = await this.look(readSnapshot);
      const up = await this.lookAtRows("after it");
      const unmet = await this.unmet(false);
      await rollBackVersion(
        this.ground.runner,
        { migration, higher: [], expected: this.expected },
        this.tell("rolling back"),
      );
      this.compare("after the rollback", before, await this.look(readSnapshot));
      const down = await this.lookAtRows("after the rollback");
      unmet.push(...(await this.unmet(true)));
      await this.apply();
      this.catalog = await this.look(readSnapshot);
      this.compare("after applying again", after, this.catalog);
      const hasCatalog = this.differences.length === 0;
      const again = await this.lookAtRows("after applying again");
      const seen = { before: rows, up, down, again };
      const verdict = judgeRows(migration.header, seen, {
        isNamed: (table) => this.isNamed(table),
        isRestless: (table, column) => counts.restless.get(table)?.has(column) === true,
      });
      this.differences.push(...verdict.differences);
      this.remarks.push(...verdict.remarks);
      this.rows = this.describeRows(rows, counts, verdict.declared, unmet);
      if (verdict.differences.length > 0) return resultOf(migration, "differs");
      if (hasCatalog) {
        return resultOf(migration, verdict.declared.length === 0 ? "proven" : "irreversible");
      }
      const isSaid = migration.header.rollback.dataRecovery === "Not possible";
      return resultOf(migration, isSaid ? "irreversible" : "differs");
    });
  }

  private describeRows(
    { tables }: RowState,
    { real, refused }: RowCounts,
    lost: readonly string[],
    unmet: readonly string[],
  ): ProofRows {
    const filled = [...tables.values()].filter(({ total }) => total > 0);
    const bare = [...tables].filter(([title, { total }]) => total === 0 && this.isNamed(title));
    return {
      tables: filled.length,
      rows: filled.reduce((sum, { total }) => sum + total, 0),
      real,
      empty: bare.map(([title]) => {
        const reason = refused.get(title);
        return reason === undefined ? title : `${title} (${reason})`;
      }),
      lost,
      // Of an empty table it is said already.
      unmet: unmet.filter((text) => !bare.some(([title]) => text.startsWith(`${title} `))),
    };
  }

  /** UPDATE and DELETE of one of the two files that have met no row, by what its run has recorded. */
  private async unmet(isRollback: boolean): Promise<string[]> {
    const { migration, expected } = this;
    const { rows } = await this.ground.eyes.query<{ detail: Record<string, unknown> }>(
      `SELECT detail FROM ONLY ${eventsTable} WHERE version = $1 AND kind = 'segment-done'
          AND coalesce(detail ->> 'direction' = $2, false) = $3`,
      [migration.header.version, rollbackDirection.direction, isRollback],
    );
    const changed = rows
      .flatMap(({ detail }) => readSegmentRecord(detail)?.impacts ?? [])
      .filter(({ updated = 0, deleted = 0 }) => updated + deleted > 0)
      .map(({ name }) => name);
    const { before } = expected;
    const impacts = isRollback
      ? rollbackImpactsOf(migration, before)
      : impactsOf(migration, before);
    return [...unmetWrites(impacts, before, new Set(changed))];
  }

  /** Whether one of the two files has the table's name among its words, however it is written there. */
  private isNamed(title: string): boolean {
    return wordsOf(this.migration).has(title.slice(title.indexOf(".") + 1).toLowerCase());
  }

  private async timed(work: () => Promise<ProofResult>): Promise<Turn> {
    const started = Date.now();
    let sqlstate = "";
    const result = await work().catch((error: unknown) => {
      sqlstate = errorCode(error instanceof MigrationError ? error.cause : error);
      const reason = withoutValues(error instanceof Error ? error.message : String(error));
      return resultOf(this.migration, "failed", { reason });
    });
    const { differences, remarks, rows, catalog } = this;
    return {
      result: { ...result, differences, remarks, rows, durationMs: Date.now() - started },
      catalog,
      isRefused: result.outcome === "failed" && !this.isApplied && mayBeOfRows(sqlstate),
    };
  }

  private async apply(): Promise<void> {
    const { migration } = this;
    const lower = filesBelow(this.ground.needed, migration.number).map(
      ({ header }) => header.version,
    );
    await applyMigration(
      this.ground.runner,
      { migration, lower, expected: this.expected },
      this.tell("applying"),
    );
    this.isApplied = true;
  }

  private look<T>(read: (client: Client, schemas: readonly string[]) => Promise<T>): Promise<T> {
    return read(this.ground.eyes, this.ground.scratch.settings.schemas);
  }

  /** Policies and the like may run code while rows are read; nothing it writes is let through. */
  private async lookAtRows(when: string): Promise<RowState> {
    try {
      return await this.look(readRowState);
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      throw new Error(
        `the rows ${when} cannot be read: ${error.message} (SQLSTATE ${error.code ?? "unknown"}).`,
        { cause: error },
      );
    }
  }

  private compare(when: string, before: SchemaSnapshot, after: SchemaSnapshot): void {
    for (const difference of compareSnapshots(before, after)) {
      const list = isOrderOnly(difference) ? this.remarks : this.differences;
      list.push(`${when}: ${describeDifference(difference)}`);
    }
  }

  private tell(doing: string): Log {
    return (message) => {
      this.ground.log(`proof of ${this.migration.header.version}, ${doing}: ${message}`);
    };
  }
}

/** Classes of SQLSTATE that say the same whatever the rows are: privileges, names and syntax, what the server has not. */
const regardlessOfRows = new Set(["0A", "25", "28", "3D", "3F", "42"]);

/**
 * Whether other rows may make it run. A code of this program's own is none of the server's: a run that was stopped for
 * doing more than it announces would only do it unseen without rows.
 */
const mayBeOfRows = (code: string): boolean =>
  /^[0-9A-Z]{5}$/.test(code) && !regardlessOfRows.has(code.slice(0, 2));

/** A server's message without what it quotes of rows: they may be this database's own. */
const withoutValues = (message: string): string =>
  message.replace(/^ *Detail: .*\n?/gm, "").replace(/: "[^"\n]*"(?= \(SQLSTATE 22)/, "");
