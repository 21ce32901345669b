// The table of a plan: what each statement does to others, one line each.
import { describeImpacts, planRows, planTable } from "../../../migrations/engine/impact/planTable";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { impactsIn } from "../../support/files/impacts";

beforeAll(loadParser);

const before = `
  CREATE TABLE a.jobs (id int PRIMARY KEY, c varchar(10));
  CREATE TABLE a.tasks (id int, job int REFERENCES a.jobs);
  CREATE INDEX by_c ON a.jobs (c);
  CREATE TYPE a.state AS ENUM ('x')`;

describe("planTable", () => {
  it("is aligned, in order, and counts what nobody else can notice", () => {
    const sql = `
      CREATE TABLE a.fresh (id int);
      ALTER TABLE a.jobs ALTER c TYPE int USING c::int, ADD COLUMN d int;
      CREATE INDEX CONCURRENTLY ON a.jobs (c);
      DROP TABLE a.tasks;
      ALTER TYPE a.state ADD VALUE 'y';
      DELETE FROM a.jobs WHERE id = 1;
      SELECT a.unknown();
      CREATE TABLE a.more (id int REFERENCES a.jobs);`;
    expect(planTable(impactsIn(sql, before))).toEqual([
      "LINE  RISK    LOCK                    STOPS                 STATEMENT",
      "L3    high    ACCESS EXCLUSIVE        reads and writes      ALTER TABLE a.jobs ALTER TYPE +1;",
      "                                                            rewrites, changes rows",
      "L4    low     SHARE UPDATE EXCLUSIVE  other DDL and VACUUM  CREATE INDEX CONCURRENTLY a.jobs;",
      "                                                            scans",
      "L5    high    ACCESS EXCLUSIVE        reads and writes      DROP TABLE a.tasks; locks a.jobs +1;",
      "                                                            drops",
      "L6    medium  -                       -                     ALTER TYPE a.state; cannot be undone",
      "L7    medium  ROW EXCLUSIVE           other DDL             DELETE a.jobs; changes rows",
      "L8    medium  -                       -                     SELECT a.unknown(); unknown",
      "L9    medium  SHARE ROW EXCLUSIVE     writes                CREATE TABLE a.more; locks a.jobs",
      "1 more statement that nobody else can notice",
    ]);
  });

  it("stays within 98 characters, whatever the names", () => {
    const long = "a_name_that_is_as_long_as_postgresql_lets_any_name_of_it_be_ye";
    const lines = planTable(
      impactsIn(`DROP INDEX "${long}"."${long}"; VACUUM FULL ${long}.${long}`),
    );
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(98);
    expect(lines.join("\n")).toContain("…");
  });

  it("is one line when nobody else can notice anything, and none without statements", () => {
    expect(planTable(impactsIn("CREATE TABLE a.b (c int)"))).toEqual([
      "1 statement that nobody else can notice",
    ]);
    expect(planTable([])).toEqual([]);
  });

  it("shows what will fail even where nobody else can notice it", () => {
    const sql = "BEGIN; ALTER TYPE a.state ADD VALUE 'y'; SELECT 'y'; COMMIT";
    expect(planTable(impactsIn(sql, before)).at(-1)).toMatch(/SELECT.* will fail$/);
  });
});

it("names a table before what belongs to it", () => {
  const [row] = planRows(impactsIn("DROP INDEX a.by_c", before));
  expect(row).toMatchObject({ stops: "reads and writes: a.jobs +1", work: "drops" });
});

it("says in full what does not fit", () => {
  const sql = "SELECT a.f(); ALTER TABLE a.gone DROP COLUMN b";
  expect(describeImpacts(impactsIn(sql))).toEqual([
    "L1 unknown: what a.f() does is not looked at.",
    "L1 assumed: no file makes a.gone, so its partitions and foreign keys are not known.",
  ]);
});
