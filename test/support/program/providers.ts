/**
 * Finds the dynamic provider's processes of an engine that a test is about to kill. Does NOT end any.
 */
import { readdir, readFile } from "node:fs/promises";

import { commandLine, isRunning } from "../../../toolchain/processes";
import { run } from "../../../toolchain/run";

/** A provider, and what it runs: a process number may be given anew. */
export interface Provider {
  readonly pid: number;
  readonly command: string;
}

export const isStillThere = ({ pid, command }: Provider): boolean =>
  isRunning(pid) && commandLine(pid) === command;

/** Process ids with their parents'. Small machines have no ps, and macOS has no /proc. */
async function parentOfEach(): Promise<readonly (readonly number[])[]> {
  const ids = (await readdir("/proc").catch((): string[] => [])).filter((name) =>
    /^\d+$/.test(name),
  );
  if (ids.length === 0) {
    const { stdout } = await run("ps", ["-A", "-o", "pid=,ppid="]);
    return stdout
      .trim()
      .split("\n")
      .map((line) => line.trim().split(/\s+/).map(Number));
  }
  const stats = ids.map((id) => readFile(`/proc/${id}/stat`, "utf8").catch(() => ""));
  // "<pid> (<name>) <state> <ppid> …"; the name may hold anything.
  return (await Promise.all(stats)).map((stat, index) => [
    Number(ids[index]),
    Number(/.*\) \S+ (\d+)/s.exec(stat)?.[1] ?? 0),
  ]);
}

/** The dynamic provider's processes below this one. */
export async function providersBelow(pid: number): Promise<readonly Provider[]> {
  const parents = await parentOfEach();
  const below = (parent: number): readonly number[] =>
    parents.flatMap(([id = 0, of]) => (of === parent ? [id, ...below(id)] : []));
  return below(pid)
    .map((id) => ({ pid: id, command: commandLine(id) }))
    .filter(({ command }) => command.includes("dynamic-provider"));
}
