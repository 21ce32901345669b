// What the pipelines run, taken from their files as it stands there, on a real stack: a preview as an auditor, a change,
// drift; and the reports of it, sent to a stand-in of GitHub.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { parse } from "yaml";

import { type PostgresServer, startServer } from "../../sandbox/server";
import { smallMigrations } from "../support/files/smallMigrations";
import { type CodeHostServer, startCodeHost } from "../support/pipelines/codeHostServer";
import { expectFitToShow, type Outcome } from "../support/program/outcome";
import { makePulumiHome, ProgramStack, removeFolder } from "../support/program/programStack";
import { makeTierDatabase, type TierDatabase, versionsOf } from "../support/servers/tierDatabase";

jest.setTimeout(900_000);

const repository = join(__dirname, "../..");

/** The script of a workflow's job that calls pipelines/main.ts. */
function scriptOf(workflow: string, job: string): string {
  const text = readFileSync(join(repository, ".github/workflows", workflow), "utf8");
  const { jobs } = parse(text) as {
    readonly jobs: Readonly<
      Record<string, { readonly steps: readonly { readonly run?: string }[] }>
    >;
  };
  const found = jobs[job]?.steps.find(({ run = "" }) => run.includes("pipelines/main.ts"))?.run;
  if (found === undefined) throw new Error(`${workflow} has no such step in ${job}`);
  return found;
}
const onStack = scriptOf("stack.yml", "run");

let server: PostgresServer;
let home: string;
let database: TierDatabase;
let stack: ProgramStack;
let reports: string;
let host: CodeHostServer;

beforeAll(async () => {
  server = await startServer();
  home = await makePulumiHome();
  database = await makeTierDatabase(server);
  stack = await ProgramStack.make(database, {
    ...{ tier: "dev", home, files: smallMigrations([{}]) },
    config: { extensions: [], furtherRoles: [{ name: "looker", kind: "auditor" }] },
  });
  reports = await mkdtemp(join(tmpdir(), "reports-"));
  host = await startCodeHost();
});
afterAll(async () => {
  await host.stop();
  await removeFolder(reports);
  await stack.remove();
  await removeFolder(home);
  await server.stop();
});

/** Runs a script as a job does. */
async function job(script: string, variables: Readonly<Record<string, string>>): Promise<Outcome> {
  const child = spawn("bash", ["-e", "-c", script], {
    cwd: repository,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...stack.env,
      DDL_PROJECT: stack.project,
      // Nobody gives up any.
      FLAGS: variables["COMMAND"] === "up" ? "" : `--out ${reports}`,
      ...{ DDL_TICKETS: "", DDL_LOOK_AS: "", STACK: "dev", COMMIT: "c".repeat(40) },
      ...{ GITHUB_ACTIONS: "true", GITHUB_API_URL: host.url, GITHUB_REPOSITORY: "example/geo" },
      ...{ GITHUB_TOKEN: "job", PULL_REQUEST: "7" },
      ...variables,
    },
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const [status] = (await once(child, "close")) as [number | null];
  expectFitToShow(output, database.passwords);
  return { status: status ?? -1, output };
}
const report = async (): Promise<{ readonly state: string; readonly text: string }> =>
  JSON.parse(await readFile(join(reports, "dev.json"), "utf8")) as {
    readonly state: string;
    readonly text: string;
  };
const send = (workflow: string, name: string): Promise<Outcome> =>
  job(
    scriptOf(workflow, name).replace(
      "reports --stacks dev,qa,uat,prod",
      `${reports} --stacks dev,qa`,
    ),
    {},
  );

it("previews, changes, and looks for drift; and tells of each", async () => {
  const preview = await job(onStack, { COMMAND: "preview" });
  expect(preview).toMatchObject({ status: 0 });
  expect(preview.output).toContain("rmhgeoapi-database-estate@v0.1.0");
  expect(await report()).toMatchObject({ state: "differs" });
  expect((await report()).text).toContain("001_table_1.sql: version 0.1.0");
  const made = await database.sql(
    "admin",
    "SELECT to_regclass('public.schema_migrations') AS made",
  );
  expect(made).toEqual([{ made: null }]);

  expect(await send("pull-request.yml", "comment")).toMatchObject({ status: 0 });
  expect(host.comments.map(({ body }) => body.split("\n\n")[1])).toEqual([
    "### dev: would change",
    "### qa: the preview failed",
  ]);

  expect(await job(onStack, { COMMAND: "up" })).toMatchObject({ status: 0 });
  expect(await versionsOf(database, "applied")).toEqual(["0.1.0"]);

  // As a job that only looks: it has the auditor's login, and nobody else's.
  const looking = { DDL_LOOK_AS: "looker", DDL_ADMIN_PASSWORD: "not the admin's" };
  await database.sql("admin", "ALTER ROLE looker PASSWORD 'looks'");
  const drift = await job(onStack, { COMMAND: "drift", ...looking, DDL_AUDITOR_PASSWORD: "looks" });
  expect(drift.output).not.toContain("not as declared");
  await database.sql("infrastructure", "ALTER TABLE dagapp.t1 ADD COLUMN by_hand INTEGER");
  await database.sql("admin", "GRANT CREATE ON SCHEMA public TO public");
  expect(await job(onStack, { COMMAND: "drift" })).toMatchObject({ status: 0 });
  expect(await report()).toMatchObject({ state: "differs" });
  expect((await report()).text).toMatch(/PUBLIC should not have CREATE[^]*by_hand/i);

  expect((await send("drift.yml", "issue")).output).toContain("An issue was opened.");
  expect((await send("drift.yml", "issue")).output).toContain("Issue 1 was written anew.");
  expect(host.issues).toHaveLength(1);
  expect(host.issues[0]?.body).toMatch(/by_hand[^]*## qa: could not be looked at/);
});

it("fails where a change fails, where it cannot look, and on a name that is none", async () => {
  const away = { DDL_PORT: "1", COMMAND: "drift" };
  const lost = await job(onStack, away);
  expect(lost.status).toBe(1);
  expect(await report()).toMatchObject({ state: "failed" });
  const change = await job(onStack, { COMMAND: "up", DDL_PORT: "1" });
  expect(change.status).not.toBe(0);
  expect(change.output).toContain("error: ");
  expect(await job(onStack, { COMMAND: "up", STACK: "x;id" })).toEqual({
    status: 2,
    output: '"x;id" is not a stack\'s name.\n',
  });
});

it("does not pass what breaks a rule of the estate", async () => {
  // No plugin is asked about a component: the stand-in has no grants.
  const grant = 'new pulumi.ComponentResource("postgresql:beside:Grant", "beside");';
  await stack.edit("index.ts", "export = async", `${grant}\nexport = async`);
  const preview = await job(onStack, { COMMAND: "preview" });
  expect(preview.status).toBe(1);
  expect(preview.output).toContain("beside: privileges belong to ExactGrants alone.");
});
