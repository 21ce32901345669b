/**
 * What a rollback file throws away, as far as its statements tell: tables and columns with their rows. Pure.
 * Does NOT count rows (see rowEstimates.ts) or judge the loss.
 */
import type { MigrationFile } from "../files/file";
import { dottedName } from "../sql/objectName";
import { rollbackImpactsAmong } from "./classify";
import type { StatementImpact } from "./impact";

/** Something that is gone after the rollback. */
export interface Loss {
  /** `schema.name` of the table whose rows lose it. */
  readonly table: string;
  /** `table`, `column x`, or the statement that takes rows away. */
  readonly what: string;
}

/** Rows of a table as the server's statistics have it; null where there are none. */
export type RowEstimates = ReadonlyMap<string, number | null>;

function lossesOfStatement({ drops, reversible, statement }: StatementImpact): readonly Loss[] {
  const dropped = drops.flatMap(({ kind, schema, name }): Loss[] => {
    if (kind === "table") return [{ table: dottedName({ schema, name }), what: "table" }];
    if (kind !== "column") return [];
    const dot = name.lastIndexOf(".");
    const table = dottedName({ schema, name: name.slice(0, dot) });
    return [{ table, what: `column ${name.slice(dot + 1)}` }];
  });
  if (dropped.length > 0 || reversible !== "data" || statement.target === null) return dropped;
  return [{ table: statement.target, what: statement.kind }];
}

/**
 * What the rollback file of a migration throws away, in its own order.
 *
 * @param files  All files: those before say what the rollback finds.
 */
export function lossesOf(file: MigrationFile, files: readonly MigrationFile[]): readonly Loss[] {
  const { impacts } = rollbackImpactsAmong(files, file);
  const losses = impacts.flatMap(lossesOfStatement);
  const dropped = new Set(losses.filter(({ what }) => what === "table").map(({ table }) => table));
  // A table that goes takes its columns along.
  return losses.filter(({ table, what }) => what === "table" || !dropped.has(table));
}

/** One line for each table: `about 1200 rows of dagapp.jobs: column asset_id, column platform_id`. */
export function describeLosses(
  losses: readonly Loss[],
  estimates: RowEstimates,
): readonly string[] {
  const tables = [...new Set(losses.map(({ table }) => table))];
  return tables.map((table) => {
    const what = [...new Set(losses.filter((one) => one.table === table).map((one) => one.what))];
    return `${countOf(estimates.get(table))} of ${table}: ${what.join(", ")}`;
  });
}

function countOf(rows: number | null | undefined): string {
  if (rows === undefined) return "no row (it is not there)";
  if (rows === null) return "an unknown number of rows";
  return `about ${rows} row${rows === 1 ? "" : "s"} (estimate)`;
}
