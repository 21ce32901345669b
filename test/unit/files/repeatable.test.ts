// Repeatable files: what may stand in them, when two texts say the same, and the migration that carries a changed one.
import { changedInPlace, changeOfRepeatables } from "../../../cli/draft/repeatableChange";
import type { MigrationFile } from "../../../migrations/engine/files/file";
import { parseRepeatables, type RepeatableFile } from "../../../migrations/engine/files/repeatable";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { makeMigration } from "../../support/files/makeMigration";

beforeAll(loadParser);

const parse = (texts: Readonly<Record<string, string>>) =>
  parseRepeatables(
    Object.entries(texts).map(([name, sql]) => ({ name: `${name}.sql`, bytes: Buffer.from(sql) })),
  );
const repeatable = (sql: string): readonly RepeatableFile[] => {
  const { repeatables, problems } = parse({ jobs: sql });
  expect(problems).toEqual([]);
  return repeatables;
};
const migration = (number: number, body: string): MigrationFile =>
  makeMigration({ name: `00${number}_step`, version: `1.${number}.0`, body });
const view = "CREATE OR REPLACE VIEW dagapp.open_jobs AS SELECT job_id FROM dagapp.jobs;";
const wider = "CREATE OR REPLACE VIEW dagapp.open_jobs AS SELECT job_id, state FROM dagapp.jobs;";
const score = (body: string): string =>
  `CREATE OR REPLACE FUNCTION dagapp.score(n INTEGER) RETURNS INTEGER LANGUAGE sql AS '${body}';`;

describe("a repeatable file", () => {
  it("holds views, functions and procedures, and comments on them", () => {
    const [file] = repeatable(
      `-- What is open.\n${view}\nCOMMENT ON VIEW dagapp.open_jobs IS 'open';\n${score("SELECT n")}\n` +
        "COMMENT ON FUNCTION dagapp.score(INTEGER) IS 'score';\n" +
        "CREATE OR REPLACE PROCEDURE dagapp.tidy(VARIADIC names TEXT[]) LANGUAGE sql AS 'SELECT 1';",
    );
    expect(file?.definitions.map(({ what }) => what)).toEqual([
      "view dagapp.open_jobs",
      "comment on view dagapp.open_jobs",
      "function dagapp.score(int4)",
      "comment on function dagapp.score(int4)",
      "procedure dagapp.tidy(text[])",
    ]);
  });

  it.each([
    "CREATE VIEW dagapp.open_jobs AS SELECT 1;",
    "CREATE OR REPLACE VIEW open_jobs AS SELECT 1;",
    "CREATE MATERIALIZED VIEW dagapp.open_jobs AS SELECT 1;",
    "CREATE FUNCTION dagapp.f() RETURNS INTEGER LANGUAGE sql AS 'SELECT 1';",
    "CREATE OR REPLACE TRIGGER t BEFORE UPDATE ON dagapp.jobs FOR EACH ROW EXECUTE FUNCTION dagapp.f();",
    "COMMENT ON TABLE dagapp.jobs IS 'x';",
    "COMMENT ON COLUMN dagapp.open_jobs.job_id IS 'x';",
    "DROP VIEW dagapp.open_jobs;",
    "GRANT SELECT ON dagapp.open_jobs TO PUBLIC;",
    "DO $$ BEGIN EXECUTE 'DROP TABLE dagapp.jobs'; END $$;",
    "BEGIN;",
    "UPDATE dagapp.jobs SET state = 'x';",
  ])("refuses %s", (sql) => {
    expect(parse({ jobs: `${score("SELECT 1")}\n${sql}` })).toMatchObject({
      repeatables: [],
      problems: [{ code: "REPEATABLE_STATEMENT", file: "repeatable/jobs.sql", line: 2 }],
    });
  });

  it("is named, read and alone with what it says", () => {
    const codes = (texts: Readonly<Record<string, string>>) =>
      parse(texts).problems.map(({ code, file }) => `${file} ${code}`);
    expect(codes({ "Open Jobs": view })).toEqual(["repeatable/Open Jobs.sql REPEATABLE_NAME"]);
    expect(codes({ a: "-- nothing" })).toEqual(["repeatable/a.sql FILE_EMPTY"]);
    expect(codes({ a: "CREATE OR REPLACE VEIW x;" })).toEqual(["repeatable/a.sql SYNTAX_ERROR"]);
    expect(codes({ a: view, b: wider })).toEqual(["repeatable/b.sql REPEATABLE_TWICE"]);
  });
});

