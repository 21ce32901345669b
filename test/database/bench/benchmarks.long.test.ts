// A benchmark is no test; that it still runs is.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const root = join(__dirname, "..", "..", "..");

it("measures readers and writers of a busy table while a migration waits", async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--import", "tsx", "bench/latency.ts", "quick"],
    { cwd: root },
  );
  expect(stdout).toContain("| no migration | - | - |");
  expect(stdout).toContain("| this program | yes |");
}, 300_000);
