/**
 * Finds the name that somebody who mistyped may have meant. Pure.
 * Does NOT know what the names are of.
 */

/** Edits (insert, delete, replace, swap neighbours) that turn one text into the other. */
export function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Infinity;
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = at(i - 1, j - 1) + Number(a[i - 1] !== b[j - 1]);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? at(i - 2, j - 2) + 1 : Infinity;
      row.push(Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, replaced, swapped));
    }
  }
  return at(a.length, b.length);
}

/** The name nearest to what was typed, or null when none is near: more than a third of it would have to change. */
export function nearestName(typed: string, names: readonly string[]): string | null {
  const limit = Math.max(1, Math.floor(typed.length / 3));
  const near = names
    .map((name) => ({
      name,
      distance: name.startsWith(typed) && typed !== "" ? 0 : editDistance(typed, name),
    }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance);
  return near[0]?.name ?? null;
}

/** `did you mean X?`, or the names themselves when none is near. */
export function suggestion(typed: string, names: readonly string[]): string {
  const near = nearestName(typed, names);
  return near === null ? `one of ${names.join(", ")}.` : `did you mean ${near}?`;
}
