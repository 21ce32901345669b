/**
 * Reads the folder of migrations. Effect: the file system.
 * Does NOT judge what it reads (see collection), and of sub-folders reads that of repeatable files alone.
 */
import { closeSync, constants, existsSync, fstatSync, openSync, readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";

import { FolderUnreadableError, type Problem, sortProblems } from "../../../stack/errors";
import { type Collection, isSqlFile, parseCollection, type ParsePair } from "../files/collection";
import { type ParsedMigration, parseMigration, type SourceFile } from "../files/file";
import { parseRepeatables, type RepeatableFile, repeatableFolder } from "../files/repeatable";
import { fileTooLarge, maxFileBytes } from "../files/sourceText";
import { asText, dig } from "../sql/tree";
import { loadParser } from "../statements/statements";

/** Folder of the migration files, relative to the program. */
export const migrationsFolder = "migrations";

const reasonOf = (error: unknown): string => {
  const code = asText(dig(error, "code"));
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: "it does not exist",
    EACCES: "permission denied",
    EISDIR: "it is a folder",
    ENOTDIR: "it is not a folder",
  };
  return (code === null ? undefined : reasons[code]) ?? code ?? String(error);
};

/**
 * Reads a file at once: of thousands of small ones most of the time would go into taking turns. Nothing is waited for
 * where the name is a pipe's.
 */
function readOne(folder: string, name: string): SourceFile | Problem {
  let handle: number | null = null;
  try {
    handle = openSync(join(folder, name), constants.O_RDONLY | constants.O_NONBLOCK);
    const { size } = fstatSync(handle);
    // A file that would be refused anyway is not brought into memory.
    return size > maxFileBytes ? fileTooLarge(name, size) : { name, bytes: readFileSync(handle) };
  } catch (error) {
    return {
      code: "FILE_UNREADABLE",
      file: name,
      line: null,
      message: `the file cannot be read: ${reasonOf(error)}.`,
      hint: "check its permissions, or remove it from the folder.",
    };
  } finally {
    if (handle !== null) closeSync(handle);
  }
}

/** The files of a folder as they are on disk. */
export interface Sources {
  readonly files: readonly SourceFile[];
  /** Those of the folder within it. */
  readonly repeatables: readonly SourceFile[];
  readonly unreadable: readonly Problem[];
}

/**
 * Reads all SQL files of a folder, and loads the parser for whoever goes on.
 *
 * @param folder  Path; absolute or from the working directory.
 * @throws {FolderUnreadableError} the folder itself cannot be listed.
 */
export async function readSources(folder: string): Promise<Sources> {
  await loadParser();
  const { read: files, unreadable } = readAll(folder, await namesIn(folder));
  const within = join(folder, repeatableFolder);
  const known = existsSync(within) ? await namesIn(within) : [];
  const repeatables = readAll(within, known);
  const wrong = repeatables.unreadable.map((one) => ({
    ...one,
    file: `${repeatableFolder}/${one.file}`,
  }));
  return { files, repeatables: repeatables.read, unreadable: [...unreadable, ...wrong] };
}

/** SQL files of a folder. */
async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter(isSqlFile);
  } catch (error) {
    throw new FolderUnreadableError(folder, reasonOf(error), error);
  }
}

function readAll(folder: string, names: readonly string[]) {
  const read: SourceFile[] = [];
  const unreadable: Problem[] = [];
  for (const name of names) {
    const one = readOne(folder, name);
    if ("bytes" in one) read.push(one);
    else unreadable.push(one);
  }
  return { read, unreadable };
}

/** All that a folder holds. */
export interface Loaded extends Collection {
  readonly repeatables: readonly RepeatableFile[];
}

/** Migrations and all problems of files that were read; the caller refuses to go on when there are problems. */
export function collect(sources: Sources, parse: ParsePair = parseOnce): Loaded {
  const { migrations, problems } = parseCollection(sources.files, parse);
  const repeatable = parseRepeatables(sources.repeatables);
  const all = [...sources.unreadable, ...problems, ...repeatable.problems];
  return { migrations, repeatables: repeatable.repeatables, problems: sortProblems(all) };
}

/**
 * Loads and parses all migrations of a folder.
 *
 * @param folder  Path; absolute or from the working directory.
 * @returns       Migrations and all problems; the caller refuses to go on when there are problems.
 * @throws {FolderUnreadableError} the folder itself cannot be listed.
 */
export async function loadMigrations(folder: string): Promise<Loaded> {
  const sources = await readSources(folder);
  if (lastLoad !== null && areSame(lastLoad.sources, sources)) return lastLoad.collection;
  const collection = collect(sources);
  lastLoad = { sources, collection };
  return collection;
}

/** Of the very same files it is the very same list, for which much is worked out once (see replayModels). */
let lastLoad: { readonly sources: Sources; readonly collection: Loaded } | null = null;

const areSame = (one: Sources, other: Sources): boolean =>
  one.unreadable.length + other.unreadable.length === 0 &&
  areAllSame(one.files, other.files) &&
  areAllSame(one.repeatables, other.repeatables);

const areAllSame = (one: readonly SourceFile[], other: readonly SourceFile[]): boolean =>
  one.length === other.length && one.every((file, index) => isSame(file, other[index] ?? null));

interface Parsed {
  readonly bytes: Buffer;
  readonly rollback: SourceFile | null;
  readonly result: ParsedMigration;
}

/** By the forward file's name. A process that runs two hundred migrations loads the folder as often. */
const parsedBefore = new Map<string, Parsed>();

const isSame = (a: SourceFile | null, b: SourceFile | null): boolean =>
  a === null || b === null ? a === b : a.name === b.name && a.bytes.equals(b.bytes);

/** parseMigration, which is not asked again about the very same bytes. */
function parseOnce(name: string, bytes: Buffer, rollback: SourceFile | null): ParsedMigration {
  const before = parsedBefore.get(name);
  if (before?.bytes.equals(bytes) === true && isSame(before.rollback, rollback)) {
    return before.result;
  }
  const result = parseMigration(name, bytes, rollback);
  parsedBefore.set(name, { bytes, rollback, result });
  return result;
}
