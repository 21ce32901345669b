/**
 * `ddl new --from-drift`: what was changed by hand becomes a migration and its rollback that hold in another database, and
 * that the changed one is baselined at.
 */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { differencesBetween } from "../../../migrations/engine/differences/difference";
import type { MigrationFile } from "../../../migrations/engine/files/file";
import { readSide } from "../../../migrations/engine/proof/compare";
import { proveVersions } from "../../../migrations/engine/proof/prove";
import { loadMigrations } from "../../../migrations/engine/survey/load";
import { smallMigrations } from "../../support/files/smallMigrations";
import { type DdlProject, makeDdlProject } from "../../support/program/ddlProject";
import { apply, arrange } from "../../support/program/runs";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";

jest.setTimeout(300_000);

const suite = useServer({ major: 18 });
let changed: ProgramDatabase;
let project: DdlProject;

const name = "002_changed_by_hand";

beforeAll(async () => {
  changed = await suite.database();
  project = await makeDdlProject(changed, smallMigrations([{}]));
  await apply(changed, await fileOf(1));
  await arrange(
    changed,
    "INSERT INTO dagapp.t1 (id) SELECT generate_series(1, 10)",
    "ALTER TABLE dagapp.t1 ADD COLUMN note TEXT NOT NULL DEFAULT 'none'",
    "COMMENT ON COLUMN dagapp.t1.note IS 'kept by hand'",
    "CREATE INDEX t1_note ON dagapp.t1 (note)",
    "ALTER TABLE dagapp.t1 ADD CONSTRAINT t1_id CHECK (id > 0)",
    "CREATE TABLE dagapp.extra (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, t1 INTEGER REFERENCES dagapp.t1)",
    "CREATE INDEX extra_t1 ON dagapp.extra (t1)",
    "COMMENT ON TABLE dagapp.extra IS 'extra'",
    "CREATE FUNCTION dagapp.twice(n INTEGER) RETURNS INTEGER LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS 'SELECT n * 2'",
    "ALTER TABLE dagapp.t1 SET (toast.autovacuum_enabled = false)",
    "CREATE FUNCTION dagapp.near(INTEGER, INTEGER) RETURNS BOOLEAN LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS 'SELECT abs($1 - $2) < 2'",
    "CREATE OPERATOR dagapp.=== (LEFTARG = INTEGER, RIGHTARG = INTEGER, FUNCTION = dagapp.near)",
    "CREATE TEXT SEARCH CONFIGURATION dagapp.words (COPY = pg_catalog.english)",
    "CREATE VIEW dagapp.notes AS SELECT id, note, dagapp.twice(id) AS twice FROM dagapp.t1",
  );
});
afterAll(() => project.remove());

async function fileOf(number: number): Promise<MigrationFile> {
  const { migrations, problems } = await loadMigrations(project.migrations);
  expect(problems).toEqual([]);
  const file = migrations.find((one) => one.number === number);
  if (file === undefined) throw new Error(`there is no file ${number}`);
  return file;
}

it("writes the pair, as it ran in a scratch database", async () => {
  const { status, stdout, stderr } = await project.runWords([
    ...["new", "--from-drift", "changed by hand", "--stack", "dev"],
  ]);
  expect({ status, stderr }).toMatchObject({ status: 0 });
  expect(stdout).toContain("Written, and tried in a scratch database:\n");
  expect(stdout).toContain("  table dagapp.t1: column note\n");
  const path = join(project.migrations, `${name}.sql`);
  const text = await readFile(path, "utf8");
  expect(text).toContain(
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS t1_note ON dagapp.t1 USING btree (note);",
  );
  expect(text).toContain("--   - Tables affected: dagapp.t1");
  const filled = text
    .replace(/\[for the size.*\]/, "1 minute")
    .replace("[Yes/No]", "No")
    .replace("[Low/Medium/High]", "Medium")
    .replace("[Automatic/Manual/Not possible]", "Manual");
  await writeFile(path, filled);
  const checked = await project.run("check --tier dev");
  expect(checked.stdout).not.toContain(" error ");
  expect(checked.status).toBe(0);
});

it("makes another database the same, and goes back", async () => {
  const other = await suite.database();
  await apply(other, await fileOf(1));
  await apply(other, await fileOf(2), { lower: ["0.1.0"] });
  const look = (database: ProgramDatabase) =>
    database.asAdmin((client) => readSide(client, database.settings.schemas));
  const found = differencesBetween(await look(other), await look(changed));
  expect(found.filter(({ part }) => part !== "owner")).toEqual([]);
  const proofs = await proveVersions(other.access, project.migrations, ["0.2.0"], () => undefined);
  expect(proofs).toMatchObject([{ outcome: "proven", differences: [] }]);
});

it("is baselined where it is so already, with nothing to vouch for", async () => {
  // A draft above says nothing of what is below it.
  const draft = join(project.migrations, "003_draft.sql");
  await writeFile(draft, "-- nothing yet\n");
  const compared = await project.run("compare 0.2.0 --stack dev");
  expect(compared).toMatchObject({ status: 0 });
  expect(compared.stdout).toMatch(/^No difference between dev /);
  const said = ["--by", "Ada Moss", "--reason", "it is where the file comes from"];
  const done = await project.runWords(["baseline", "0.2.0", "--stack", "dev", ...said]);
  expect(done.stdout).toMatch(/^0\.2\.0 baselined \(sha256:\w+\)\n$/);
  await rm(draft);
  expect(await changed.rows("SELECT count(*)::int AS n FROM dagapp.t1")).toEqual([{ n: 10 }]);
  expect((await project.run("status --stack dev")).stdout).not.toContain("changed by hand since");
  const nothing = await project.runWords(["new", "--from-drift", "again", "--stack", "dev"]);
  expect(nothing).toMatchObject({ status: 0 });
  expect(nothing.stdout).toContain("Nothing differs between dev and its files");
});

it("names what it cannot write, and ends with 1", async () => {
  await arrange(changed, "CREATE TYPE dagapp.level AS RANGE (subtype = integer)");
  const refused = await project.runWords(["new", "--from-drift", "a range", "--stack", "dev"]);
  expect(refused.status).toBe(1);
  expect(refused.stdout).toContain("Not written: a person does it:\n  type dagapp.level: ");
  const superuser = await changed.connect("superuser");
  await superuser.query("DROP TYPE dagapp.level; CREATE PUBLICATION feed FOR TABLE dagapp.t1");
  const published = await project.runWords(["new", "--from-drift", "a feed", "--stack", "dev"]);
  expect(published.status).toBe(1);
  expect(published.stdout).toMatch(/a person does it:\n {2}publication feed: .*its owner/);
  expect((await project.run("compare --stack dev")).stdout).toContain("publication feed");
});
