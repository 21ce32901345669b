// `ddl evidence` over a real history: three databases, a change that fails, is corrected, proven, promoted and signed off.
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { EvidenceReport } from "../../../cli/report/evidence";
import { nameOf, smallMigrations, ticketOf } from "../../support/files/smallMigrations";
import { type DdlProject, makeDdlProject } from "../../support/program/ddlProject";
import { commitAll, hasGit } from "../../support/program/git";
import { publishBelow, stackBelow } from "../../support/program/publishBelow";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";

jest.setTimeout(300_000);

const lower = ["dev", "qa", "uat"] as const;
const ticket = ticketOf(1);

const suite = useServer({ major: 18 });
let project: DdlProject;
const databases: ProgramDatabase[] = [];

beforeAll(async () => {
  for (const tier of lower) {
    const promoted = { targetVersion: "0.1.0", promotesFrom: stackBelow("qa") };
    const configuration = { tier, ...(tier === "uat" ? promoted : {}) };
    databases.push(await suite.database({ configuration }));
  }
  const [dev] = databases;
  if (dev === undefined) throw new Error("there is no database");
  project = await makeDdlProject(dev, smallMigrations([{}]));
  const lines: string[] = [];
  for (const [index, tier] of lower.entries()) {
    const database = databases[index];
    if (database === undefined) continue;
    await project.configure(tier, database);
    const { host, port } = database.settings.server;
    for (const login of ["admin", "migrator", "approver"] as const) {
      const name = database.names[login];
      lines.push(
        [host, port, "*", name, await database.access.passwordOf("admin", name)].join(":"),
      );
    }
  }
  await writeFile(join(project.folder, "pgpass"), `${lines.join("\n")}\n`);
  await chmod(join(project.folder, "pgpass"), 0o600);
});
afterAll(() => project.remove());

const noPasswords = {
  DDL_ADMIN_PASSWORD: undefined,
  DDL_MIGRATOR_PASSWORD: undefined,
  DDL_APPROVER_PASSWORD: undefined,
};

/** Without any DDL_ variable that leads to one database: each stack is reached by its file and PGPASSFILE. */
const run = (words: string) =>
  project.run(words, { PGPASSFILE: join(project.folder, "pgpass"), ...noPasswords });

/** The answers of the checklist that are not for people. */
async function answers(): Promise<readonly string[]> {
  const { stdout } = await run(`evidence ${ticket} --format json`);
  const { checklist } = JSON.parse(stdout) as EvidenceReport;
  return checklist
    .filter(({ answer }) => answer !== "people")
    .map(({ item, answer }) => `${answer}: ${item}`);
}

/** Ends the test when one of the commands fails. */
async function all(...commands: readonly string[]): Promise<void> {
  for (const words of commands) {
    const { status, stderr } = await run(words);
    if (status !== 0) throw new Error(`ddl ${words} ended with ${String(status)}: ${stderr}`);
  }
}

