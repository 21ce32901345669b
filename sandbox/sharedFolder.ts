/**
 * The folder outside all homes for what the server's account must reach and cannot below a private folder: copies of
 * the binaries, and the sandbox's data when root started it.
 * Does NOT hold anything else.
 */
import { chmod, lstat, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** Survives a restart of the machine and, unlike a home, is open to every account. */
const PARENT = "/var/tmp";

/** Of the folders with a sandbox's data in it; the rest is the sandbox's own. */
export const SANDBOX_PREFIX = "sandbox-";

/** One for each user of the machine. */
export const sharedFolder = (): string =>
  join(PARENT, `rmhgeoapi-database-${process.getuid?.() ?? "user"}`);

/**
 * Makes the folder.
 *
 * @throws {Error} somebody else could write in it: /var/tmp is open to all, so whoever made the folder first could
 *   have put programs of their own into it.
 */
export async function ensureSharedFolder(): Promise<string> {
  const folder = sharedFolder();
  // `mkdir` heeds the umask: chmod, by its maker only, does not.
  const made = await mkdir(folder, { recursive: true });
  if (made !== undefined) await chmod(folder, 0o755);
  const found = await lstat(folder);
  const isOurs =
    found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
  if (isOurs) return folder;
  throw new Error(
    `${folder} is not a folder that only this user can write, so programs in it are not trusted.\n` +
      "Hint: look at who made it, then remove it.",
  );
}

/** Removes the folder unless it holds the data of a sandbox: other clones of the project have theirs there too. */
export async function removeSharedFolder(): Promise<void> {
  const names = await readdir(sharedFolder()).catch((): string[] => []);
  if (names.some((name) => name.startsWith(SANDBOX_PREFIX))) return;
  await rm(sharedFolder(), { recursive: true, force: true });
}
