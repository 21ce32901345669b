/**
 * Reads the folder of migrations. Effect: the file system.
 * Does NOT judge what it reads (see collection), and reads sub-folders not at all.
 */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";

import { type Collection, parseCollection } from "./collection";
import { FolderUnreadableError, type Problem, sortProblems } from "./errors";
import type { SourceFile } from "./file";
import { fileTooLarge, maxFileBytes } from "./sourceText";
import { loadParser } from "./statements";
import { asText, dig } from "./tree";

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

async function readOne(folder: string, name: string): Promise<SourceFile | Problem> {
  const path = join(folder, name);
  try {
    const { size } = await stat(path);
    // A file that would be refused anyway is not brought into memory.
    return size > maxFileBytes ? fileTooLarge(name, size) : { name, bytes: await readFile(path) };
  } catch (error) {
    return {
      code: "FILE_UNREADABLE",
      file: name,
      line: null,
      message: `the file cannot be read: ${reasonOf(error)}.`,
      hint: "check its permissions, or remove it from the folder.",
    };
  }
}

/**
 * Loads and parses all migrations of a folder.
 *
 * @param folder  Path; absolute or from the working directory.
 * @returns       Migrations and all problems; the caller refuses to go on when there are problems.
 * @throws {FolderUnreadableError} the folder itself cannot be listed.
 */
export async function loadMigrations(folder: string): Promise<Collection> {
  await loadParser();
  let names: readonly string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    throw new FolderUnreadableError(folder, reasonOf(error), error);
  }
  const sources: SourceFile[] = [];
  const unreadable: Problem[] = [];
  for (const name of names.filter((one) => one.toLowerCase().endsWith(".sql"))) {
    const read = await readOne(folder, name);
    if ("bytes" in read) sources.push(read);
    else unreadable.push(read);
  }
  const { migrations, problems } = parseCollection(sources);
  return { migrations, problems: sortProblems([...unreadable, ...problems]) };
}
