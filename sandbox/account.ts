/**
 * Finds the account a local PostgreSQL server runs under: this process's own, or, for root (PostgreSQL
 * refuses to run as root), an unprivileged one that the machine already has.
 * Does NOT create users or groups, and changes no file.
 */
import { spawnSync } from "node:child_process";

/** An account to drop to. `undefined` wherever it is optional means "the account of this process". */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** In order of preference. `nobody` is on every Unix; `postgres` shares its files with nothing else. */
const CANDIDATES = ["postgres", "nobody"] as const;

/**
 * The account to drop to, or `undefined` when this process is an ordinary user and needs none.
 *
 * @throws {Error} the process is root and the machine has neither candidate.
 */
export function serverAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of CANDIDATES) {
    const [uid, gid] = [numberFrom("-u", name), numberFrom("-g", name)];
    if (uid !== undefined && gid !== undefined && uid !== 0) return { name, uid, gid };
  }
  throw new Error(
    `PostgreSQL refuses to run as root, and this machine has no user ${CANDIDATES.join(" or ")} to run it as.\n` +
      "Hint: run the command as an ordinary user.",
  );
}

/** The spawn options that make a child run as `account`. */
export function asAccount(account: Account | undefined): { uid?: number; gid?: number } {
  return account === undefined ? {} : { uid: account.uid, gid: account.gid };
}

/**
 * Whether `account` may read and enter a folder (or read and run a file), every folder above included.
 * Asks the kernel by trying as that account, so that modes, access lists and mounts all count.
 */
export function isReachable(path: string, account: Account | undefined): boolean {
  const probe = spawnSync("/bin/sh", ["-c", 'test -r "$1" && test -x "$1"', "sh", path], {
    cwd: "/",
    stdio: "ignore",
    ...asAccount(account),
  });
  return probe.status === 0;
}

function numberFrom(flag: "-u" | "-g", name: string): number | undefined {
  const answer = spawnSync("id", [flag, name], { encoding: "utf8" });
  return answer.status === 0 ? Number.parseInt(answer.stdout, 10) : undefined;
}
