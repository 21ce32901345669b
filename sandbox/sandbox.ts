/**
 * The sandbox: one local PostgreSQL server that outlives the command, with a database and an admin for each tier.
 * Does NOT make any other role, schema or privilege: that is the Pulumi program's work.
 */
import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";

import { escapeIdentifier, escapeLiteral } from "pg";

import { tiers } from "../stack/tier";
import type { ProgressLog } from "../toolchain/log";
import { commandLine, isRunning } from "../toolchain/processes";
import { serverAccount } from "./account";
import { binariesOf, chooseBinaries, wantedMajor, wantedSource } from "./binaryChoice";
import { exclusively } from "./exclusively";
import { dataDirState, postmasterPid } from "./launch";
import { lendPgstacRoles } from "./pgstacRoles";
import { type Address, connect, servedDataDir } from "./ready";
import {
  completed,
  databaseOf,
  loginOf,
  LOGINS,
  makeFolder,
  newRecord,
  placeOfData,
  readRecord,
  sandboxFolder,
  type SandboxRecord,
  writePrivate,
  writeRecord,
} from "./record";
import { freePort, startServer } from "./server";

export interface Sandbox {
  /** Absolute path of `.sandbox/`. */
  readonly folder: string;
  readonly host: "127.0.0.1";
  readonly port: number;
  readonly major: number;
  /** Whether the admin of each database may make the extension postgis in it. */
  readonly hasPostgis: boolean;
  readonly record: SandboxRecord;
}

const HOST = "127.0.0.1";
const STOPPED_WITHIN_MS = 60_000;

/**
 * Makes the sandbox, or starts it again, or finds it running. Safe when two commands do so at once.
 *
 * @throws {Error} another major is asked for than the sandbox has, or the server does not start.
 */
export async function ensureSandbox(log: ProgressLog, folder = sandboxFolder()): Promise<Sandbox> {
  await makeFolder(folder);
  return exclusively(join(folder, "starting"), async () => {
    const dataDir = await placeOfData(folder);
    const record = (await completeRecord(folder)) ?? (await makeRecord(folder, dataDir, log));
    refuseAnother(record);
    const isServing = await serves(record, dataDir);
    const running = isServing ? record : await start(folder, record, dataDir, log);
    const hasPostgis = await makeDatabases(running);
    await makeFolder(join(folder, "state"));
    await writePrivate(join(folder, "pgpass"), passwordFile(running));
    const { port, major } = running;
    return { folder, host: HOST, port, major, hasPostgis, record: running };
  });
}

/** A sandbox keeps the server that it was made with: data of one version is nothing to another. */
function refuseAnother({ major, binaries = "npm" }: SandboxRecord): void {
  const [wanted, source] = [wantedMajor(), wantedSource()];
  const another =
    wanted !== undefined && wanted !== major
      ? `PostgreSQL ${major}, but PG_MAJOR asks for ${wanted}`
      : source !== undefined && source !== binaries
        ? `PostgreSQL of ${binaries}, but ${process.env.PG_BINARIES ? "PG_BINARIES" : "PG_MAJOR"} asks for that of ${source}`
        : undefined;
  if (another === undefined) return;
  throw new Error(
    `The sandbox has ${another}.\n` +
      'Hint: "make clean" removes the sandbox and its data; the next command makes a new one.',
  );
}

/** Ends the sandbox's server; its data stays. `false` when none runs. */
export async function stopSandbox(folder = sandboxFolder()): Promise<boolean> {
  return stopServerOf(await placeOfData(folder));
}

