/**
 * Puts rows into a table of a scratch database: given values first, made-up ones for the rest. What a constraint refuses
 * is tried with other values, by the constraint's name.
 * Does NOT commit, choose tables (see proofRows.ts), or show a value to anybody: a refusal is told by constraint and code.
 */
import { type Client, DatabaseError, escapeIdentifier } from "pg";

import { candidatesOf, domainChecksOf, mustHave, type Types } from "./candidates";
import type { ColumnShape, ForeignKey, TableShape } from "./tableShape";

/** Values by column, as texts; a column that is not there is made up. */
export type Row = Readonly<Record<string, string | null>>;

/** Whether to fill columns that may be left out, and those that have a default. */
export type Thoroughness = "every column" | "required columns";

/** What became of an attempt to fill a table. */
export interface Filling {
  readonly inserted: number;
  /** Why rows were refused, without any value; null when none was. */
  readonly reason: string | null;
}

/** How often one row is tried, and how many rows in a row may fail before the table is given up. */
const mostTries = 40;
const mostFailures = 3;
/** So many rows of a table that is referred to are there to choose from. */
const mostParents = 60;

/** What was changed about a row after it was refused. */
interface Repair {
  /** Column, and how many of its values were tried. */
  readonly moved: Map<string, number>;
  /** Given values that are not used. */
  readonly dropped: Set<string>;
  shift: number;
  thoroughness: Thoroughness;
}

/** A value, or the column's default. */
type Cell = string | null | undefined;

const isUnique = (table: TableShape, column: string): boolean =>
  table.constraints.some((one) => one.check === "" && one.columns.includes(column)) &&
  !table.foreignKeys.some(({ columns }) => columns.includes(column));

/** Fills one table, row by row, in the caller's transaction. */
export class RowFiller {
  private parents: readonly (readonly Row[])[] = [];
  private reason: string | null = null;
  /** Of a sequence that must not be random: every run tries the same. */
  private chance = 7;

  constructor(
    private readonly client: Client,
    private readonly types: Types,
    private readonly table: TableShape,
  ) {}

  /**
   * @param given    One for each row.
   * @param from     Number of the first row: rows of other calls had lower ones.
   */
  async fill(given: readonly Row[], from: number, thoroughness: Thoroughness): Promise<Filling> {
    await this.client.query("SAVEPOINT filling");
    this.parents = await this.readParents();
    const { triggers, name } = this.table;
    const switchTriggers = async (verb: "DISABLE" | "ENABLE"): Promise<void> => {
      for (const trigger of triggers) {
        await this.client.query(`ALTER TABLE ${name} ${verb} TRIGGER ${escapeIdentifier(trigger)}`);
      }
    };
    await switchTriggers("DISABLE");
    const fresh = (): Repair => ({
      ...{ moved: new Map(), dropped: new Set<string>(), shift: 0, thoroughness },
    });
    const rows = given.map((row, index) => this.assemble(row, from + index, fresh()));
    let inserted = (await this.insert(rows)) === null ? rows.length : 0;
    for (let index = 0, failed = 0; inserted < rows.length && index < given.length; index += 1) {
      const isIn = await this.insertPatiently(given[index] ?? {}, from + index, fresh());
      if (isIn) inserted += 1;
      failed = isIn ? 0 : failed + 1;
      if (failed === mostFailures) break;
    }
    await switchTriggers("ENABLE");
    await this.advanceSequences(given);
    return { inserted, reason: inserted === given.length ? null : this.reason };
  }

  private async insertPatiently(given: Row, k: number, repair: Repair): Promise<boolean> {
    for (let attempt = 0; attempt < mostTries; attempt += 1) {
      if (attempt === mostTries / 2) repair.thoroughness = "required columns";
      const refusal = await this.insert([this.assemble(given, k, repair)]);
      if (refusal === null) return true;
      this.repair(given, refusal, repair);
    }
    return false;
  }

  /** Rows to choose from for each foreign key. */
  private async readParents(): Promise<readonly (readonly Row[])[]> {
    const found: (readonly Row[])[] = [];
    for (const { columns, target, targetColumns } of this.table.foreignKeys) {
      const list = columns
        .map(
          (column, place) =>
            `${escapeIdentifier(targetColumns[place] ?? "")}::TEXT AS ${escapeIdentifier(column)}`,
        )
        .join(", ");
      const { rows } = await this.client.query<Row>(
        `SELECT ${list} FROM ${target} LIMIT ${mostParents}`,
      );
      found.push(rows);
    }
    return found;
  }

  private assemble(given: Row, k: number, repair: Repair): ReadonlyMap<string, Cell> {
    const { columns, foreignKeys } = this.table;
    const cells = new Map<string, Cell>();
    for (const { name, isGenerated } of columns) {
      const value = given[name];
      if (value !== undefined && !isGenerated && !repair.dropped.has(name)) cells.set(name, value);
    }
    for (const [place, key] of foreignKeys.entries())
      this.assembleKey(key, place, k, repair, cells);
    for (const column of columns) {
      if (cells.has(column.name) || column.isGenerated) continue;
      cells.set(column.name, this.made(column, k, repair));
    }
    return cells;
  }

