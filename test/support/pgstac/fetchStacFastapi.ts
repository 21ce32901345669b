/**
 * Gets stac-fastapi-pgstac onto this machine: from PyPI into a virtual environment in the cache, each file by its digest.
 * Run by itself it does so and prints the path of its Python. Does NOT start it.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";

import { cacheFolder, installInto } from "../../../toolchain/cache";
import { run } from "../../../toolchain/run";

const withinMs = 600_000;
const lock = join(__dirname, "stac-fastapi.txt");

/** @throws {Error} no Python here, or PyPI does not give what is pinned. */
export async function fetchStacFastapi(): Promise<string> {
  const name = `test-stac-fastapi-pgstac-7.2.0-${process.platform}-${process.arch}`;
  const pythonIn = (folder: string): string => join(folder, "bin", "python");
  const known = join(cacheFolder(), name);
  if (existsSync(pythonIn(known))) return pythonIn(known);
  const folder = await installInto(cacheFolder(), name, async (target) => {
    const install = ["-m", "pip", "install", "--require-hashes", "--no-deps", "--no-input", "-q"];
    for (const [program, args] of [
      ["python3", ["-m", "venv", target]],
      [pythonIn(target), [...install, "--only-binary", ":all:", "-r", lock]],
    ] as const) {
      const { status, stderr } = await run(program, args, { timeoutMs: withinMs });
      if (status !== 0) throw new Error(stderr.trim().split("\n").at(-1) ?? "it failed");
    }
  });
  return pythonIn(folder);
}

if (require.main === module) {
  fetchStacFastapi().then(
    (python) => process.stdout.write(`${python}\n`),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    },
  );
}