/** Ends the server and removes everything that the sandbox holds, here and outside. */
export async function removeSandbox(folder = sandboxFolder()): Promise<void> {
  const dataDir = await placeOfData(folder);
  await stopServerOf(dataDir);
  // Either this is `folder` itself, or the folder outside that only this sandbox has.
  await rm(dirname(dataDir), { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
}

/** The record of the sandbox that is there, with all logins. */
async function completeRecord(folder: string): Promise<SandboxRecord | undefined> {
  const found = await readRecord(folder);
  if (found === undefined) return undefined;
  const record = completed(found);
  if (!isDeepStrictEqual(found, record)) await writeRecord(folder, record);
  return record;
}

async function makeRecord(
  folder: string,
  dataDir: string,
  log: ProgressLog,
): Promise<SandboxRecord> {
  // Without a record nobody knows the passwords of data that may still be there from an earlier sandbox.
  await stopServerOf(dataDir);
  await rm(dataDir, { recursive: true, force: true });
  // Nor can anybody read a state without its passphrase.
  for (const name of ["state", "stacks"]) {
    await rm(join(folder, name), { recursive: true, force: true });
  }
  const { source, binaries } = await chooseBinaries(serverAccount(), log);
  const record = await newRecord(binaries.major, source);
  await writePrivate(join(folder, "passphrase"), `${randomBytes(24).toString("base64url")}\n`);
  await writeRecord(folder, record);
  return record;
}

const addressOf = (record: SandboxRecord): Address => ({
  host: HOST,
  port: record.port,
  superuser: { name: "postgres", password: record.superuserPassword },
});

async function serves(record: SandboxRecord, dataDir: string): Promise<boolean> {
  return servedDataDir(addressOf(record)).then(
    (served) => served === dataDir,
    () => false,
  );
}

async function start(
  folder: string,
  record: SandboxRecord,
  dataDir: string,
  log: ProgressLog,
): Promise<SandboxRecord> {
  // A first start that was killed half-way left data that no server can use.
  if ((await dataDirState(dataDir)) === "unknown") {
    await stopServerOf(dataDir);
    await rm(dataDir, { recursive: true });
  }
  const port = (await freePort(record.port)) ?? (await freePort());
  const server = await startServer({
    binaries: await binariesOf(record.binaries ?? "npm", record.major, serverAccount(), log),
    dataDir,
    password: record.superuserPassword,
    port,
    lifetime: "detached",
    settings: { cluster_name: "rmhgeoapi-database-sandbox" },
  });
  if (port !== record.port) {
    log.say(`Port ${record.port} is taken by another program: the sandbox now has ${port}`);
  }
  log.say(`Sandbox: ${server.binaries.description} on ${HOST}:${port}`);
  const started = { ...record, port };
  await writeRecord(folder, started);
  return started;
}

/** Returns whether the admins may make postgis. */
async function makeDatabases(record: SandboxRecord): Promise<boolean> {
  const client = await connect(addressOf(record));
  try {
    const { rows } = await client.query<{ name: string }>(
      "SELECT rolname AS name FROM pg_roles UNION ALL SELECT datname FROM pg_database",
    );
    const present = new Set(rows.map((row) => row.name));
    for (const tier of tiers) {
      const [admin, database] = [loginOf(tier, "admin"), databaseOf(tier)];
      const password = escapeLiteral(record.passwords[tier].admin);
      if (!present.has(admin)) {
        await client.query(
          `CREATE ROLE ${escapeIdentifier(admin)} LOGIN CREATEROLE CREATEDB PASSWORD ${password}`,
        );
      }
      if (!present.has(database)) {
        const owner = escapeIdentifier(admin);
        await client.query(`CREATE DATABASE ${escapeIdentifier(database)} OWNER ${owner}`);
      }
    }
    const { rows: trusted } = await client.query<{ has: boolean }>(
      `SELECT COALESCE(bool_or(trusted), false) AS has FROM pg_available_extension_versions
        WHERE name = 'postgis'`,
    );
    const hasPostgis = trusted[0]?.has === true;
    const admins = tiers.map((tier) => loginOf(tier, "admin"));
    if (hasPostgis) await lendPgstacRoles(client, record.major, admins);
    return hasPostgis;
  } finally {
    await client.end();
  }
}

/** For `PGPASSFILE`: every login of every tier, and the superuser. Generated passwords need no escapes. */
function passwordFile(record: SandboxRecord): string {
  const line = (database: string, user: string, password: string): string =>
    [HOST, record.port, database, user, password].join(":");
  const lines = tiers.flatMap((tier) =>
    LOGINS.map((login) => line("*", loginOf(tier, login), record.passwords[tier][login])),
  );
  return `${[...lines, line("*", "postgres", record.superuserPassword)].join("\n")}\n`;
}

/** Ends the server that serves `dataDir`: the process it recorded, and only if that still is this server. */
async function stopServerOf(dataDir: string): Promise<boolean> {
  const pid = await postmasterPid(dataDir).catch(() => undefined);
  if (pid === undefined || !commandLine(pid).includes(dataDir)) return false;
  process.kill(pid, "SIGINT");
  const deadline = Date.now() + STOPPED_WITHIN_MS;
  while (isRunning(pid)) {
    if (Date.now() > deadline) throw new Error(`The server (process ${pid}) does not end.`);
    await new Promise((done) => setTimeout(done, 50));
  }
  return true;
}
