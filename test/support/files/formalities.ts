/**
 * What every rule asks of a migration whatever it does: checks, notices and header lines, for files that tests make.
 * Does NOT change how many lines a file has before its body.
 */
import type { MigrationParts } from "./makeMigration";

const failUnless = (condition: string): string =>
  `DO $$ BEGIN IF NOT (${condition}) THEN RAISE EXCEPTION 'Check failed'; END IF; END $$;`;
const say = (what: string): string => `DO $$ BEGIN RAISE NOTICE '${what}'; END $$;`;

/**
 * Parts to spread into those of a migration.
 *
 * @param tables    Tables it makes or alters in dagapp; the post-flight looks for each.
 * @param previous  Version of the migration before it; none for the first.
 * @param altered   Table that was there before, and the column that it gets.
 */
export function formalities(
  tables: readonly string[],
  previous?: string,
  altered?: { readonly table: string; readonly column: string },
): MigrationParts {
  const exist = tables.map((name) => `to_regclass('dagapp.${name}') IS NOT NULL`);
  const common = {
    tables: tables.map((name) => `dagapp.${name}`).join(", "),
    postflight: `${failUnless(exist.join(" AND "))}\n${say("Migration completed")}`,
    rollbackEnd: `${say("Rollback completed")}\n`,
  };
  if (previous === undefined) return common;
  const isApplied = `EXISTS (SELECT 1 FROM public.schema_migrations WHERE version = '${previous}' AND applied)`;
  const next = { ...common, dependency: `Requires migration ${previous}` };
  if (altered === undefined) return { ...next, preflight: failUnless(isApplied) };
  const { table, column } = altered;
  const free = `NOT EXISTS (SELECT 1 FROM pg_locks WHERE relation = 'dagapp.${table}'::regclass AND NOT granted)`;
  const added = `EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = 'dagapp.${table}'::regclass AND attname = '${column}')`;
  return {
    ...next,
    risk: "Medium",
    preflight: `${failUnless(isApplied)} ${failUnless(free)}`,
    postflight: `${failUnless(added)}\n${say("Migration completed")}`,
  };
}
