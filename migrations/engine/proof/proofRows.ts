/**
 * Keeps rows in the tables of a scratch database while migrations are proven in it: this database's own where the tier
 * has them taken, those of samples.sql, made-up ones elsewhere.
 * Does NOT compare rows (see rowState.ts), and takes none out of the server.
 */
import { type Client, DatabaseError } from "pg";

import { type Access, inTransaction, withClient } from "../../../stack/connection";
import type { Log } from "../../../stack/log";
import { tierRules } from "../../../stack/tier";
import { samplesFile } from "../files/collection";
import { type ComparedValues, comparedValues } from "../files/comparedValues";
import type { MigrationFile } from "../files/file";
import { wordsOf } from "../files/fileWords";
import type { Samples } from "../survey/samples";
import { type RestlessColumns, restlessColumns, type TriedTables } from "./restlessColumns";
import { type Row, RowFiller, type Thoroughness } from "./rowFiller";
import { type RowSample, sampleRows } from "./rowSample";
import { inKeyOrder, readShapes, type Shapes, type TableShape } from "./tableShape";

/** Which rows a migration is tried with: where it fails with one kind, that is no fault yet, and the next is taken. */
const rowKinds = [
  ...["all", "uncompared", "careful", "careful and uncompared"],
  ...["samples", "none"],
] as const;
export type RowKind = (typeof rowKinds)[number];
type MadeUp = Exclude<RowKind, "samples" | "none">;

/** Which columns get values that may go without, and whether rows are made for the constants of conditions. */
const makings: Readonly<Record<MadeUp, { how: Thoroughness; isCompared: boolean }>> = {
  all: { how: "every column", isCompared: true },
  uncompared: { how: "every column", isCompared: false },
  careful: { how: "required columns", isCompared: true },
  "careful and uncompared": { how: "required columns", isCompared: false },
};

/** So many rows are made for a table that has none, and for one that has some. */
const rowsOfEmpty = 20;
const rowsBesideOthers = 6;
/** So many are put beside these for the constants of a migration's conditions. */
const mostCompared = 10;

/** What was put into the tables so far. */
export interface RowCounts {
  readonly real: number;
  readonly made: number;
  /** Why tables refuse rows, by schema and name. */
  readonly refused: ReadonlyMap<string, string>;
  /** What changes whenever a row does, as things are now. */
  readonly restless: RestlessColumns;
}

/** What a pass knows beside the scratch database, which may be made anew. */
export class RowSources {
  private sample: Promise<RowSample> | null = null;

  constructor(
    private readonly access: Access,
    readonly samples: Samples,
    private readonly log: Log,
  ) {}

  /** This database's own rows, read once for a pass; none where the tier has generated ones or they cannot be read. */
  real(): Promise<RowSample> {
    if (!tierRules[this.access.settings.tier].samplesOwnRows) return Promise.resolve(new Map());
    this.sample ??= sampleRows(this.access).catch((error: unknown) => {
      const code = error instanceof DatabaseError ? ` (SQLSTATE ${error.code ?? "unknown"})` : "";
      this.log(`the rows of this database could not be read${code}: made-up ones take their place`);
      return new Map();
    });
    return this.sample;
  }
}

/** What is known of a table in the scratch database. */
interface Known {
  /** The shape it had when rows were last put in. */
  shape: string;
  /** Number of the next made-up row. */
  next: number;
  /** Rows that were put in for conditions of migrations. */
  readonly compared: Set<string>;
}

/** The rows of one scratch database. */
export class ProofRows {
  private readonly known = new Map<string, Known>();
  private readonly samplesDone = new Set<number>();
  private readonly refused = new Map<string, string>();
  private real = 0;
  private made = 0;
  /** Whether rows were put in for conditions of the last migration. */
  private isCompared = false;
  private restless: RestlessColumns = new Map();
  private readonly tried: TriedTables = new Map();

  constructor(
    private readonly scratch: Access,
    private readonly sources: RowSources,
  ) {}

  /** Whether anything was put in. */
  get isAny(): boolean {
    return this.real + this.made > 0;
  }

  /** The kinds that differ from this one in what was put in, in the order in which they are worth trying. */
  othersAfter(kind: RowKind): readonly RowKind[] {
    const { isCompared, sources } = this;
    return rowKinds.slice(rowKinds.indexOf(kind) + 1).filter((other) => {
      if (other === "samples") return sources.samples.inserts.length > 0;
      return isCompared || other === "none" || makings[other].isCompared;
    });
  }

  get counts(): RowCounts {
    return {
      real: this.real,
      made: this.made,
      refused: new Map(this.refused),
      restless: this.restless,
    };
  }

  /**
   * Puts rows into what is new or has changed since the last time, and such that the migration's conditions are about.
   *
   * @param migration  The one that is proven next.
   */
  async prepare(kind: RowKind, migration: MigrationFile): Promise<void> {
    if (kind === "none") return;
    const purpose = { account: "migrator", activity: "proof rows" } as const;
    await withClient(this.scratch, purpose, async (client) => {
      await inTransaction(client, () => this.put(client, kind, migration));
      this.restless = await restlessColumns(client, this.scratch.settings.schemas, this.tried);
    });
  }

