// What a statement does, told from the files alone. That PostgreSQL does it is measured in test/database/impact/locks.test.ts.
import { rollbackImpactsAmong } from "../../../migrations/engine/impact/classify";
import type { StatementImpact } from "../../../migrations/engine/impact/impact";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { impactsIn, nameOf } from "../../support/files/impacts";
import { makeMigration } from "../../support/files/makeMigration";

beforeAll(loadParser);

const last = (sql: string, ...before: readonly string[]): StatementImpact => {
  const impact = impactsIn(sql, ...before).at(-1);
  if (impact === undefined) throw new Error("no statement");
  return impact;
};

describe("what is new", () => {
  it("is what the same file made", () => {
    const impact = last("CREATE TABLE a.b (c int); ALTER TABLE a.b ADD CHECK (c > 0)");
    expect(impact).toMatchObject({ onlyNewObjects: true, risk: "none" });
  });

  it("is not what an earlier file made", () => {
    const impact = last("ALTER TABLE a.b ADD CHECK (c > 0)", "CREATE TABLE a.b (c int)");
    expect(impact).toMatchObject({ onlyNewObjects: false, risk: "high" });
  });

  it.each([
    "CREATE TABLE IF NOT EXISTS a.b (c int); CREATE INDEX ON a.b (c)",
    "DO $$ BEGIN CREATE TABLE a.b (c int); END $$; CREATE INDEX ON a.b (c)",
    "CREATE TABLE a.b (c int); CREATE INDEX ON b (c)",
  ])("is not what may have been there: %s", (sql) => {
    expect(last(sql).onlyNewObjects).toBe(false);
  });

  it("is what was dropped before IF NOT EXISTS made it", () => {
    const sql = "DROP TABLE a.b; CREATE TABLE IF NOT EXISTS a.b (c int); CREATE INDEX ON a.b (c)";
    expect(last(sql, "CREATE TABLE a.b (d int)").onlyNewObjects).toBe(true);
  });

  it("follows the search path that the file sets", () => {
    const sql =
      "SET LOCAL search_path = a, public; CREATE TABLE b (c int); CREATE INDEX ON a.b (c)";
    expect(last(sql).onlyNewObjects).toBe(true);
  });

  it("is not what a new table's foreign key points at", () => {
    const impact = last(
      "CREATE TABLE a.d (c int REFERENCES a.b)",
      "CREATE TABLE a.b (c int PRIMARY KEY)",
    );
    expect(impact.onlyNewObjects).toBe(false);
    expect(impact.locks.map(({ object, mode }) => [nameOf(object), mode])).toEqual([
      ["a.b", "SHARE ROW EXCLUSIVE"],
    ]);
  });
});

describe("what cannot be seen", () => {
  it.each([
    ["DO $$ BEGIN EXECUTE 'DROP ' || x; END $$", /run time/],
    ["DO LANGUAGE plperl 'x'", /plperl/],
    ["SELECT a.f(1)", /a\.f\(\)/],
    ["CALL a.p()", /a\.p/],
    ["EXECUTE p", /prepared/],
    ["SELECT pg_sleep(1)", /pg_sleep\(\)/],
    ["SELECT pg_terminate_backend(1)", /pg_terminate_backend\(\)/],
    ["SELECT a.st_area(g)", /st_area\(\)/],
  ])("is said: %s", (sql, reason) => {
    expect(last(sql)).toMatchObject({ unknown: expect.stringMatching(reason) as string });
    expect(last(sql).risk).toBe("medium");
  });

  it.each([
    "SELECT pg_notify('a', 'b'), now(), count(*), public.st_area(g)",
    "EXPLAIN DELETE FROM a.b",
    "DO $$ BEGIN RAISE NOTICE '%', current_user; END $$",
    "DO $$ BEGIN EXECUTE 'DROP TABLE a.b'; END $$",
  ])("is not: %s", (sql) => {
    expect(last(sql).unknown).toBeNull();
  });

  it("is what a table that no file made has as partitions and foreign keys", () => {
    expect(last("ALTER TABLE a.b DROP COLUMN c").assumes).toEqual([
      "no file makes a.b, so its partitions and foreign keys are not known",
    ]);
  });
});

