/**
 * `ddl promote` and `ddl renumber` on real databases: what is missing is told, recorded in the tier below for many versions
 * at once, and told apart from what is not published; a number is changed where nobody has applied the file.
 */
import { chmod, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { PromotionReport } from "../../../cli/report/promotion";
import { nameOf, smallMigrations, ticketOf } from "../../support/files/smallMigrations";
import { type DdlProject, makeDdlProject } from "../../support/program/ddlProject";
import { publishBelow, stackBelow } from "../../support/program/publishBelow";
import { useServer } from "../../support/servers/useServer";

jest.setTimeout(300_000);

const suite = useServer({ major: 18 });
let project: DdlProject;

beforeAll(async () => {
  const promoted = { targetVersion: "0.2.0", promotesFrom: stackBelow("qa") };
  const lines: string[] = [];
  for (const tier of ["dev", "qa", "uat"] as const) {
    const configuration = { tier, ...(tier === "uat" ? promoted : {}) };
    const database = await suite.database({ configuration });
    if (tier === "dev") project = await makeDdlProject(database, smallMigrations([{}, {}, {}]));
    await project.configure(tier, database);
    const { host, port } = database.settings.server;
    for (const login of ["admin", "migrator", "approver"] as const) {
      const name = database.names[login];
      const password = await database.access.passwordOf("admin", name);
      lines.push([host, port, "*", name, password].join(":"));
    }
  }
  await writeFile(join(project.folder, "pgpass"), `${lines.join("\n")}\n`);
  await chmod(join(project.folder, "pgpass"), 0o600);
});
afterAll(async () => {
  await project.remove();
});

const passwords = ["ADMIN", "MIGRATOR", "APPROVER"].map((login) => [
  `DDL_${login}_PASSWORD`,
  undefined,
]);
const run = (...words: readonly string[]) =>
  project.runWords(words, {
    PGPASSFILE: join(project.folder, "pgpass"),
    ...(Object.fromEntries(passwords) as Record<string, undefined>),
  });
const needs = async (): Promise<readonly (readonly string[])[]> => {
  const { stdout } = await run("promote", "--stack", "uat", "--json");
  return (JSON.parse(stdout) as PromotionReport).versions.map((one) => one.needs);
};

it("says what is missing, records it for the versions that are asked for, and tells it from what is not published", async () => {
  expect(await needs()).toEqual([["applied"], ["applied"]]);
  expect((await run("apply", "--stack", "dev")).status).toBe(0);
  expect((await run("apply", "--stack", "qa")).status).toBe(0);
  expect((await run("prove", "--stack", "qa")).status).toBe(0);
  // Published below is nothing yet: what qa's own database says is what counts for people.
  expect(await needs()).toEqual([
    ["signed", "published"],
    ["signed", "published"],
  ]);

  const nobody = await run("promote", "--stack", "uat", "--sign", "--all");
  expect(nobody).toMatchObject({ status: 2, stdout: "" });
  expect(nobody.stderr).toContain('add --by "NAME"');
  const which = await run("promote", "--stack", "uat", "--sign", "--by", "Eve Holt");
  expect(which.stderr).toContain("Which versions?");

  const by = ["--by", "Eve Holt"];
  const one = await run("promote", "--stack", "uat", "--sign", "--ticket", ticketOf(1), ...by);
  expect(one.stdout).toMatch(/^0\.1\.0 signed off by Eve Holt at /);
  expect(one.stdout).not.toContain("0.2.0 signed off");
  expect(one.stderr).toContain("Recorded, but not published:");
  expect(one.stderr).toContain("run up on qa, which publishes it");
  expect(await needs()).toEqual([["published"], ["signed", "published"]]);

  // Not what is above the target: nobody has asked for it.
  const all = await run("promote", "--stack", "uat", "--sign", "--all", ...by);
  expect(all.stdout).toMatch(/^0\.2\.0 signed off by Eve Holt at /);
  expect(all.stdout).not.toMatch(/0\.[13]\.0 signed off/);

  await publishBelow(project.folder, "qa");
  expect(await needs()).toEqual([[], []]);
  const ready = await run("promote", "--stack", "uat");
  expect(ready.status).toBe(0);
  expect(ready.stdout).toContain(
    `  DDL_TICKETS=${ticketOf(1)},${ticketOf(2)} pulumi up --stack uat\n`,
  );
});

it("has nothing to promote to the first tier", async () => {
  const outcome = await run("promote", "--stack", "dev");
  expect(outcome).toMatchObject({ status: 2, stdout: "" });
  expect(outcome.stderr).toContain("dev is the first tier");
});

it("gives a file that nobody has applied another number, and keeps that of one that is applied", async () => {
  const [third, back] = [`${nameOf(3)}.sql`, `${nameOf(3)}_rollback.sql`] as const;
  const text = await readFile(join(project.migrations, third), "utf8");
  const rollback = await readFile(join(project.migrations, back), "utf8");
  const mine = (content: string): string =>
    content.replaceAll("table_3", "mine").replaceAll(/\bt3\b/g, "mine");
  await project.write({
    [third.replace("table_3", "mine")]: mine(text),
    [back.replace("table_3", "mine")]: mine(rollback),
  });
  const kept = await run("renumber", `migrations/${third}`);
  expect(kept).toMatchObject({ status: 2, stdout: "" });
  expect(kept.stderr).toContain(`${third} is applied in dev, qa as version 0.3.0`);

  const moved = await run("renumber", "migrations/003_mine.sql");
  expect(moved.stdout).toBe("003_mine.sql is 004_mine.sql now: version 0.4.0, behind 0.3.0.\n");
  expect(moved.status).toBe(0);
  const names = await readdir(project.migrations);
  expect(names.filter((name) => name.includes("mine")).sort()).toEqual([
    "004_mine.sql",
    "004_mine_rollback.sql",
  ]);
  expect((await run("check", "--tier", "dev")).stdout).toContain("nothing to object to");
  expect((await run("apply", "--stack", "dev")).stdout).toContain("0.4.0 applied in");
  const again = await run("renumber", "migrations/004_mine.sql");
  expect(again.stdout).toContain("Nothing to do");
});
