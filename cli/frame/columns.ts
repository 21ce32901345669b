/**
 * Sets rows of texts in columns. Pure. Does NOT cut what is long.
 */

/** Pads each column to its widest cell; two spaces between. `indent` is put before each row. */
export function columns(rows: readonly (readonly string[])[], indent = "  "): readonly string[] {
  const widths = rows.reduce<readonly number[]>((widest, row) => {
    const cells = Array.from({ length: Math.max(row.length, widest.length) });
    return cells.map((_, index) => Math.max(row[index]?.length ?? 0, widest[index] ?? 0));
  }, []);
  return rows.map((row) =>
    `${indent}${row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join("  ")}`.trimEnd(),
  );
}