  private async put(
    client: Client,
    kind: Exclude<RowKind, "none">,
    migration: MigrationFile,
  ): Promise<void> {
    await client.query("SET CONSTRAINTS ALL IMMEDIATE");
    await this.insertSamples(client);
    if (kind === "samples") return;
    const shapes = await readShapes(client, this.scratch.settings.schemas);
    const sample = await this.sources.real();
    for (const table of inKeyOrder(shapes.tables)) {
      await this.fillTable(client, shapes, table, sample.get(table.name) ?? [], makings[kind].how);
    }
    const compared = comparedValues(migration);
    const words = wordsOf(migration);
    this.isCompared = false;
    const named = makings[kind].isCompared
      ? inKeyOrder(shapes.tables).filter(({ table }) => words.has(table.toLowerCase()))
      : [];
    for (const table of named) await this.putCompared(client, shapes, table, compared);
    await advanceSequences(client, this.scratch.settings.schemas);
  }

  /** Rows that hold the constants of a condition, those of all columns together: `a = 1 AND b = 'x'` meets one of them. */
  private async putCompared(
    client: Client,
    { types }: Shapes,
    { name, columns, ...table }: TableShape,
    compared: ComparedValues,
  ): Promise<void> {
    const own = columns.flatMap((column) => {
      const values = compared.get(column.name) ?? [];
      return values.length === 0 || column.isGenerated ? [] : [{ name: column.name, values }];
    });
    const count = Math.min(mostCompared, Math.max(0, ...own.map(({ values }) => values.length)));
    const known = this.known.get(name);
    if (known === undefined) return;
    const rows = Array.from({ length: count }, (_, index) =>
      Object.fromEntries(
        own.map(({ name: column, values }) => [column, values[index % values.length] ?? null]),
      ),
    ).filter((row) => !known.compared.has(JSON.stringify(row)));
    if (rows.length === 0) return;
    for (const row of rows) known.compared.add(JSON.stringify(row));
    const filler = new RowFiller(client, types, { name, columns, ...table });
    const { inserted } = await filler.fill(rows, known.next, "every column");
    this.made += inserted;
    this.isCompared ||= inserted > 0;
    known.next += rows.length;
  }

  /** Runs the INSERTs that can be run by now, each once. What a table is not ready for is tried again later. */
  private async insertSamples(client: Client): Promise<void> {
    for (const [index, { line, text }] of this.sources.samples.inserts.entries()) {
      if (this.samplesDone.has(index)) continue;
      await client.query("SAVEPOINT sample");
      try {
        const { rowCount } = await client.query(text);
        this.samplesDone.add(index);
        this.made += rowCount ?? 0;
        this.refused.delete(`${samplesFile}:${line}`);
      } catch (error) {
        if (!(error instanceof DatabaseError)) throw error;
        await client.query("ROLLBACK TO SAVEPOINT sample");
        // Its table or column is not there yet, or not any more.
        if (error.code === "42P01" || error.code === "42703" || error.code === "3F000") continue;
        this.refused.set(`${samplesFile}:${line}`, `SQLSTATE ${error.code ?? "unknown"}`);
      }
    }
  }

  private async fillTable(
    client: Client,
    { types }: Shapes,
    table: TableShape,
    real: readonly Row[],
    how: Thoroughness,
  ): Promise<void> {
    const shape = JSON.stringify(table);
    const before = this.known.get(table.name);
    if (before?.shape === shape) return;
    const isEmpty = async (): Promise<boolean> =>
      (await client.query(`SELECT FROM ${table.name} LIMIT 1`)).rows.length === 0;
    const careful: Thoroughness = "required columns";
    const known: Known = {
      ...{ shape, next: before?.next ?? 0 },
      compared: before?.compared ?? new Set(),
    };
    this.known.set(table.name, known);
    const title = `${table.schema}.${table.table}`;
    const put = async (rows: readonly Row[], thoroughness: Thoroughness): Promise<number> => {
      const { inserted, reason } = await new RowFiller(client, types, table).fill(
        rows,
        known.next,
        thoroughness,
      );
      known.next += rows.length;
      if (reason !== null) this.refused.set(title, reason);
      if (inserted > 0) this.refused.delete(title);
      return inserted;
    };
    if (before === undefined && real.length > 0)
      this.real += await put(fitting(table, real), careful);
    const isBare = await isEmpty();
    if (how === careful && !isBare) return;
    const count = isBare ? rowsOfEmpty : rowsBesideOthers;
    this.made += await put(
      Array.from({ length: count }, () => ({})),
      how,
    );
  }
}

/** So far sequences are on that belong to no column, so that one that is set back is seen. */
const advancedBy = 20;

/**
 * Lets those go on that never gave a value. What a sequence refuses (a cycle, an end) leaves it as it is. The server may
 * look at sequences of other schemas first, and before 17 it refuses that to whoever may not use them.
 */
async function advanceSequences(client: Client, schemas: readonly string[]): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
      WHERE n.nspname = ANY ($1) AND CASE WHEN c.relkind <> 'S' THEN false
        WHEN NOT has_sequence_privilege(c.oid, 'USAGE, SELECT') THEN false
        ELSE pg_sequence_last_value(c.oid) IS NULL END`,
    [schemas],
  );
  for (const { name } of rows) {
    await client.query("SAVEPOINT sequence");
    try {
      await client.query(
        "SELECT nextval($1::TEXT::REGCLASS) FROM generate_series(1, $2::INTEGER)",
        [name, advancedBy],
      );
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      await client.query("ROLLBACK TO SAVEPOINT sequence");
    }
  }
}

/** The rows with what the table has a column for. */
const fitting = (table: TableShape, rows: readonly Row[]): readonly Row[] => {
  const names = new Set(table.columns.map(({ name }) => name));
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).filter(([name]) => names.has(name))),
  );
};
