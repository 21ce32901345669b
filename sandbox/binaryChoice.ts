/**
 * Which PostgreSQL a sandbox has: that of the distribution's packages, which has PostGIS, where this machine can have it;
 * else that of npm, which has none; or a server that is installed, where PG_BINARIES names its folder.
 * Does NOT fetch anything itself, and does not start a server.
 */
import { spawnSync } from "node:child_process";
import { isAbsolute, join } from "node:path";

import type { ProgressLog } from "../toolchain/log";
import { type Account, asAccount } from "./account";
import { findBinaries, type Major, MAJORS, type ServerBinaries } from "./binaries";
import { packagedBinaries } from "./packagedBinaries";

/** `npm`, `packages`, or the folder of an installed server, above its `bin`. */
export type BinarySource = string;

/**
 * The source that the environment asks for; of a version by its number, npm's.
 *
 * @throws {Error} it is none.
 */
export function wantedSource(env: NodeJS.ProcessEnv = process.env): BinarySource | undefined {
  const wanted = env.PG_BINARIES;
  if (wanted === undefined || wanted === "") return env.PG_MAJOR ? "npm" : undefined;
  if (wanted === "npm" || wanted === "packages" || isAbsolute(wanted)) return wanted;
  throw new Error(
    `PG_BINARIES=${wanted} is not npm, packages or the folder of an installed server (/usr/lib/postgresql/15).`,
  );
}

/**
 * The major that the environment asks for.
 *
 * @throws {Error} one that is not installed.
 */
export function wantedMajor(env: NodeJS.ProcessEnv = process.env): Major | undefined {
  if (!env.PG_MAJOR) return undefined;
  const wanted = MAJORS.find((major) => String(major) === env.PG_MAJOR);
  if (wanted !== undefined) return wanted;
  throw new Error(`PG_MAJOR=${env.PG_MAJOR} is not one of ${MAJORS.join(", ")}.`);
}

/** The binaries of a source; of npm's those of `major`. */
export async function binariesOf(
  source: BinarySource,
  major: number,
  account: Account | undefined,
  log: ProgressLog,
): Promise<ServerBinaries> {
  if (source === "packages") return packagedBinaries(account, log);
  if (source !== "npm") return installedBinaries(source, account);
  return findBinaries(MAJORS.find((one) => one === major) ?? MAJORS[0], account);
}

/** What a new sandbox gets, and where it is from. Says in one line why it is without PostGIS, where it is. */
export async function chooseBinaries(
  account: Account | undefined,
  log: ProgressLog,
): Promise<{ readonly source: BinarySource; readonly binaries: ServerBinaries }> {
  const major = wantedMajor() ?? MAJORS[0];
  const source = wantedSource();
  if (source !== undefined) {
    return { source, binaries: await binariesOf(source, major, account, log) };
  }
  try {
    return { source: "packages", binaries: await packagedBinaries(account, log) };
  } catch (error) {
    log.say(`No PostGIS, so pgstac stays an empty schema: ${reasonOf(error)}. ${REMEDY}`);
    return { source: "npm", binaries: await findBinaries(major, account) };
  }
}

const REMEDY = "Debian's or Ubuntu's registry brings it, or PG_BINARIES with an installed one.";

const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message.replace(/\.?\s*$/, "") : String(error);

function installedBinaries(folder: string, account: Account | undefined): ServerBinaries {
  const program = join(folder, "bin", "postgres");
  const told = spawnSync(program, ["--version"], {
    ...{ cwd: "/", encoding: "utf8" },
    ...asAccount(account),
  });
  // Of one that could not be started there is an error and no output.
  const reason = told.error?.message ?? told.stderr.trim();
  const version = told.error === undefined ? /(\d+)\.\d+/.exec(told.stdout) : null;
  if (told.status === 0 && version !== null) {
    const description = `PostgreSQL ${version[0]} of ${folder}`;
    return { major: Number(version[1]), folder, environment: {}, description };
  }
  throw new Error(
    `PG_BINARIES=${folder}: ${program} does not run: ${reason}.\n` +
      "Hint: name the folder above bin, such as /usr/lib/postgresql/15.",
  );
}
