/**
 * A migrations folder of small files for tests of the program: each makes one table and its rollback drops it, as the
 * rules of every tier ask. Does NOT touch the disk.
 */
import { formalities } from "./formalities";
import { forwardText, rollbackText } from "./makeMigration";

/** One migration: `body` replaces what stands between BEGIN and COMMIT, `rollback` what takes it back. */
export interface SmallMigration {
  readonly body?: string;
  readonly rollback?: string;
  readonly ticket?: string;
  readonly hasRollback?: boolean;
}

/** The ticket in the header of the migration with this number. */
export const ticketOf = (number: number): string => `CHG-2026-${String(number).padStart(4, "0")}`;

/** The version of the migration with this number. */
export const versionOf = (number: number): string => `0.${number}.0`;

/** Name of the migration with this number, without ending. */
export const nameOf = (number: number): string =>
  `${String(number).padStart(3, "0")}_table_${number}`;

/** Files by name; the first migration has number 1 and makes `dagapp.t1`. */
export function smallMigrations(
  migrations: readonly SmallMigration[],
): Readonly<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const [index, { body, rollback, ticket, hasRollback = true }] of migrations.entries()) {
    const number = index + 1;
    const parts = {
      ...formalities([`t${number}`], number === 1 ? undefined : versionOf(number - 1)),
      name: nameOf(number),
      version: versionOf(number),
      ticket: ticket ?? ticketOf(number),
      body: `BEGIN;\n${body ?? `CREATE TABLE dagapp.t${number} (id INTEGER PRIMARY KEY);`}\nCOMMIT;`,
      rollbackBody: rollback ?? `DROP TABLE IF EXISTS dagapp.t${number};`,
    };
    files[`${nameOf(number)}.sql`] = forwardText(parts);
    if (hasRollback) files[`${nameOf(number)}_rollback.sql`] = rollbackText(parts);
  }
  return files;
}
