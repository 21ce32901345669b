/**
 * Compares the rows before a migration with those after it, after its rollback and after a second run, and says in words
 * what is lost. Pure.
 * Does NOT read rows (see rowState.ts) or decide what a header may declare as lost (see proofVerdict.ts).
 */

/** Digests of a table's values: one list for each row, in the order of the columns; null for NULL. */
export interface TableRows {
  readonly columns: readonly string[];
  /** Columns of the primary key; none without one. */
  readonly key: readonly string[];
  readonly total: number;
  readonly rows: readonly (readonly (string | null)[])[];
}

/** All tables by schema and name, and the sequences with the last value each gave. */
export interface RowState {
  readonly tables: ReadonlyMap<string, TableRows>;
  readonly sequences: ReadonlyMap<string, { readonly id: string; readonly last: number }>;
}

/** Things that may be there several times, with how often. */
type Bag = ReadonlyMap<string, number>;

const bagOf = (entries: readonly string[]): Bag => {
  const bag = new Map<string, number>();
  for (const entry of entries) bag.set(entry, (bag.get(entry) ?? 0) + 1);
  return bag;
};
const sizeOf = (bag: Bag): number => [...bag.values()].reduce((sum, count) => sum + count, 0);
/** What the first has and the second has not. */
const minus = (from: Bag, taken: Bag): Bag =>
  new Map(
    [...from]
      .map(([entry, count]) => [entry, count - (taken.get(entry) ?? 0)] as const)
      .filter(([, count]) => count > 0),
  );

/** What is looked at in a table: whole rows (null), or the values of a column. */
type Subject = string | null;

/**
 * What a table holds, as entries that are equal when they are the same: rows by primary key, values by key and digest.
 * Without a key, rows by all that they hold and values by their digest.
 *
 * @param key      Columns of the key that both sides of a comparison have; none for no key.
 * @param columns  What makes a row where there is no key.
 */
function entriesOf(
  table: TableRows | undefined,
  subject: Subject,
  key: readonly string[],
  columns: readonly string[],
): Bag {
  if (table === undefined) return new Map();
  const places = (names: readonly string[]): readonly number[] =>
    names.map((name) => table.columns.indexOf(name));
  const keyPlaces = places(key);
  if (keyPlaces.includes(-1)) return new Map();
  const join = (row: readonly (string | null)[], at: readonly number[]): string =>
    at.map((place) => row[place] ?? "null").join(" ");
  if (subject === null) {
    const at = key.length > 0 ? keyPlaces : places(columns);
    return bagOf(table.rows.map((row) => join(row, at)));
  }
  const place = table.columns.indexOf(subject);
  if (place < 0) return new Map();
  return bagOf(
    table.rows.flatMap((row) => {
      const value = row[place] ?? null;
      return value === null ? [] : [`${join(row, keyPlaces)}=${value}`];
    }),
  );
}

/** Data that is not there any more, or is not what it was. */
export interface RowLoss {
  readonly table: string;
  /** One line: "3 of 20 values of dagapp.jobs.error_details are gone after the rollback". */
  readonly text: string;
  /** The migration had left it as it was: only its rollback takes it. */
  readonly byRollback: boolean;
  /** The column whose values are other ones now, none fewer; null for all else. */
  readonly changed: string | null;
}

/** Data that was not there. */
export interface Leftover {
  readonly table: string;
  readonly text: string;
  /** Whole rows; else values that were empty. */
  readonly isRows: boolean;
}

const counted = (count: number, of: number, what: string): string =>
  `${count} of ${of} ${what}${of === 1 ? "" : "s"}`;
const are = (count: number): string => (count === 1 ? "is" : "are");

/** The table with those of its rows only whose key the other has too; as it is without a key. */
function withKeysOf(table: TableRows, other: TableRows | undefined): TableRows {
  const { key, columns } = table;
  if (key.length === 0 || other === undefined) return table;
  const there = entriesOf(other, null, key, []);
  const one = (row: TableRows["rows"][number]): TableRows => ({
    key,
    columns,
    total: 1,
    rows: [row],
  });
  return {
    ...table,
    rows: table.rows.filter(
      (row) => sizeOf(minus(entriesOf(one(row), null, key, []), there)) === 0,
    ),
  };
}