  /** Takes over the key of a row referred to, one that fits what another foreign key has set already. */
  private assembleKey(
    { columns }: ForeignKey,
    place: number,
    k: number,
    { shift, thoroughness }: Repair,
    cells: Map<string, Cell>,
  ): void {
    if (columns.every((column) => cells.has(column))) return;
    const required = this.table.columns.some(
      (column) => columns.includes(column.name) && mustHave(this.types, column),
    );
    const fitting = (this.parents[place] ?? []).filter((row) =>
      columns.every((column) => !cells.has(column) || cells.get(column) === row[column]),
    );
    const row =
      required || thoroughness === "every column"
        ? fitting[(k + shift) % Math.max(1, fitting.length)]
        : undefined;
    // Without a row to refer to: empty where that is allowed, else a value of its own, which may be the row itself.
    if (row === undefined && required) return;
    for (const column of columns) {
      if (!cells.has(column)) cells.set(column, row?.[column] ?? null);
    }
  }

  private made(column: ColumnShape, k: number, { moved, thoroughness }: Repair): Cell {
    const tried = moved.get(column.name);
    if (column.identity !== "") return undefined;
    const required = mustHave(this.types, column);
    if (tried === undefined) {
      const isLeft = thoroughness === "required columns";
      // A default in every second row; always where it makes keys.
      const hasDefault = column.hasDefault || this.types.get(column.type)?.hasDefault === true;
      if (hasDefault && (isLeft || k % 2 === 0 || isUnique(this.table, column.name)))
        return undefined;
      if (!required && !hasDefault && isLeft) return null;
    }
    const values: readonly (string | null)[] = [
      ...candidatesOf(this.types, this.table, column, k),
      ...(required ? [] : [null]),
    ];
    return values[(tried ?? 0) % Math.max(1, values.length)] ?? null;
  }

  /** Changes what the refused constraint is about; without a name, anything. */
  private repair(given: Row, refusal: DatabaseError, repair: Repair): void {
    const { columns, constraints, foreignKeys } = this.table;
    const ofKey = foreignKeys.flatMap((key) => key.columns);
    const named = constraints.find(({ name }) => name === refusal.constraint)?.columns;
    const ofDomain = columns
      .filter(({ type }) => domainChecksOf(this.types, type).includes(refusal.constraint ?? ""))
      .map(({ name }) => name);
    const about =
      named ??
      (refusal.column !== undefined
        ? [refusal.column]
        : ofDomain.length > 0
          ? ofDomain
          : columns.map(({ name }) => name));
    if (about.some((name) => ofKey.includes(name))) repair.shift += 1;
    const free = about.filter((name) => !ofKey.includes(name) || named === undefined);
    for (const name of free) {
      if (given[name] !== undefined && !repair.dropped.has(name)) repair.dropped.add(name);
      else if (free.length === 1 || this.toss())
        repair.moved.set(name, (repair.moved.get(name) ?? 0) + 1);
    }
  }

  private toss(): boolean {
    this.chance = (this.chance * 1_103_515_245 + 12_345) % 2_147_483_648;
    return (this.chance >> 16) % 5 < 3;
  }

  /** Inserts rows in one statement; gives back what the server refused, after undoing it. */
  private async insert(rows: readonly ReadonlyMap<string, Cell>[]): Promise<DatabaseError | null> {
    const names = this.table.columns
      .filter(({ isGenerated }) => !isGenerated)
      .map(({ name }) => name);
    const values: (string | null)[] = [];
    const tuples = rows.map((row) => {
      const cells = names.map((name) => {
        const cell = row.get(name);
        if (cell === undefined) return "DEFAULT";
        values.push(cell);
        return `$${values.length}`;
      });
      return `(${cells.join(", ")})`;
    });
    const list = names.map(escapeIdentifier).join(", ");
    const sql =
      names.length === 0
        ? `INSERT INTO ${this.table.name} DEFAULT VALUES`
        : `INSERT INTO ${this.table.name} (${list}) OVERRIDING SYSTEM VALUE VALUES ${tuples.join(", ")}`;
    await this.client.query("SAVEPOINT rows");
    try {
      await this.client.query(sql, values);
      await this.client.query("RELEASE SAVEPOINT rows");
      return null;
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      await this.client.query("ROLLBACK TO SAVEPOINT rows");
      this.reason = [error.constraint ?? error.column, `SQLSTATE ${error.code ?? "unknown"}`]
        .filter((one) => one !== undefined)
        .join(", ");
      return error;
    }
  }

  /** Behind the highest given number, so that what a migration inserts gets another. */
  private async advanceSequences(given: readonly Row[]): Promise<void> {
    const { name, columns } = this.table;
    for (const column of columns) {
      if (!column.hasDefault || !given.some((row) => row[column.name] != null)) continue;
      if (!/^(smallint|integer|bigint)$/.test(column.typeText)) continue;
      await this.client.query(
        `SELECT setval(s.sequence, m.most) FROM (SELECT pg_get_serial_sequence($1, $2)::REGCLASS AS sequence) AS s,
           (SELECT max(${escapeIdentifier(column.name)})::BIGINT AS most FROM ${name}) AS m
          WHERE s.sequence IS NOT NULL AND m.most > coalesce(pg_sequence_last_value(s.sequence), 0)`,
        [name, column.name],
      );
    }
  }
}