describe("the migration that carries it", () => {
  it("is none where the migrations say the same in another layout", () => {
    const said = migration(
      1,
      `CREATE VIEW dagapp.open_jobs\n  AS SELECT job_id -- all\n FROM dagapp.jobs;`,
    );
    expect(changeOfRepeatables(repeatable(view), [said])).toBeNull();
  });

  it("makes what is new, and its rollback drops it", () => {
    const sql = `${score("SELECT n")}\n${view}\nCOMMENT ON VIEW dagapp.open_jobs IS 'open';`;
    const change = changeOfRepeatables(repeatable(sql), [migration(1, "SELECT 1;")]);
    expect(change).toMatchObject({
      backTogether: [
        "DROP VIEW IF EXISTS dagapp.open_jobs",
        "DROP FUNCTION IF EXISTS dagapp.score(int4)",
      ],
      looks: [
        {
          name: "function dagapp.score(int4)",
          isMissing: "to_regprocedure('dagapp.score(int4)') IS NULL",
        },
        { name: "view dagapp.open_jobs", isMissing: "to_regclass('dagapp.open_jobs') IS NULL" },
      ],
      schemas: ["dagapp"],
    });
    expect(change?.together).toHaveLength(3);
  });

  it("brings back in its rollback what the newest migration before it made", () => {
    const files = [
      migration(2, `${score("SELECT n + 2")}\nCOMMENT ON FUNCTION dagapp.score(INTEGER) IS 'two';`),
      migration(1, score("SELECT n + 1")),
    ];
    const sql = `${score("SELECT n + 3")}\nCOMMENT ON FUNCTION dagapp.score(INTEGER) IS 'three';`;
    expect(changeOfRepeatables(repeatable(sql), files)?.backTogether).toEqual([
      score("SELECT n + 2").slice(0, -1),
      "COMMENT ON FUNCTION dagapp.score(INTEGER) IS 'two'",
    ]);
  });

  it("is for a person to write where the object was changed in place meanwhile", () => {
    const files = [
      migration(1, `${view}\n${score("SELECT n")}`),
      migration(2, "ALTER FUNCTION dagapp.score(INTEGER) STABLE;"),
      migration(3, "ALTER VIEW dagapp.open_jobs SET (security_barrier = true);"),
    ];
    expect(changedInPlace(repeatable(`${view}\n${score("SELECT n")}`), files)).toEqual([
      expect.stringMatching(/^view dagapp.open_jobs by 003_step.sql:\d+$/),
      expect.stringMatching(/^function dagapp.score\(int4\) by 002_step.sql:\d+$/),
    ]);
    const again = [...files, migration(4, `${view}\n${score("SELECT n")}`)];
    expect(changedInPlace(repeatable(view), again)).toEqual([]);
  });

  it("drops a view in its rollback that has more columns now, and keeps its comment", () => {
    const files = [migration(1, `${view}\nCOMMENT ON VIEW dagapp.open_jobs IS 'open';`)];
    expect(changeOfRepeatables(repeatable(wider), files)?.backTogether).toEqual([
      "DROP VIEW IF EXISTS dagapp.open_jobs",
      view.slice(0, -1),
      "COMMENT ON VIEW dagapp.open_jobs IS 'open'",
    ]);
    const narrower = migration(1, wider.replace("CREATE OR REPLACE", "CREATE"));
    expect(changeOfRepeatables(repeatable(view), [narrower])?.backTogether).toEqual([
      wider.slice(0, -1),
    ]);
  });

  it("makes again what a later migration dropped, and takes away a comment that is new", () => {
    const dropped = [migration(1, view), migration(2, "DROP VIEW IF EXISTS dagapp.open_jobs;")];
    expect(changeOfRepeatables(repeatable(view), dropped)?.backTogether).toEqual([
      "DROP VIEW IF EXISTS dagapp.open_jobs",
    ]);
    const commented = `${view}\nCOMMENT ON VIEW dagapp.open_jobs IS 'open';`;
    expect(changeOfRepeatables(repeatable(commented), [migration(1, view)])).toMatchObject({
      together: ["COMMENT ON VIEW dagapp.open_jobs IS 'open'"],
      backTogether: ["COMMENT ON VIEW dagapp.open_jobs IS NULL"],
    });
  });
});
