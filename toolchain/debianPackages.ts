/**
 * Fetches packages of the machine's own Debian (or Ubuntu) and unpacks them into a folder, without root: apt with lists
 * and a cache of its own checks the signed lists and every package by them.
 * Does NOT install: no script of a package is run, and nothing outside of the folder is written.
 */
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { ProgressLog } from "./log";
import { closureOf, dependenciesIn, installedIn, missingOf } from "./packageClosure";
import { folderOf, type Outcome, run, searchPath } from "./run";

/** The lists are small; a registry that cannot be reached is said so soon. */
const LISTS_WITHIN_MS = 120_000;
const PACKAGES_WITHIN_MS = 600_000;

/** What these need of the machine; all of them are on every Debian. */
const PROGRAMS = ["apt-get", "apt-cache", "dpkg", "dpkg-query"] as const;

/** A package that was unpacked. */
export interface UnpackedPackage {
  readonly name: string;
  readonly version: string;
}

/** Packages of this machine's distribution, as its signed lists name them today. */
export interface PackageSource {
  /** Names of all packages that begin with a prefix. */
  names(prefix: string): Promise<readonly string[]>;
  /**
   * Fetches packages with what they depend on and this machine lacks, and unpacks all into `folder`.
   *
   * @param wanted  Unpacked in any case, whether or not the machine has them installed.
   * @param leave   What is not fetched, nor followed: what nothing that is used here needs.
   */
  unpack(
    wanted: readonly string[],
    leave: RegExp,
    folder: string,
    log: ProgressLog,
  ): Promise<readonly UnpackedPackage[]>;
}

/** Why this machine has no packages to offer; null when it may have. Looks at no network. */
export function packagesAbsence(): string | null {
  const folders = searchPath();
  const lacking = PROGRAMS.filter((program) => folderOf(program, folders) === undefined);
  return lacking.length === 0 ? null : `this is no Debian or Ubuntu (no ${lacking.join(", ")})`;
}

/**
 * Reads the distribution's lists anew.
 *
 * @param scratch  Folder for lists and archives, which is thrown away.
 * @throws {Error} the registry cannot be reached, or what it says is not signed by the distribution.
 */
export async function openPackageSource(scratch: string): Promise<PackageSource> {
  const config = await writeConfig(scratch);
  const apt = (program: string, args: readonly string[], timeoutMs: number, cwd = scratch) =>
    run(program, ["-c", config, "-q", ...args], {
      ...{ cwd, timeoutMs },
      env: { ...process.env, LC_ALL: "C" },
    });
  const updated = await apt("apt-get", ["update"], LISTS_WITHIN_MS);
  refuse("apt-get update", updated);
  return {
    names: async (prefix) => {
      const found = await apt("apt-cache", ["pkgnames", prefix], LISTS_WITHIN_MS);
      refuse("apt-cache pkgnames", found);
      return found.stdout.split("\n");
    },
    unpack: async (wanted, leave, folder, log) => {
      const quiet = ["recommends", "suggests", "conflicts", "breaks", "replaces", "enhances"];
      const flags = ["--recurse", "-i", ...quiet.map((kind) => `--no-${kind}`)];
      const graph = await apt("apt-cache", ["depends", ...flags, ...wanted], LISTS_WITHIN_MS);
      refuse("apt-cache depends", graph);
      const known = await run("dpkg-query", ["-W", "-f", "${Package}\t${db:Status-Status}\n"]);
      refuse("dpkg-query", known);
      const needed = closureOf(dependenciesIn(graph.stdout), wanted, leave);
      const names = missingOf(needed, installedIn(known.stdout), wanted);
      log.say(`Fetching ${names.length} packages of the distribution, by its signed lists`);
      const archives = join(scratch, "debs");
      await mkdir(archives);
      const fetched = await apt("apt-get", ["download", ...names], PACKAGES_WITHIN_MS, archives);
      refuse("apt-get download", fetched);
      return unpackAll(archives, folder);
    },
  };
}

/** apt's configuration: nothing of the machine's state but its sources and keys; no hook of somebody else's is run. */
async function writeConfig(scratch: string): Promise<string> {
  for (const name of ["lists/partial", "cache/archives/partial"]) {
    await mkdir(join(scratch, name), { recursive: true });
  }
  const status = join(scratch, "status");
  await writeFile(status, "");
  const hooks = ["Pre-Invoke", "Post-Invoke", "Post-Invoke-Success"];
  const settings = {
    "Dir::State::lists": join(scratch, "lists"),
    "Dir::State::status": status,
    "Dir::State::extended_states": join(scratch, "extended_states"),
    "Dir::Cache": join(scratch, "cache"),
    "Acquire::Languages": "none",
    "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
    "Acquire::http::Timeout": "10",
    "Acquire::https::Timeout": "10",
    "Acquire::Retries": "1",
    "Acquire::AllowInsecureRepositories": "false",
    "APT::Get::AllowUnauthenticated": "false",
    // The account apt drops to may not reach the scratch folder; hashes are checked all the same.
    "APT::Sandbox::User": "root",
    "Debug::NoLocking": "true",
  };
  const lines = [
    ...hooks.map((hook) => `#clear APT::Update::${hook};`),
    ...Object.entries(settings).map(([key, value]) => `${key} "${value}";`),
  ];
  const file = join(scratch, "apt.conf");
  await writeFile(file, `${lines.join("\n")}\n`);
  return file;
}

async function unpackAll(archives: string, folder: string): Promise<readonly UnpackedPackage[]> {
  const unpacked: UnpackedPackage[] = [];
  for (const file of (await readdir(archives)).filter((name) => name.endsWith(".deb")).sort()) {
    const path = join(archives, file);
    refuse(`dpkg -x ${file}`, await run("dpkg", ["-x", path, folder]));
    const [name = file, version = ""] = file.split("_");
    unpacked.push({ name, version: decodeURIComponent(version) });
  }
  return unpacked;
}

/** The last line of what a program said is its reason. */
function refuse(what: string, { status, stderr }: Outcome): void {
  if (status === 0) return;
  const reason = stderr.trim().split("\n").at(-1) ?? "";
  throw new Error(`${what} failed: ${reason === "" ? `status ${String(status)}` : reason}`);
}
