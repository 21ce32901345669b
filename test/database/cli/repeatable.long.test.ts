/**
 * A view and a function in a repeatable file: each change of it is carried by a migration that `ddl new` writes, that the
 * gate holds to the file, that runs and is proven like any other, and whose rollback brings the former text back.
 */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { proveVersions } from "../../../migrations/engine/proof/prove";
import { loadMigrations } from "../../../migrations/engine/survey/load";
import { smallMigrations } from "../../support/files/smallMigrations";
import { type DdlProject, makeDdlProject } from "../../support/program/ddlProject";
import { apply, rollBack } from "../../support/program/runs";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";

jest.setTimeout(300_000);

const suite = useServer({ major: 18 });
let database: ProgramDatabase;
let project: DdlProject;

const twice = (factor: number): string =>
  `CREATE OR REPLACE FUNCTION dagapp.twice(n INTEGER) RETURNS INTEGER LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS 'SELECT n * ${factor}';`;
const doubles = (columns: string): string =>
  `CREATE OR REPLACE VIEW dagapp.doubles AS SELECT ${columns} FROM dagapp.t1;\nCOMMENT ON VIEW dagapp.doubles IS 'twice as much';`;

const write = async (sql: string): Promise<void> => {
  await mkdir(join(project.migrations, "repeatable"), { recursive: true });
  await writeFile(join(project.migrations, "repeatable", "small.sql"), sql);
};
const carry = (title: string, reason = "readers were told") =>
  project.runWords([
    ...["new", title, "--repeatable", "small"],
    ...(reason === "" ? [] : ["--reason", reason]),
  ]);
const run = async (number: number): Promise<void> => {
  const { migrations, problems } = await loadMigrations(project.migrations);
  expect(problems).toEqual([]);
  const file = migrations.find((one) => one.number === number);
  if (file === undefined) throw new Error(`there is no file ${number}`);
  const lower = migrations.filter((one) => one.number < number).map((one) => one.header.version);
  await apply(database, file, { lower });
};
/** What the gate prints, in one line: it breaks long ones. */
const rules = async (): Promise<string> => (await project.run("check")).stdout.replace(/\s+/g, " ");
const definitions = async (): Promise<readonly unknown[]> =>
  database.rows(
    `SELECT pg_get_viewdef('dagapp.doubles'::regclass) AS view, obj_description('dagapp.doubles'::regclass) AS comment,
            pg_get_functiondef('dagapp.twice(integer)'::regprocedure) AS function`,
  );

beforeAll(async () => {
  database = await suite.database();
  project = await makeDdlProject(database, smallMigrations([{}]));
  await run(1);
});
afterAll(() => project.remove());

it("is named by the gate while no migration carries it", async () => {
  await write(`${twice(2)}\n${doubles("id, dagapp.twice(id) AS twice")}`);
  const said = await rules();
  expect(said).toContain("repeatable/small.sql:1");
  expect(said).toContain("no migration has this function dagapp.twice(int4)");
  expect(said).toContain('npx ddl new "what changes" --repeatable small');
});

it("becomes a migration, and the next change of it another", async () => {
  const first = await carry("make doubles");
  expect(first).toMatchObject({ status: 0 });
  expect(first.stderr).toContain("Nothing is left to fill in");
  expect(await rules()).not.toContain("repeatable-");
  await run(2);
  const before = await definitions();

  await write(`${twice(20)}\n${doubles("id, dagapp.twice(id) AS twice, id + 1 AS next")}`);
  expect(await rules()).toContain(
    "view dagapp.doubles is here not as 002_make_doubles.sql makes it",
  );
  const second = await carry("more doubles", "");
  expect(second.stdout).toContain("Say in EXCEPTIONS why code-in-use-replaced need not hold.");
  expect(second.stderr).toContain("Fill in what stands in brackets");
  // While it is written, the file is held to it, as if it were whole.
  expect(await rules()).toMatch(/HEADER|exception/);
  expect(await rules()).not.toContain("repeatable-");
  for (const name of ["003_more_doubles.sql", "003_more_doubles_rollback.sql"]) {
    await rm(join(project.migrations, name));
  }
  expect((await carry("more doubles")).stdout).toContain(
    "code-in-use-replaced need not hold: readers were told",
  );
  const checked = await project.run("check --tier dev");
  expect(checked.stdout).not.toContain(" error ");
  expect(await rules()).not.toContain("repeatable-");
  await run(3);
  expect(await definitions()).not.toEqual(before);

  const proofs = await proveVersions(
    ...([database.access, project.migrations, ["0.2.0", "0.3.0"], () => undefined] as const),
  );
  expect(proofs).toMatchObject([
    { outcome: "proven", differences: [] },
    { outcome: "proven", differences: [] },
  ]);
  const { migrations } = await loadMigrations(project.migrations);
  const third = migrations.find(({ number }) => number === 3);
  if (third === undefined) throw new Error("there is no file 3");
  await rollBack(database, third);
  expect(await definitions()).toEqual(before);
  await run(3);
});

it("is held to: a migration that changes the view elsewhere, or a rollback that brings another text back, is named", async () => {
  const path = join(project.migrations, "003_more_doubles_rollback.sql");
  const text = await readFile(path, "utf8");
  await writeFile(path, text.replace("SELECT n * 2'", "SELECT n * 4'"));
  expect(await rules()).toContain(
    "it does not leave function dagapp.twice(int4) as 002_make_doubles.sql made it",
  );
  await writeFile(path, text);
  await write(twice(21));
  expect(await rules()).toContain("function dagapp.twice(int4) is here not as 003_more_doubles");
});

it("says so where nothing differs, or no such file is there", async () => {
  await write(twice(20));
  const nothing = await carry("nothing");
  expect(nothing).toMatchObject({ status: 0 });
  expect(nothing.stdout).toContain(
    "Nothing differs between repeatable/small.sql and the migrations",
  );
  const unknown = await project.runWords(["new", "x", "--repeatable", "smal"]);
  expect(unknown.status).toBe(2);
  expect(unknown.stderr).toContain("did you mean small?");
});