(hasGit ? it : it.skip)("follows a change from nothing to everything", async () => {
  const before = await run(`evidence ${ticket}`);
  expect(before.status).toBe(1);
  expect(before.stdout).toContain(`        ${nameOf(1)}.sql: there is no git to ask\n`);
  expect(before.stdout).toContain(
    "  [ ] Tested in DEV (missing)\n        0.1.0 dev: not applied\n",
  );

  const good = await readFile(join(project.migrations, `${nameOf(1)}.sql`), "utf8");
  await project.write({ [`${nameOf(1)}.sql`]: good.replace("COMMIT;", "SELECT 1 / 0;\nCOMMIT;") });
  expect((await run("apply --stack dev")).status).toBe(1);
  await project.write({ [`${nameOf(1)}.sql`]: good });
  commitAll(project.folder, "Ada", "Add a table");
  await all("apply --stack dev", "prove --stack dev", "apply --stack qa");
  expect(await answers()).toEqual([
    "yes: Migration script committed and reviewed",
    "yes: Rollback script committed and reviewed",
    "yes: Tested in DEV",
    "no: Tested in QA",
    "no: Tested in UAT",
    "yes: Maintenance window scheduled (if needed)",
    "yes: Rollback plan documented",
  ]);

  await all("signoff 0.1.0 --stack qa --by Eve");
  await publishBelow(project.folder, "qa");
  await all(
    `apply --stack uat --ticket ${ticket}`,
    "validate 0.1.0 --stack uat --by Moss",
    "signoff 0.1.0 --stack uat --by Eve",
  );
  const after = await run(`evidence ${ticket}`);
  expect(after).toMatchObject({ status: 0, stderr: "" });
  expect(after.stdout).toMatch(
    /\n {2}\[x\] Tested in UAT\n {8}0\.1\.0 uat: applied at .* by migrator_\w+\n {8}0\.1\.0 uat: validated by Moss at .*\n {8}0\.1\.0 uat: signed off by Eve at /,
  );
  expect(after.stdout).toMatch(/\.sql committed in [0-9a-f]+ by Ada on \d{4}-\d\d-\d\d\n/);
  expect(after.stdout).toContain(
    "  [ ] Change ticket created and approved (only people can answer)\n",
  );
  expect(after.stdout).toMatch(
    /\n {2}record of dev:\n {4}\S+ \S+ UTC started, login migrator_\w+, another text than the file now\n {4}.* failed, login migrator_\w+, .*division by zero.*another text/,
  );
  const markdown = (await run(`evidence ${ticket} --markdown`)).stdout;
  expect(markdown).toContain("- [x] Tested in UAT\n");
  expect(markdown).toContain("CREATE TABLE dagapp.t1");

  expect(await run(`evidence ${ticket} --html page.html`)).toMatchObject({
    ...{ status: 0, stdout: "page.html\n" },
  });
  const page = await readFile(join(project.folder, "page.html"), "utf8");
  expect(page).not.toMatch(/<script|<link|<img|\bsrc=|\bhref=|url\(|@import/);
  expect(page).toContain("☑ Tested in UAT");
  expect(page).toContain("<td>validated</td>");
  expect(page).toContain("Moss (login approver_");
  expect(page).toContain("CREATE TABLE dagapp.t1");
  expect(page).toContain("division by zero");

  await all(`rollback 0.1.0 --stack uat --ticket CHG-2026-0900`);
  const back = await run("evidence CHG-2026-0900");
  expect(back.stdout).toContain("Evidence of CHG-2026-0900");
  expect(back.stdout).toContain(`0.1.0 ${nameOf(1)}.sql`);
  const [uat] = databases.slice(-1);
  if (uat === undefined) throw new Error("there is no database");
  const report = await run("report --html all.html");
  expect(report).toMatchObject({ stdout: "all.html\n" });
  const all4 = await readFile(join(project.folder, "all.html"), "utf8");
  expect(all4).toContain("pending (rolled back)");
  expect(all4.replaceAll("<wbr>", "")).toContain(uat.settings.server.database);
});

it("says of a stack that cannot be asked why, and that the answer is not known", async () => {
  const [dev] = databases;
  if (dev === undefined) throw new Error("there is no database");
  await project.configure("qa", dev, { tier: "qa", port: 1 });
  const { stdout } = await run(`evidence ${ticket}`);
  expect(stdout).toContain(
    "  [ ] Tested in QA (could not be told)\n        qa could not be asked: No server listens on 127.0.0.1:1.\n",
  );
});

it.each([
  ["evidence", "ddl evidence needs TICKET."],
  ["evidence 142", "142 is not a change ticket."],
  ["evidence CHG-2026-9999", "No migration is under CHG-2026-9999."],
  [`evidence ${ticket} --format html`, "--format cannot be html."],
])("%s is called wrongly", async (words, message) => {
  const outcome = await run(words);
  expect(outcome).toMatchObject({ status: 2, stdout: "" });
  expect(outcome.stderr).toContain(message);
});
