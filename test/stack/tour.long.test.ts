/** The whole way from dev to prod by the commands that a person types, each refusal included: `make tour`. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { run } from "../../toolchain/run";

// Some twenty commands with the real engine.
jest.setTimeout(1_200_000);

const root = join(__dirname, "..", "..");

it("ends at each stop as it must, and leaves nothing behind", async () => {
  const sandbox = await mkdtemp(join(tmpdir(), "tour-test-"));
  try {
    const { status, stdout, stderr } = await run("make", ["--no-print-directory", "tour"], {
      cwd: root,
      env: { ...process.env, DDL_SANDBOX: sandbox },
    });
    expect({ status, end: `${stdout}${stderr}`.slice(-2000) }).toMatchObject({ status: 0 });
    expect(stdout).toMatch(/^-> refused, as it must be$/m);
    expect(stdout).toMatch(/^-> found, as it must be$/m);
    expect(stdout).toContain("That is the way from dev to prod.");
    expect(await readdir(sandbox)).toEqual([]);
  } finally {
    await rm(sandbox, { recursive: true, force: true });
  }
});