/** What was before and is not there after the rollback, table by table. */
export function lossesOf(before: RowState, up: RowState, down: RowState): readonly RowLoss[] {
  const losses: RowLoss[] = [];
  for (const [title, was] of before.tables) {
    const [mid, is] = [up.tables.get(title), down.tables.get(title)];
    const { key, columns, total } = was;
    const lost = (
      subject: Subject,
      from = was,
    ): Pick<RowLoss, "byRollback"> & { count: number } => {
      const had = entriesOf(from, subject, key, columns);
      const gone = minus(had, entriesOf(is, subject, key, columns));
      const goneBefore = minus(had, entriesOf(mid, subject, key, columns));
      return { count: sizeOf(gone), byRollback: sizeOf(minus(gone, goneBefore)) > 0 };
    };
    const say = (what: string, byRollback: boolean, changed: string | null = null): void => {
      losses.push({ table: title, text: `${what} after the rollback`, byRollback, changed });
    };
    const whole = lost(null);
    const fewer = Math.max(0, total - (is?.total ?? 0));
    const goneRows = key.length > 0 ? Math.max(whole.count, fewer) : fewer;
    if (goneRows > 0) {
      say(`${counted(goneRows, total, "row")} of ${title} ${are(goneRows)} gone`, whole.byRollback);
      // The values of a table that is gone or empty need no further words.
      if (goneRows === total) continue;
    }
    const kept = withKeysOf(was, is);
    let isValueLost = false;
    for (const column of columns) {
      const { count, byRollback } = lost(column, kept);
      // Without a key nobody can tell which values went with their rows.
      const own = key.length > 0 ? count : count - goneRows;
      if (own <= 0) continue;
      isValueLost = true;
      const had = sizeOf(entriesOf(kept, column, key, columns));
      const left = sizeOf(entriesOf(is, column, [], columns));
      const isFewer = left < had;
      const verb = isFewer ? "gone" : `not what ${own === 1 ? "it was" : "they were"}`;
      const text = `${counted(own, had, "value")} of ${title}.${column} ${are(own)} ${verb}`;
      say(text, byRollback, isFewer ? null : column);
    }
    if (key.length === 0 && goneRows === 0 && !isValueLost && whole.count > 0) {
      const { count, byRollback } = whole;
      say(
        `${counted(count, total, "row")} of ${title} ${are(count)} not what they were`,
        byRollback,
      );
    }
  }
  for (const [name, { id, last }] of before.sequences) {
    const is = down.sequences.get(name);
    // One that was made anew begins with its table.
    if (is?.id !== id || is.last >= last) continue;
    const text = `the sequence ${name} stands at ${is.last} after the rollback, and stood at ${last}`;
    const byRollback = (up.sequences.get(name)?.last ?? 0) >= last;
    losses.push({ table: name, text, byRollback, changed: null });
  }
  return losses;
}

/** Rows that were not there before and that the rollback leaves, and empty values that are filled, in words. */
export function leftoversOf(before: RowState, down: RowState): readonly Leftover[] {
  return [...before.tables].flatMap(([title, was]): readonly Leftover[] => {
    const is = down.tables.get(title);
    if (is === undefined) return [];
    const more = is.total - was.total;
    const text = (what: string): readonly Leftover[] => [
      { table: title, text: `${what} after the rollback`, isRows: more > 0 },
    ];
    if (more > 0)
      return text(`${more} new row${more === 1 ? "" : "s"} of ${title} ${are(more)} left`);
    return was.columns.flatMap((column) => {
      const extra = sizeOf(entriesOf(is, column, [], [])) - sizeOf(entriesOf(was, column, [], []));
      return extra <= 0
        ? []
        : text(
            `${extra} empty value${extra === 1 ? "" : "s"} of ${title}.${column} ${are(extra)} filled`,
          );
    });
  });
}

/**
 * What the first run kept or brought, and the second one does not. Values that only exist since the migration may differ
 * from run to run (a time, a random number): of those it is asked that they are there.
 *
 * @param isRestless  Whether a column changes whenever its row does.
 */
export function lossesOfSecondRun(
  before: RowState,
  up: RowState,
  again: RowState,
  isRestless: (table: string, column: string) => boolean,
): readonly string[] {
  const kept = [...before.tables].flatMap(([title, { key, columns, ...was }]) => {
    const [first, second] = [up.tables.get(title), again.tables.get(title)];
    const steady = columns.filter((column) => !isRestless(title, column));
    return [null, ...steady].flatMap((subject) => {
      // Without a key a row is other whenever a value is: the values say it.
      if (subject === null && key.length === 0) return [];
      const had = entriesOf({ key, columns, ...was }, subject, key, columns);
      const stayed = minus(had, minus(had, entriesOf(first, subject, key, columns)));
      const gone = sizeOf(minus(stayed, entriesOf(second, subject, key, columns)));
      const name = subject === null ? `rows of ${title}` : `values of ${title}.${subject}`;
      return gone === 0 ? [] : [`${gone} ${name} that the first run kept are gone or changed`];
    });
  });
  const brought = [...up.tables].flatMap(([title, first]) => {
    const second = again.tables.get(title);
    const old = before.tables.get(title)?.columns ?? [];
    if (second === undefined) return [];
    const fewer = first.total - second.total;
    if (fewer > 0) return [`${title} has ${fewer} rows fewer than after the first run`];
    return first.columns
      .filter((column) => !old.includes(column))
      .flatMap((column) => {
        const count = (table: TableRows): number => sizeOf(entriesOf(table, column, [], []));
        const missing = count(first) - count(second);
        return missing <= 0
          ? []
          : [`${missing} values of ${title}.${column} that the first run filled are missing`];
      });
  });
  return [...kept, ...brought].map((one) => `after applying again: ${one}`);
}
