/**
 * Prints what was measured, each figure beside its ratio to the baseline of the same run. Does NOT measure.
 */
import type { Latencies } from "./load";

/** One tool in one scenario. The first row is the baseline. */
export interface Row {
  readonly label: string;
  readonly outcome: string;
  readonly error: string;
  readonly migrationMs: readonly number[];
  readonly readers: Latencies;
  readonly writers: Latencies;
}

const ms = (value: number): string => value.toFixed(value < 10 ? 1 : 0);
const seconds = (values: readonly number[]): string =>
  values.map((value) => (value / 1000).toFixed(1)).join(", ") || "-";

const columns = ["p50", "p99", "p999", "max"] as const;

/** Milliseconds, with the ratio of the 99.9th percentile. */
function cellsOf(latencies: Latencies, base: Latencies): readonly string[] {
  const failed = latencies.failed === 0 ? "" : ` (${latencies.failed} failed)`;
  const ratio = `${(latencies.p999 / base.p999).toFixed(1)}x${failed}`;
  return [...columns.map((name) => ms(latencies[name])), ratio];
}

/** Prints one scenario as a table in Markdown. */
export function printRows(title: string, rows: readonly Row[]): void {
  const [base] = rows;
  if (base === undefined) return;
  const ofUsers = (who: string): readonly string[] =>
    [...columns, "p999 to baseline"].map((name) => `${who} ${name}`);
  const heads = ["tool", "done", "took, s", ...ofUsers("read"), ...ofUsers("write")];
  const lines = rows.map((row) => [
    ...[row.label, row.outcome, seconds(row.migrationMs)],
    ...[...cellsOf(row.readers, base.readers), ...cellsOf(row.writers, base.writers)],
  ]);
  const write = (cells: readonly string[]): boolean =>
    process.stdout.write(`| ${cells.join(" | ")} |\n`);
  process.stdout.write(
    `\n${title} (latencies in ms, ${base.readers.count} reads in the baseline)\n\n`,
  );
  write(heads);
  write(heads.map(() => "---"));
  for (const line of lines) write(line);
  for (const { label, error } of rows) {
    if (error !== "") process.stdout.write(`${label}: ${error}\n`);
  }
}