describe("functions that files make", () => {
  const made = `
    CREATE TABLE a.b (c int);
    CREATE FUNCTION a.plain(x int) RETURNS void LANGUAGE plpgsql AS $$ BEGIN UPDATE a.b SET c = x; END $$;
    CREATE FUNCTION a.sql() RETURNS void LANGUAGE sql AS 'SELECT a.plain(1)';
    CREATE FUNCTION a.atomic() RETURNS void BEGIN ATOMIC DELETE FROM a.b; SELECT 1; END;
    CREATE FUNCTION a.itself() RETURNS void LANGUAGE sql AS 'SELECT a.itself()';
    CREATE FUNCTION a.ddl() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DROP TABLE a.b; END $$;
    CREATE FUNCTION a.other() RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE x; END $$;
    CREATE FUNCTION a.foreign() RETURNS void LANGUAGE plpython3u AS 'x';
    CREATE PROCEDURE a.act() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO a.b VALUES (1); END $$;
    CREATE FUNCTION a.trig() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.c := 1; RETURN NEW; END $$;
    CREATE TABLE a.t (c int);
    CREATE TRIGGER t BEFORE INSERT ON a.t FOR EACH ROW EXECUTE FUNCTION a.trig()`;

  it.each([
    ["SELECT a.plain(1)", "ROW EXCLUSIVE", null],
    ["SELECT a.sql()", "ROW EXCLUSIVE", null],
    ["SELECT a.atomic()", "ROW EXCLUSIVE", null],
    ["CALL a.act()", "ROW EXCLUSIVE", null],
    ["DO $$ BEGIN PERFORM a.plain(1); END $$", "ROW EXCLUSIVE", null],
    ["SELECT a.itself()", undefined, null],
    ["SELECT a.ddl()", "ACCESS EXCLUSIVE", /more than queries/],
    ["SELECT a.other()", undefined, /a\.other\(\): .*run time/],
    ["SELECT a.foreign()", undefined, /plpython3u/],
    ["INSERT INTO a.t VALUES (2)", "ROW EXCLUSIVE", null],
    ["SET search_path = a; SELECT plain(1)", "ROW EXCLUSIVE", null],
    ["SELECT plain(1)", undefined, /not looked at/],
    ["DROP FUNCTION a.plain(int); SELECT a.plain(1)", undefined, /not looked at/],
    ["ALTER FUNCTION a.plain(int) RENAME TO z; SELECT a.z(1)", undefined, /not looked at/],
  ])("are looked into: %s", (sql, mode, unknown) => {
    const impact = last(sql, made);
    expect(impact.locks[0]?.mode).toBe(mode);
    if (unknown === null) expect(impact.unknown).toBeNull();
    else expect(impact.unknown).toMatch(unknown);
  });
});

describe("enum values", () => {
  const use = "CREATE TYPE a.e AS ENUM ('x')";

  it.each([
    ["BEGIN; ALTER TYPE a.e ADD VALUE 'y'; INSERT INTO a.t VALUES ('y'); COMMIT", 1],
    ["BEGIN; ALTER TYPE a.e ADD VALUE 'y'; INSERT INTO a.t VALUES ('x'); COMMIT", 0],
    ["BEGIN; ALTER TYPE a.e ADD VALUE 'y'; COMMENT ON TYPE a.e IS 'y'; COMMIT", 0],
    ["ALTER TYPE a.e ADD VALUE 'y'; INSERT INTO a.t VALUES ('y')", 0],
  ])("%s holds %d mistakes", (sql, count) => {
    expect(impactsIn(sql, use).flatMap(({ mistakes }) => mistakes)).toHaveLength(count);
  });
});

describe("a rollback", () => {
  it("starts from what the migration made, and nothing of it is new", () => {
    const file = makeMigration();
    const { impacts } = rollbackImpactsAmong([file], file);
    expect(impacts[0]).toMatchObject({
      drops: [{ kind: "table", schema: "dagapp", name: "jobs" }],
      onlyNewObjects: false,
      reversible: "data",
      risk: "high",
      assumes: [],
    });
  });

  it("is empty without a file", () => {
    const file = makeMigration({}, false);
    expect(rollbackImpactsAmong([file], file).impacts).toEqual([]);
  });
});

it("leaves the record of the migration itself out", () => {
  const sql = "INSERT INTO public.schema_migrations (version, applied) VALUES ('1.0.0', false)";
  expect(last(sql)).toMatchObject({ locks: [], risk: "none" });
});
