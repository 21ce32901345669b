/**
 * All migrations of a folder from names and bytes: pairs the files and compares them with each other.
 * Does NOT read the folder (see load) and does not miss absent rollback files (the gate does, by tier).
 */
import { compare } from "semver";

import { type Problem, sortProblems } from "../../../stack/errors";
import {
  type MigrationFile,
  numberOf,
  type ParsedMigration,
  parseMigration,
  type SourceFile,
  wrongName,
} from "./file";
import { rollbackNameOf } from "./header";

export interface Collection {
  /** Lowest number first; only those without a problem of their own. */
  readonly migrations: readonly MigrationFile[];
  /** All problems of all files, sorted. When there are any, nothing may run. */
  readonly problems: readonly Problem[];
}

/** Lowest number first, as they run. */
export const inOrder = <F extends { readonly number: number }>(files: readonly F[]): readonly F[] =>
  files.toSorted((a, b) => a.number - b.number);

/** The files with a lower number, lowest first: all that comes before. */
export const filesBelow = (
  files: readonly MigrationFile[],
  number: number,
): readonly MigrationFile[] => inOrder(files.filter((file) => file.number < number));

/** Parses one pair, as parseMigration does. */
export type ParsePair = (
  name: string,
  bytes: Buffer,
  rollback: SourceFile | null,
) => ParsedMigration;

/** Rows for proofs, in the folder of the migrations: no migration itself. */
export const samplesFile = "samples.sql";

/**
 * Whether a name in the folder is one that this program reads. Hidden ones are what editors and file managers leave beside
 * the files (`.#001_x.sql`, `._001_x.sql`), and nobody's migration.
 */
export const isSqlFile = (name: string): boolean =>
  name.toLowerCase().endsWith(".sql") && !name.startsWith(".");

const isRollback = (name: string): boolean => name.endsWith("_rollback.sql");

function checkNumbers(forward: readonly SourceFile[]): readonly Problem[] {
  const seen = new Map<number, string>();
  return forward.flatMap(({ name }): Problem[] => {
    const number = numberOf(name);
    if (number === null) return [];
    const earlier = seen.get(number);
    seen.set(number, earlier ?? name);
    if (earlier === undefined) return [];
    const message = `number ${number} is also that of ${earlier}.`;
    const hint = "give the later one the next free number; were they merged from two branches?";
    return [{ code: "DUPLICATE_NUMBER", file: name, line: null, message, hint }];
  });
}

function checkVersions(migrations: readonly MigrationFile[]): readonly Problem[] {
  const seen = new Map<string, string>();
  let highest: MigrationFile | null = null;
  const problems: Problem[] = [];
  for (const migration of migrations) {
    const { version, lines } = migration.header;
    const report = (code: string, message: string, hint: string): void => {
      const line = lines["VERSION"] ?? null;
      problems.push({ code, file: migration.fileName, line, message, hint });
    };
    const earlier = seen.get(version);
    if (earlier !== undefined) {
      const hint = "a version is a ledger key: give the later file a higher one.";
      report("DUPLICATE_VERSION", `VERSION ${version} is also that of ${earlier}.`, hint);
    } else if (highest !== null && compare(version, highest.header.version) <= 0) {
      const message = `VERSION ${version} is not above ${highest.header.version} of ${highest.fileName}.`;
      report("VERSION_NOT_RISING", message, "versions rise with the file numbers.");
    }
    seen.set(version, earlier ?? migration.fileName);
    if (highest === null || compare(version, highest.header.version) > 0) highest = migration;
  }
  return problems;
}

/**
 * Parses all `*.sql` files of a folder; other names, hidden ones, and that of the samples, are ignored.
 *
 * @param files  In any order.
 * @param parse  Another way to the same result, for who knows some of the files already.
 * @throws {ParserNotLoadedError} loadParser was not awaited.
 */
export function parseCollection(
  files: readonly SourceFile[],
  parse: ParsePair = parseMigration,
): Collection {
  const sql = files
    .filter(({ name }) => isSqlFile(name) && name !== samplesFile)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const named = sql.filter(({ name }) => numberOf(name) !== null);
  const problems: Problem[] = sql
    .filter(({ name }) => numberOf(name) === null)
    .map(({ name }) => wrongName(name));
  const forward = named.filter(({ name }) => !isRollback(name));
  const rollbacks = new Map(
    named.filter(({ name }) => isRollback(name)).map((file) => [file.name, file]),
  );
  problems.push(...checkNumbers(forward));
  const parsedFiles: MigrationFile[] = [];
  for (const { name, bytes } of forward) {
    const rollbackName = rollbackNameOf(name);
    const parsed = parse(name, bytes, rollbacks.get(rollbackName) ?? null);
    rollbacks.delete(rollbackName);
    if ("migration" in parsed) parsedFiles.push(parsed.migration);
    else problems.push(...parsed.problems);
  }
  for (const name of rollbacks.keys()) {
    const message = `there is no ${name.replace(/_rollback\.sql$/, ".sql")} that it would roll back.`;
    const hint = "correct the name: a rollback file is named after its migration.";
    problems.push({ code: "ORPHAN_ROLLBACK", file: name, line: null, message, hint });
  }
  const migrations = inOrder(parsedFiles);
  problems.push(...checkVersions(migrations));
  return { migrations, problems: sortProblems(problems) };
}
