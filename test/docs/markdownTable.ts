/**
 * A table as Markdown. Pure.
 * Does NOT know what is in it (see readmeTables.ts, attackPage.ts).
 */

/** A cell must stay on its line and may not end its column. */
const cell = (text: string): string => text.replace(/\s+/g, " ").replaceAll("|", "\\|").trim();

/** One line each for head, rule and rows. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  return [head, head.map(() => "---"), ...rows]
    .map((row) => `| ${row.map(cell).join(" | ")} |`)
    .join("\n");
}
