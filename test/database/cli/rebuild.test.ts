// ddl rebuild: what it drops, what it says has to follow, and when it refuses. What it does is in rebuild*.test.ts.
import { smallMigrations } from "../../support/files/smallMigrations";
import { type DdlProject, makeDdlProject } from "../../support/program/ddlProject";
import { exists } from "../../support/program/runs";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";

jest.setTimeout(300_000);

const suite = useServer({ major: 18 });
let database: ProgramDatabase;
let project: DdlProject;

beforeAll(async () => {
  const configuration = { lockTimeoutMs: "2000", lockBudgetMs: "5000" };
  database = await suite.database({ configuration });
  project = await makeDdlProject(database, smallMigrations([{}]));
});
afterAll(() => project.remove());

it("refuses while somebody is in the way, with status 1 and a list, and does it when it may end that session", async () => {
  expect(await project.run("apply --stack dev")).toMatchObject({ status: 0 });
  await database.heal();
  const service = await database.connect("service");
  await service.query("BEGIN; SELECT FROM dagapp.t1");

  const refused = await project.run("rebuild --stack dev");
  expect(refused).toMatchObject({ status: 1, stdout: "" });
  expect(refused.stderr).toContain(`login ${database.names.service}, application "test: service"`);
  expect(refused.stderr).toContain("ddl rebuild --end-sessions");
  expect(await exists(database, "dagapp.t1")).toBe(true);

  const done = await project.run("rebuild --stack dev --end-sessions");
  expect(done).toMatchObject({ status: 0 });
  expect(done.stderr).toContain("ended the session of process");
  expect(done.stdout).toContain("1 version(s) were applied and are pending again.");
  expect(done.stdout).toContain("Now run up on dev");
  expect(await exists(database, "dagapp.t1")).toBe(false);
  expect((await project.run("apply --stack dev")).stdout).toContain("0.1.0 applied");
});

it("refuses prod with status 1", async () => {
  await project.configure("prod", database, { tier: "prod", targetVersion: "0.1.0" });
  const refused = await project.run("rebuild --stack prod --end-sessions");
  expect(refused).toMatchObject({ status: 1, stdout: "" });
  expect(refused.stderr).toContain("A prod database is never rebuilt");
});
