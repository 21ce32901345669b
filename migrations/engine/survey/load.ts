/**
 * Reads the folder of migrations. Effect: the file system.
 * Does NOT judge what it reads (see collection), and reads sub-folders not at all.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";

import { FolderUnreadableError, type Problem, sortProblems } from "../../../stack/errors";
import { type Collection, isSqlFile, parseCollection, type ParsePair } from "../files/collection";
import { type ParsedMigration, parseMigration, type SourceFile } from "../files/file";
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
  let all: readonly string[];
  try {
    all = await readdir(folder);
  } catch (error) {
    throw new FolderUnreadableError(folder, reasonOf(error), error);
  }
  const names = all.filter(isSqlFile);
  const files: SourceFile[] = [];
  const unreadable: Problem[] = [];
  for (const name of names) {
    const read = readOne(folder, name);
    if ("bytes" in read) files.push(read);
    else unreadable.push(read);
  }
  return { files, unreadable };
}

/** Migrations and all problems of files that were read; the caller refuses to go on when there are problems. */
export function collect({ files, unreadable }: Sources, parse: ParsePair = parseOnce): Collection {
  const { migrations, problems } = parseCollection(files, parse);
  return { migrations, problems: sortProblems([...unreadable, ...problems]) };
}

/**
 * Loads and parses all migrations of a folder.
 *
 * @param folder  Path; absolute or from the working directory.
 * @returns       Migrations and all problems; the caller refuses to go on when there are problems.
 * @throws {FolderUnreadableError} the folder itself cannot be listed.
 */
export async function loadMigrations(folder: string): Promise<Collection> {
  const sources = await readSources(folder);
  if (lastLoad !== null && areSame(lastLoad.sources, sources)) return lastLoad.collection;
  const collection = collect(sources);
  lastLoad = { sources, collection };
  return collection;
}

/** Of the very same files it is the very same list, for which much is worked out once (see replayModels). */
let lastLoad: { readonly sources: Sources; readonly collection: Collection } | null = null;

const areSame = (one: Sources, other: Sources): boolean =>
  one.unreadable.length + other.unreadable.length === 0 &&
  one.files.length === other.files.length &&
  one.files.every((file, index) => isSame(file, other.files[index] ?? null));

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
