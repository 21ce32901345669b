/**
 * `ddl compare` and `ddl baseline` on a database that was made elsewhere: each difference by name with what both say and
 * the statement, and a record that nobody can make without a word on each.
 */
import { publishedVersions } from "../../../migrations/engine/history/promotion";
import { readHistory } from "../../../migrations/engine/ledger/ledger";
import { smallMigrations } from "../../support/files/smallMigrations";
import { type DdlProject, makeDdlProject } from "../../support/program/ddlProject";
import { arrange } from "../../support/program/runs";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";

jest.setTimeout(300_000);

const suite = useServer({ major: 18 });
let database: ProgramDatabase;
let project: DdlProject;

const files = smallMigrations([
  { body: "CREATE TABLE dagapp.t1 (id INTEGER PRIMARY KEY, title TEXT DEFAULT 'new');" },
  {
    body: "CREATE TABLE dagapp.t2 (id INTEGER PRIMARY KEY, t1 INTEGER);\nCREATE INDEX t2_t1 ON dagapp.t2 (t1);",
  },
]);

beforeAll(async () => {
  const configuration = { tier: "uat", targetVersion: "0.2.0" };
  database = await suite.database({ configuration });
  project = await makeDdlProject(database, files);
  // As somebody made it elsewhere: another default, a column of its own, an index that is missing, and rows.
  await arrange(
    database,
    "CREATE TABLE dagapp.t1 (id INTEGER PRIMARY KEY, title TEXT DEFAULT 'old', note TEXT)",
    "CREATE TABLE dagapp.t2 (id INTEGER PRIMARY KEY, t1 INTEGER)",
    "INSERT INTO dagapp.t1 (id) SELECT generate_series(1, 100)",
  );
});
afterAll(() => project.remove());

const said = ["--by", "Ada Moss", "--reason", "made by the application in 2019"];
const run = (...words: readonly string[]) => project.runWords([...words, "--stack", "uat"]);
const events = () =>
  database.rows(
    "SELECT kind, version, login::text, ticket FROM public.schema_migration_events WHERE kind = 'baselined' ORDER BY id",
  );
const ledger = () =>
  database.rows(
    "SELECT version, applied, executed_by, ticket_number FROM public.schema_migrations ORDER BY id",
  );

it("names each difference with both definitions and the statement, and ends with 1", async () => {
  const { status, stdout } = await run("compare");
  expect(status).toBe(1);
  expect(stdout).toMatch(/^3 differences between uat \(.*\) and the files up to 0\.2\.0:\n/);
  for (const text of [
    "table dagapp.t1: column note: not in the files\n  files     not there\n  database  text",
    "ALTER TABLE dagapp.t1 DROP COLUMN IF EXISTS note;",
    "which throws away what is there",
    "table dagapp.t1: column title: not the same\n",
    "ALTER TABLE dagapp.t1 ALTER COLUMN title SET DEFAULT 'new'::text;",
    "table dagapp.t2: index t2_t1: not in the database\n",
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS t2_t1 ON dagapp.t2 USING btree (t1);",
    'npx ddl new --from-drift "TITLE" --stack uat',
  ]) {
    expect(stdout).toContain(text);
  }
  expect(stdout.split("\n").filter((line) => line.length > 100)).toEqual([]);

  const json = await run("compare", "--json");
  expect(json.status).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({
    ...{ schemaVersion: 1, stack: "uat", version: "0.2.0", isEqual: false },
    differences: [
      { name: "table dagapp.t1: column note", where: "database", losesSomething: true },
      { name: "table dagapp.t1: column title", where: "both", losesSomething: false },
      { name: "table dagapp.t2: index t2_t1", where: "files", vouched: null },
    ],
  });
  expect(
    await database.rows("SELECT datname FROM pg_database WHERE datname ^@ 'ddl_proof_'"),
  ).toEqual([]);
});

