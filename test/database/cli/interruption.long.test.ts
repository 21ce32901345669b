// Ctrl-C during `ddl apply`: the first lets the running migration end, the second cancels it; nothing is lost either way.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

import { smallMigrations } from "../../support/files/smallMigrations";
import { ddlShim } from "../../support/program/ddl";
import { type DdlProject, makeDdlProject } from "../../support/program/ddlProject";
import { exists, ledgerRows } from "../../support/program/runs";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";

jest.setTimeout(300_000);

const suite = useServer({ major: 18 });
let database: ProgramDatabase;
let project: DdlProject;

/** Slow enough to be interrupted: the run tells of it after two seconds. */
const slow = (table: string): string =>
  `CREATE TABLE dagapp.${table} (id INTEGER PRIMARY KEY);\nSELECT pg_sleep(5);`;

beforeAll(async () => {
  database = await suite.database({ configuration: { tier: "dev" } });
  project = await makeDdlProject(
    database,
    smallMigrations([{ body: slow("t1") }, { body: slow("t2") }, {}]),
  );
});
afterAll(() => project.remove());

/** Starts `ddl apply` and interrupts it, once or twice, while a migration runs. */
async function interrupted(times: 1 | 2): Promise<{ status: number | null; output: string }> {
  const child: ChildProcess = spawn(process.execPath, [ddlShim, "apply"], {
    cwd: project.folder,
    env: project.environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => (output += text));
  }
  const until = async (text: string): Promise<void> => {
    while (!output.includes(text)) {
      if (child.exitCode !== null) throw new Error(`It ended without "${text}":\n${output}`);
      await new Promise((done) => setTimeout(done, 50));
    }
  };
  const closed = once(child, "close") as Promise<[number | null]>;
  await until("has been running for");
  child.kill("SIGINT");
  await until("Press Ctrl-C once more");
  if (times === 2) child.kill("SIGINT");
  const [status] = await closed;
  return { status, output };
}

it("lets the running migration end, and begins no other", async () => {
  const { status, output } = await interrupted(1);
  expect(status).toBe(1);
  expect(output).toContain("0.1.0 applied in ");
  expect(output).toContain("Stopped: 2 migrations not run. Call it again to go on.\n");
  expect(await ledgerRows(database)).toMatchObject([{ version: "0.1.0", applied: true }]);
});

it("cancels it on the second, keeps nothing of it, and goes on when it is called again", async () => {
  const { status, output } = await interrupted(2);
  expect(status).toBe(130);
  expect(output).toMatch(
    /Stopping: this step \(\w+: line \d+: .* has been running for \d+ s\) is finished/,
  );
  expect(output).toContain("Kept: everything that was committed");
  expect(output).toContain("To go on from there: npx ddl apply --stack dev\n");
  expect(await ledgerRows(database)).toMatchObject([{ applied: true }, { applied: false }]);
  const again = await project.run("apply");
  expect(again.status).toBe(0);
  expect(again.stdout).toMatch(/^0\.2\.0 applied in .*\n0\.3\.0 applied in .*\n$/);
  expect(await exists(database, "dagapp.t2")).toBe(true);
});
