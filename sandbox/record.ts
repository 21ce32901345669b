/**
 * What `.sandbox/` remembers between commands: where the server is, and the passwords that were generated.
 * Does NOT talk to a server.
 */
import { createHash, randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";

import { type Tier, tiers } from "../stack/tier";
import { serverAccount } from "./account";
import type { BinarySource } from "./binaryChoice";
import { freePort } from "./server";
import { ensureSharedFolder, SANDBOX_PREFIX } from "./sharedFolder";

/** The logins of each database; all but `admin` are made by the Pulumi program. */
export const LOGINS = ["admin", "migrator", "approver", "service"] as const;
export type Login = (typeof LOGINS)[number];

export interface SandboxRecord {
  readonly major: number;
  /** Where its programs are from; npm's, of a sandbox that was made before there were others. */
  readonly binaries?: BinarySource;
  readonly port: number;
  readonly superuserPassword: string;
  readonly passwords: Readonly<Record<Tier, Readonly<Record<Login, string>>>>;
}

export const databaseOf = (tier: Tier): string => `rmhgeoapi_${tier}`;
export const loginOf = (tier: Tier, login: Login): string => `rmhgeoapi_${tier}_${login}`;

/** `DDL_SANDBOX`, else `.sandbox/` of the project. */
export function sandboxFolder(): string {
  return resolve(process.env.DDL_SANDBOX ?? join(__dirname, "..", ".sandbox"));
}

const FILE = "sandbox.json";

/** The record of a sandbox, or `undefined` when there is none yet. */
export async function readRecord(folder: string): Promise<SandboxRecord | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, FILE), "utf8")) as SandboxRecord;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new Error(`${join(folder, FILE)} cannot be read. Hint: make clean starts anew.`, {
      cause: error,
    });
  }
}

/** Writes a private file whole or not at all. */
export async function writePrivate(path: string, content: string): Promise<void> {
  const fresh = `${path}.${process.pid}`;
  await writeFile(fresh, content, { mode: 0o600 });
  await rename(fresh, path);
}

export async function writeRecord(folder: string, record: SandboxRecord): Promise<void> {
  await writePrivate(join(folder, FILE), `${JSON.stringify(record, undefined, 2)}\n`);
}

/** Makes the private folder of a sandbox. */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
}

const secret = (): string => randomBytes(24).toString("base64url");

/** A password for each login. */
const newPasswords = (): Record<Login, string> => ({
  admin: secret(),
  migrator: secret(),
  approver: secret(),
  service: secret(),
});

/** The record with a password for every login; one that was made when there were fewer lacks some. */
export function completed(record: SandboxRecord): SandboxRecord {
  const entries = tiers.map((tier) => [tier, { ...newPasswords(), ...record.passwords[tier] }]);
  return { ...record, passwords: Object.fromEntries(entries) as SandboxRecord["passwords"] };
}

/** A new record: a free port and passwords that nobody has seen. */
export async function newRecord(major: number, binaries: BinarySource): Promise<SandboxRecord> {
  return {
    major,
    binaries,
    port: await freePort(),
    superuserPassword: secret(),
    passwords: {
      dev: newPasswords(),
      qa: newPasswords(),
      uat: newPasswords(),
      prod: newPasswords(),
    },
  };
}

/**
 * Where the server's data is. The account that root drops to can never enter a private folder of root's: then it is
 * outside. Never recorded: a copy of the whole project must not come upon the original's data.
 */
export async function placeOfData(folder: string): Promise<string> {
  if (serverAccount() === undefined) return join(folder, "postgresql");
  const digest = createHash("sha256").update(folder).digest("hex").slice(0, 12);
  const outside = join(await ensureSharedFolder(), `${SANDBOX_PREFIX}${digest}`);
  const made = await mkdir(outside, { recursive: true });
  if (made !== undefined) await chmod(outside, 0o755);
  return join(outside, "postgresql");
}
