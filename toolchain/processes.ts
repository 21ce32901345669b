/**
 * What the machine says of a process id: whether it runs, what it is, since when.
 * Does NOT signal anything.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Whether a process with this id runs, whoever owns it. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Its command line, words parted by spaces; empty when it does not run or cannot be seen. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
  } catch {
    return askPs("command=", pid); // macOS has no /proc
  }
}

/** When it was started, to the second; `undefined` when it does not run or cannot be seen. */
export function startedAt(pid: number): Date | undefined {
  try {
    return linuxStart(pid);
  } catch {
    const started = new Date(askPs("lstart=", pid));
    return Number.isNaN(started.getTime()) ? undefined : started;
  }
}

/** Linux counts clock ticks since boot; their rate has been 100 a second for user space on every platform. */
const TICKS_PER_SECOND = 100;
/** Place of `starttime` among the fields behind the name in /proc/<pid>/stat. Source: proc_pid_stat(5), field 22. */
const START_TIME_FIELD = 19;

function linuxStart(pid: number): Date | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name stands in parentheses and may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const boot = /^btime (\d+)$/m.exec(readFileSync("/proc/stat", "utf8"))?.[1];
  const seconds = Number(boot) + Number(fields[START_TIME_FIELD]) / TICKS_PER_SECOND;
  return Number.isNaN(seconds) ? undefined : new Date(seconds * 1000);
}

function askPs(what: string, pid: number): string {
  const env = { ...process.env, LC_ALL: "C" };
  return spawnSync("ps", ["-o", what, "-p", String(pid)], { encoding: "utf8", env }).stdout.trim();
}