it("records nothing while a difference is vouched for by nobody, or a ticket is missing", async () => {
  const open = await run("baseline", "0.2.0", ...said, "--ticket", "CHG-2026-0142");
  expect(open.status).toBe(1);
  expect(open.stderr).toContain("Nothing was recorded: 3 difference(s) are vouched for by nobody.");
  const unknown = await run(
    "baseline",
    "0.2.0",
    ...said,
    "--vouch",
    "table dagapp.t1: column nota=x",
  );
  expect(unknown).toMatchObject({ status: 2 });
  expect(unknown.stderr).toContain("did you mean table dagapp.t1: column note?");
  const silent = await run(
    "baseline",
    "0.2.0",
    ...said,
    "--vouch",
    "table dagapp.t1: column note=",
  );
  expect(silent.stderr).toContain("No reason is given for table dagapp.t1: column note.");
  await arrange(database, "CREATE INDEX t2_t1 ON dagapp.t2 (t1)");
  const vouched = [
    ...["--vouch", "table dagapp.t1: column note=read by reports until 015"],
    ...["--vouch", "table dagapp.t1: column title=both are allowed"],
  ];
  const noTicket = await run("baseline", "0.2.0", ...said, ...vouched);
  expect(noTicket.stderr).toContain("A baseline in uat is made for a change ticket");
  expect(await events()).toEqual([]);
  expect(await ledger()).toEqual([]);

  const done = await run("baseline", "0.2.0", ...said, ...vouched, "--ticket", "CHG-2026-0142");
  expect(done).toMatchObject({ status: 0, stderr: "" });
  expect(done.stdout).toMatch(
    /^0\.1\.0 baselined \(sha256:\w+\)\n0\.2\.0 baselined \(sha256:\w+\)\n {2}stays: table dagapp\.t1: column note: read by/,
  );
});

it("records it as the approver's word, for the ticket, with rows as they were", async () => {
  const { approver } = database.names;
  const record = { login: approver, ticket: "CHG-2026-0142" };
  expect(await events()).toEqual([
    { kind: "baselined", version: "0.1.0", ...record },
    { kind: "baselined", version: "0.2.0", ...record },
  ]);
  const row = { applied: true, executed_by: approver, ticket_number: "CHG-2026-0142" };
  expect(await ledger()).toEqual([
    { version: "0.1.0", ...row },
    { version: "0.2.0", ...row },
  ]);
  expect(await database.rows("SELECT count(*)::int AS n FROM dagapp.t1")).toEqual([{ n: 100 }]);
});

it("keeps what was vouched for in sight until it is gone", async () => {
  const shown = await run("status");
  expect(shown.stdout).toContain("baselined, never run here, by Ada Moss");
  expect(shown.stdout).toContain(
    "2 differences stand on somebody's word:\n  baselined up to 0.2.0 by Ada Moss",
  );
  expect(shown.stdout).toContain("column note is new (text collation");
  expect(shown.stdout).not.toContain("by hand since");
  const compared = await run("compare");
  expect(compared.status).toBe(1);
  expect(compared.stdout).toMatch(/vouched for by Ada Moss at .*: both are allowed\n/);

  await arrange(database, "ALTER TABLE dagapp.t1 ALTER COLUMN title SET DEFAULT 'new'");
  const later = await run("status");
  expect(later.stdout).toContain("1 difference stands on somebody's word:");
  expect(later.stdout).toContain("1 object was changed by hand since version 0.2.0 was baselined");
  await run("acknowledge", "--schema", ...said);
});

it("proves nothing to the tier above, and cannot be signed off", async () => {
  const history = await database.asAdmin(readHistory);
  expect(publishedVersions(history)).toMatchObject([
    { version: "0.1.0", checksum: null, baselined: { by: "Ada Moss" } },
    { version: "0.2.0", checksum: null, baselined: { by: "Ada Moss" } },
  ]);
  const signed = await run("validate", "0.1.0", "--by", "Eve Holt");
  expect(signed.status).toBe(1);
  expect(signed.stderr).toContain("0.1.0 was baselined by Ada Moss: it has never run here");
});

it("is done once", async () => {
  const vouched = ["--vouch", "table dagapp.t1: column note=x", "--ticket", "CHG-2026-0142"];
  const again = await run("baseline", "0.2.0", ...said, ...vouched);
  expect(again).toMatchObject({ status: 1, stdout: "" });
  expect(again.stderr).toContain("Everything up to 0.2.0 is on record already.");
});

it("says what to do with a version that is begun and not applied", async () => {
  await database.rows("DELETE FROM public.schema_migration_events WHERE version = '0.2.0'");
  await database.rows(
    "UPDATE public.schema_migrations SET applied = false WHERE version = '0.2.0'",
  );
  const refused = await run("acknowledge", "0.2.0", ...said);
  expect(refused.stderr).toContain("not applied here, but incomplete.");
  expect(refused.stderr).toContain("ddl compare 0.2.0 names what differs");
  const vouched = ["--vouch", "table dagapp.t1: column note=x", "--ticket", "CHG-2026-0143"];
  const done = await run("baseline", "0.2.0", ...said, ...vouched);
  expect(done.stdout).toMatch(/^0\.2\.0 baselined/);
  expect(await ledger()).toMatchObject([
    { version: "0.1.0", ticket_number: "CHG-2026-0142" },
    { version: "0.2.0", applied: true, ticket_number: "CHG-2026-0143" },
  ]);
});
