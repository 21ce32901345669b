/**
 * Runs the process of one PostgreSQL server: from initdb to its end.
 * Does NOT choose folders, ports or passwords, and does not wait for connections (see server.ts).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { constants, open, readdir, readFile, rm } from "node:fs/promises";
import type { Socket } from "node:net";
import { join } from "node:path";

import { type Account, asAccount } from "./account";
import type { ServerBinaries } from "./binaries";

export type StopMode = "fast" | "immediate";

const SIGNAL_OF: Readonly<Record<StopMode, string>> = { fast: "INT", immediate: "QUIT" };
const STOPPED_WITHIN_MS = 60_000;

/** Made inside the data by supervise.sh once initdb is through. */
const INITIALISED = "initialised-by-rmhgeoapi";

/**
 * What a folder of data holds: `empty`, `ready` (made by startServer) or `unknown` (an initdb that was killed, or
 * a database made by something else), which startServer refuses to touch.
 */
export async function dataDirState(dataDir: string): Promise<"empty" | "ready" | "unknown"> {
  const names = await readdir(dataDir).catch((): string[] => []);
  if (names.length === 0) return "empty";
  return names.includes(INITIALISED) ? "ready" : "unknown";
}

export interface Launch {
  readonly binaries: ServerBinaries;
  readonly account: Account | undefined;
  readonly dataDir: string;
  readonly logFile: string;
  /** Where the superuser's password lies while initdb runs. */
  readonly passwordFile: string;
  readonly password: string;
  readonly port: number;
  /** Whether initdb has to make the data first. */
  readonly isNew: boolean;
  readonly lifetime: "process" | "detached";
  readonly durable: boolean;
  /** Folder to remove when the server has ended. */
  readonly remove: string | undefined;
  readonly settings: Readonly<Record<string, string>>;
}

/** Starts the server's process and returns at once. Ends with this process unless it is detached. */
export async function launch(plan: Launch): Promise<ChildProcess> {
  const script = await readFile(join(__dirname, "supervise.sh"), "utf8");
  if (plan.isNew) await writePassword(plan);
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants;
  const log = await open(plan.logFile, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
  // The script goes as text: the server's account may be unable to read this folder.
  const child = spawn("/bin/sh", ["-c", script, "sh", ...serverArguments(plan)], {
    cwd: "/",
    detached: true, // a session of its own: Ctrl-C in the terminal is not for the server
    stdio: [plan.lifetime === "process" ? "pipe" : "ignore", log.fd, log.fd, "pipe"],
    env: {
      PATH: process.env.PATH,
      LC_ALL: "C",
      ...plan.binaries.environment,
      BIN: join(plan.binaries.folder, "bin"),
      DATA: plan.dataDir,
      PASSWORD_FILE: plan.isNew ? plan.passwordFile : "",
      SYNC: plan.durable ? "" : "--no-sync",
      INITIALISED: join(plan.dataDir, INITIALISED),
      LIFETIME: plan.lifetime,
      LAST_SIGNAL: plan.remove === undefined ? SIGNAL_OF.fast : SIGNAL_OF.immediate,
      REMOVE: plan.remove ?? "",
    },
    ...asAccount(plan.account),
  });
  await log.close();
  // Nothing of the server keeps this process alive; when it ends, the pipe ends too.
  child.unref();
  for (const stream of child.stdio) (stream as Socket | null)?.unref();
  return child;
}

/** Root must not be led astray by a link that the server's account made: the file is new, or it is an error. */
async function writePassword(plan: Launch): Promise<void> {
  await rm(plan.passwordFile, { force: true });
  const file = await open(plan.passwordFile, "wx", 0o600);
  await file.writeFile(plan.password);
  if (plan.account !== undefined) await file.chown(plan.account.uid, plan.account.gid);
  await file.close();
}

function serverArguments(plan: Launch): readonly string[] {
  const settings: Record<string, string> = {
    listen_addresses: "127.0.0.1",
    port: String(plan.port),
    unix_socket_directories: "",
    password_encryption: "scram-sha-256",
    ...(plan.durable ? {} : { fsync: "off", synchronous_commit: "off", full_page_writes: "off" }),
    ...plan.settings,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  return ["-D", plan.dataDir, ...flags];
}

/** Resolves when the server and every backend has ended: all of them hold file descriptor 3 open. */
export function whenGone(child: ChildProcess): Promise<void> {
  const ended = child.stdio[3] as Socket;
  return new Promise((done) => {
    ended.once("close", () => {
      done();
    });
    ended.on("error", () => undefined);
    ended.resume();
    child.once("error", () => {
      ended.destroy(); // it could not even be spawned
    });
  });
}

/**
 * Stops the server and resolves when it is gone.
 *
 * @param gone  What whenGone gave for this child.
 * @throws {Error} it did not end in time.
 */
export async function endChild(
  child: ChildProcess,
  mode: StopMode,
  gone: Promise<void>,
): Promise<void> {
  const exited = new Promise<void>((done) => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) done();
    child.once("exit", () => {
      done();
    });
  });
  if (child.stdin === null) child.kill(`SIG${SIGNAL_OF[mode]}` as NodeJS.Signals);
  else if (child.stdin.writable) child.stdin.end(`${SIGNAL_OF[mode]}\n`);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => {
      const problem = `PostgreSQL (process ${child.pid ?? "unknown"}) did not end within`;
      fail(new Error(`${problem} ${STOPPED_WITHIN_MS / 1000} s.`));
    }, STOPPED_WITHIN_MS);
  });
  await Promise.race([Promise.all([exited, gone]), late]).finally(() => {
    clearTimeout(timer);
  });
}

/** The process id that a server wrote into its data. */
export async function postmasterPid(dataDir: string): Promise<number> {
  const lines = await readFile(join(dataDir, "postmaster.pid"), "utf8");
  return Number.parseInt(lines, 10);
}
