/**
 * Runs a program and gives back what it printed. Does NOT judge the exit status.
 */
import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

export interface Outcome {
  /** Exit status; `null` when it could not be started, was killed or ran out of time. */
  readonly status: number | null;
  readonly stdout: string;
  /** Ends with the reason when the program could not be started or ran out of time. */
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Killed after this; no limit by default. */
  readonly timeoutMs?: number;
  /** Ended when this is aborted. */
  readonly signal?: AbortSignal;
  /** Its standard input is a pipe that says nothing and ends when this process does; else there is none. */
  readonly tethered?: boolean;
  /** Called for each line on standard error, as it comes. */
  readonly onErrorLine?: (line: string) => void;
}

/** Never rejects: what went wrong is in the outcome. */
export function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> {
  return new Promise((done) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: [options.tethered === true ? "pipe" : "ignore", "pipe", "pipe"],
      ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    let stdout = "";
    let stderr = "";
    let rest = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) options.onErrorLine?.(line);
    });
    child.once("error", (error) => {
      done({ status: null, stdout, stderr: `${stderr}${error.message}` });
    });
    child.once("close", (status, signal) => {
      const ending = signal === null ? "" : `ended by ${signal}`;
      done({ status, stdout, stderr: `${stderr}${ending}` });
    });
  });
}

/** The folders of PATH, in order. */
export function searchPath(): readonly string[] {
  return (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
}

/** The first of the folders in which `program` is and may be run, or `undefined`. */
export function folderOf(program: string, folders: readonly string[]): string | undefined {
  return folders.find((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
