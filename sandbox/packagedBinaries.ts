/**
 * PostgreSQL with PostGIS from the packages of the machine's own distribution, unpacked into a cache: needs no root, and
 * installs nothing. Versions are those of the distribution's signed lists on the day they were fetched.
 * Does NOT start a server, and does not decide whether one is wanted (see binaryChoice.ts).
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { appendFile, copyFile, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { cacheFolder, installInto } from "../toolchain/cache";
import {
  openPackageSource,
  packagesAbsence,
  type UnpackedPackage,
} from "../toolchain/debianPackages";
import type { ProgressLog } from "../toolchain/log";
import { type Account, asAccount, isReachable } from "./account";
import type { ServerBinaries } from "./binaries";
import { ensureSharedFolder } from "./sharedFolder";

/** Changes when what is unpacked or done to it does. */
const RECIPE = 1;

/** The list of packages inside the unpacked folder, written last: a folder without it is not whole. */
const LIST = "packages.json";

/**
 * Packages that neither the server nor PostGIS needs to run, with all that only they need: scripts of Debian's own,
 * just-in-time compilation, raster files and three-dimensional solids. glibc is the system's in any case.
 */
const LEAVE =
  /^(libc6|libc-bin|locales|tzdata|ucf|adduser|dpkg|debconf.*|cdebconf|perl.*|postgresql-common.*|postgresql-client-common|ssl-cert|libllvm.*|libgdal.*|libsfcgal.*)$/;

/** Folders of a package that nothing reads here. */
const PRUNED = ["usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/lintian"];

const PACKAGE = /^postgresql-(\d+)-postgis-3$/;

interface Unpacked {
  readonly major: number;
  readonly packages: readonly UnpackedPackage[];
}

/**
 * The binaries, from the cache or fetched now.
 *
 * @throws {Error} this machine cannot have them; the message says why, in one line.
 */
export async function packagedBinaries(
  account: Account | undefined,
  log: ProgressLog,
): Promise<ServerBinaries> {
  const absence = packagesAbsence();
  if (absence !== null) throw new Error(absence);
  const cache = await placeOf(account);
  const name = `postgis-packages-${await releaseName()}-${process.arch}-${RECIPE}`;
  const known = await binariesIn(join(cache, name), account);
  if (known !== undefined) return known;
  // Fetched for another state of the machine: a library of the system that it relied on is gone.
  await rm(join(cache, name), { recursive: true, force: true });
  const folder = await installInto(cache, name, (target, scratch) => fill(target, scratch, log));
  const made = await binariesIn(folder, account);
  if (made === undefined) throw new Error(`what was unpacked into ${folder} does not run`);
  return made;
}

/** The account that root drops to can reach no private cache. */
async function placeOf(account: Account | undefined): Promise<string> {
  return account === undefined ? cacheFolder() : join(await ensureSharedFolder(), "programs");
}

/** `debian-12`, of /etc/os-release. */
async function releaseName(): Promise<string> {
  const text = await readFile("/etc/os-release", "utf8").catch(() => "");
  const valueOf = (key: string): string =>
    new RegExp(`^${key}="?([\\w.-]+)"?$`, "m").exec(text)?.[1] ?? "unknown";
  return `${valueOf("ID")}-${valueOf("VERSION_ID")}`;
}

async function fill(folder: string, scratch: string, log: ProgressLog): Promise<void> {
  const source = await openPackageSource(scratch);
  const majors = (await source.names("postgresql-"))
    .map((name) => Number(PACKAGE.exec(name)?.[1] ?? 0))
    .filter((major) => major >= OLDEST);
  if (majors.length === 0) throw new Error("the distribution's lists hold no PostGIS for it");
  const major = Math.max(...majors);
  const wanted = [`postgresql-${major}`, `postgresql-${major}-postgis-3`];
  const packages = await source.unpack(wanted, LEAVE, folder, log);
  for (const path of PRUNED) await rm(join(folder, path), { recursive: true, force: true });
  // The server would try to load it, and what it needs was left.
  const compiler = join(folder, "usr/lib/postgresql", String(major), "lib", "llvmjit.so");
  await rm(compiler, { force: true });
  await trustPostgis(join(folder, "usr/share/postgresql", String(major), "extension"));
  openToAll(folder);
  const unpacked: Unpacked = { major, packages };
  await writeFile(join(folder, LIST), `${JSON.stringify(unpacked, undefined, 2)}\n`);
}

/** The oldest PostgreSQL that this program is tested on. */
const OLDEST = 15;

/** As a managed server lets its admin make it, who is no superuser. Debian's own script would make the first link. */
async function trustPostgis(extensions: string): Promise<void> {
  const control = join(extensions, "postgis.control");
  if (!existsSync(control)) await copyFile(join(extensions, "postgis-3.control"), control);
  await appendFile(control, "\ntrusted = true\n");
}

/** A umask of 077 would leave files that the server's account cannot read. */
function openToAll(folder: string): void {
  spawnSync("chmod", ["-R", "a+rX,go-w", folder]);
}

/** What a folder of the cache holds; undefined when it is not there, not whole, or does not run. */
async function binariesIn(
  root: string,
  account: Account | undefined,
): Promise<ServerBinaries | undefined> {
  const text = await readFile(join(root, LIST), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const { major, packages } = JSON.parse(text) as Unpacked;
  const folder = join(root, "usr/lib/postgresql", String(major));
  if (!isReachable(folder, account)) return undefined;
  const environment = {
    LD_LIBRARY_PATH: (await libraryFolders(root)).join(":"),
    PROJ_DATA: join(root, "usr/share/proj"),
    PROJ_LIB: join(root, "usr/share/proj"),
  };
  const whole = ["bin/postgres", "lib/postgis-3.so"].every((file) =>
    findsItsLibraries(join(folder, file), environment, account),
  );
  if (!whole) return undefined;
  const versionOf = (name: string): string =>
    packages.find((one) => one.name === name)?.version ?? "unknown";
  const description = `PostgreSQL ${versionOf(`postgresql-${major}`)}, PostGIS ${versionOf(`postgresql-${major}-postgis-3`)}`;
  return { major, folder, environment, description };
}

/** `lib` and `usr/lib`, and those of the architecture in them. */
async function libraryFolders(root: string): Promise<readonly string[]> {
  const parents = ["lib", "usr/lib"].map((path) => join(root, path));
  const found: string[] = [];
  for (const parent of parents) {
    const names = await readdir(parent).catch((): string[] => []);
    found.push(parent, ...names.filter((n) => n.includes("-linux-")).map((n) => join(parent, n)));
  }
  return found.filter((folder) => existsSync(folder));
}

function findsItsLibraries(
  file: string,
  environment: Readonly<Record<string, string>>,
  account: Account | undefined,
): boolean {
  const listed = spawnSync("ldd", [file], {
    ...{ cwd: "/", encoding: "utf8", env: { PATH: process.env.PATH, ...environment } },
    ...asAccount(account),
  });
  return listed.status === 0 && !listed.stdout.includes("not found");
}
