/**
 * What benchmarks tell, and how it is printed: one table, each figure as minimum, median and maximum of its repetitions,
 * beside its ratio to the first of the same work and size, and the shape of its growth. Does NOT measure.
 */

/** One tool at one work of one size. */
export interface BenchRow {
  /** What is done: rows of the same work and size are compared with the first of them. */
  readonly work: string;
  readonly size: number;
  readonly tool: string;
  /** Milliseconds, one for each repetition. */
  readonly ms: readonly number[];
  /** Statements and connections of the middle one; null where they cannot be counted. */
  readonly statements?: number | null;
  readonly connections?: number | null;
  /** What else is worth saying. */
  readonly note?: string;
}

const sorted = (values: readonly number[]): readonly number[] => [...values].sort((a, b) => a - b);

/** Of an odd number of values the middle one. */
const median = (values: readonly number[]): number =>
  sorted(values)[Math.floor(values.length / 2)] ?? NaN;

/** Three digits that mean something. */
const shown = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value >= 1 ? value.toFixed(1) : value.toFixed(2);

const spread = (values: readonly number[]): readonly string[] => {
  const all = sorted(values);
  return [all[0] ?? NaN, median(values), all.at(-1) ?? NaN].map(shown);
};

/**
 * The exponent with which the time grows from the smaller size to this one: 1 is linear, 0 constant. Empty where there is
 * no smaller size.
 */
function growthOf(row: BenchRow, rows: readonly BenchRow[]): string {
  const smaller = rows
    .filter(({ work, tool, size }) => work === row.work && tool === row.tool && size < row.size)
    .sort((one, other) => other.size - one.size)[0];
  if (smaller === undefined) return "";
  const exponent =
    Math.log(median(row.ms) / median(smaller.ms)) / Math.log(row.size / smaller.size);
  return `n^${exponent.toFixed(1)}`;
}

const heads = [
  ...["work", "size", "tool", "min, ms", "median", "max", "to the first", "growth"],
  ...["statements", "connections", "note"],
];

const write = (cells: readonly (string | number | null)[]): void => {
  process.stdout.write(`| ${cells.map((cell) => cell ?? "").join(" | ")} |\n`);
};

/** Prints all rows as one table in Markdown. */
export function printTable(rows: readonly BenchRow[]): void {
  write(heads);
  write(heads.map(() => "---"));
  for (const row of rows) {
    const { work, size, tool, ms, statements = null, connections = null, note = "" } = row;
    const first = rows.find((one) => one.work === work && one.size === size);
    const ratio = first === undefined ? "" : (median(ms) / median(first.ms)).toFixed(2);
    write([
      ...[work, size, tool, ...spread(ms), ratio, growthOf(row, rows)],
      ...[statements, connections, note],
    ]);
  }
}

/** Lets a benchmark end with a message instead of a stack. */
export function runBenchmark(work: () => Promise<void>): void {
  work().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
