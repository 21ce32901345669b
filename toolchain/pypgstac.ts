/**
 * Gets pypgstac onto this machine: from PyPI into a virtual environment in the cache, each file by its digest.
 * Does NOT know which versions there are (pgstac/hardening/versions.ts), or run it on a database.
 */
import { existsSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { cacheFolder, installInto } from "./cache";
import type { ProgressLog } from "./log";
import { folderOf, type Outcome, run, searchPath } from "./run";

/** A package by its version, and the SHA-256 sum of the one file that is taken of it. */
export interface PinnedPackage {
  readonly version: string;
  readonly digest: string;
}

/** Where an installed pypgstac is. */
export interface Pypgstac {
  /** Its Python, which runs `-m pypgstac.pypgstac`: a virtual environment may be moved, its scripts may not. */
  readonly python: string;
  /** Folder of its migrations. */
  readonly migrations: string;
}

const INSTALLED_WITHIN_MS = 600_000;

/** PyPI has no wheel of it. It is built by what is pinned, and not by whatever is newest. */
const ONLY_AS_SOURCE = "version-parser";

/** In the order in which they are tried. */
const PYTHONS = ["python3", "python"] as const;

/** What stands on the last line that a program said. */
const lastLine = ({ stderr, stdout }: Outcome): string =>
  (stderr.trim() === "" ? stdout : stderr).trim().split("\n").at(-1) ?? "";

/**
 * The installed package, from the cache or fetched now.
 *
 * @throws {Error} no Python here, or PyPI does not give what is pinned.
 */
export async function ensurePypgstac(
  { version, digest }: PinnedPackage,
  log: ProgressLog,
): Promise<Pypgstac> {
  const name = `pypgstac-${version}-${process.platform}-${process.arch}`;
  const known = await installedIn(join(cacheFolder(), name));
  if (known !== undefined) return known;
  const python = findPython();
  log.say(`Installing pypgstac ${version} from PyPI into the cache`);
  // One that is there and not whole: its Python is gone, or the file system took part of it.
  await rm(join(cacheFolder(), name), { recursive: true, force: true });
  const folder = await installInto(cacheFolder(), name, async (target, scratch) => {
    const made = await run(python, ["-m", "venv", target], { timeoutMs: INSTALLED_WITHIN_MS });
    if (made.status !== 0) {
      throw new Error(
        `pypgstac ${version} needs a Python that can make virtual environments: ${lastLine(made)}\n` +
          "Hint: on Debian and Ubuntu, install python3-venv.",
      );
    }
    const requirements = join(scratch, "requirements.txt");
    const install = async (text: string, ...more: readonly string[]): Promise<void> => {
      await writeFile(requirements, text);
      const flags = ["--require-hashes", "--no-deps", "--no-input", "-q", ...more];
      const fetched = await run(
        join(target, "bin", "python"),
        ["-m", "pip", "install", ...flags, "--disable-pip-version-check", "-r", requirements],
        { timeoutMs: INSTALLED_WITHIN_MS },
      );
      if (fetched.status === 0) return;
      throw new Error(
        `pypgstac ${version} cannot be had from PyPI: ${lastLine(fetched)}\n` +
          "Hint: Python 3.11 or newer is needed, and PyPI or a mirror of it (PIP_INDEX_URL).",
      );
    };
    const [build, pinned] = await Promise.all(
      ["pypgstac-build.txt", "pypgstac.txt"].map((file) => readFile(join(__dirname, file), "utf8")),
    );
    const binary = ["--only-binary", ":all:"];
    await install(build ?? "", ...binary);
    await install(
      `pypgstac==${version} --hash=sha256:${digest}\n${pinned ?? ""}`,
      ...[...binary, "--no-binary", ONLY_AS_SOURCE, "--no-build-isolation"],
    );
  });
  const installed = await installedIn(folder);
  if (installed === undefined) throw new Error(`What was installed in ${folder} is not whole.`);
  return installed;
}

function findPython(): string {
  const found = PYTHONS.find((name) => folderOf(name, searchPath()) !== undefined);
  if (found !== undefined) return found;
  throw new Error(
    "PgSTAC is installed by pypgstac, and there is no Python on this machine.\n" +
      "Hint: install Python 3.11 or newer with its venv module, or set pgstac to none.",
  );
}

async function installedIn(folder: string): Promise<Pypgstac | undefined> {
  const library = join(folder, "lib");
  const [version] = (await readdir(library).catch((): string[] => [])).filter((name) =>
    name.startsWith("python3"),
  );
  if (version === undefined) return undefined;
  const migrations = join(library, version, "site-packages", "pypgstac", "migrations");
  const python = join(folder, "bin", "python");
  return existsSync(migrations) && existsSync(python) ? { python, migrations } : undefined;
}
