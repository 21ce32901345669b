// Splitting and classifying with the real parser, on good SQL and on anything else.
import fc from "fast-check";

import { BadInputError } from "../../migrations/engine/errors";
import {
  loadParser,
  splitSql,
  type Statement,
  trySplitSql,
} from "../../migrations/engine/statements";

beforeAll(loadParser);

const only = (sql: string): Statement => {
  const statements = splitSql(sql);
  expect(statements).toHaveLength(1);
  return statements[0] as Statement;
};

const problemOf = (sql: string) => {
  const result = trySplitSql("x.sql", sql);
  return "problems" in result ? result.problems[0] : null;
};

describe("splitSql", () => {
  it("gives text, place, comment and bytes, also behind characters of several bytes", () => {
    const [first, second] = splitSql("-- é\nSELECT 'é😀' ; /* x */ SELECT 2 -- end\n;");
    expect(first).toMatchObject({
      text: "SELECT 'é😀'",
      line: 2,
      column: 1,
      startOffset: 6,
      endOffset: 21,
      comment: "-- é",
    });
    expect(second).toMatchObject({ line: 2, column: 23, comment: null });
    expect(second?.text.startsWith("SELECT 2")).toBe(true);
  });

  it.each([
    ["nested dollar quotes", "DO $a$ BEGIN EXECUTE $b$ SELECT 1; $b$; END $a$; SELECT 1"],
    [
      "BEGIN ATOMIC",
      "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END; SELECT 1",
    ],
    ["semicolons in comments and strings", "SELECT ';' /* ; */ -- ;\n; SELECT 1"],
  ])("keeps %s together", (_name, sql) => {
    expect(splitSql(sql)).toHaveLength(2);
  });

  it.each(["", "  \n", "-- only a comment", "/* x */;;;"])("finds nothing in %j", (sql) => {
    expect(splitSql(sql)).toEqual([]);
  });

  it("throws all problems as one error", () => {
    expect(() => splitSql("SELEC 1")).toThrow(BadInputError);
  });

  it("rebuilds the source from its slices and gaps of blanks, comments and semicolons", () => {
    const piece = fc.constantFrom(
      "SELECT 'é;😀'",
      "BEGIN",
      "COMMIT",
      "DO $$ ; $$",
      "CREATE TABLE a.b (c int)",
      "SELECT $x$ ' $x$",
      'SELECT "ü;"',
      "UPDATE a SET b = E'\\''",
    );
    const gap = fc.constantFrom(" ", "\n", "\t", "-- ü;\n", "/* ; /* x */ */", ";", "\r\n");
    const part = fc.tuple(fc.array(gap), piece, fc.array(gap));
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const sql = parts.map(([a, text, b]) => `${a.join("")}${text}${b.join("")};`).join("");
        const bytes = Buffer.from(sql);
        const statements = splitSql(sql);
        expect(statements).toHaveLength(parts.length);
        let at = 0;
        let rebuilt = "";
        for (const statement of statements) {
          const between = bytes.toString("utf8", at, statement.startOffset);
          expect(splitSql(between)).toEqual([]);
          rebuilt += between + statement.text;
          expect(Buffer.byteLength(statement.text)).toBe(
            statement.endOffset - statement.startOffset,
          );
          const before = bytes.toString("utf8", 0, statement.startOffset).split("\n");
          expect(statement.line).toBe(before.length);
          expect(statement.column).toBe(Array.from(before.at(-1) ?? "").length + 1);
          at = statement.endOffset;
        }
        const rest = bytes.toString("utf8", at);
        expect(splitSql(rest)).toEqual([]);
        expect(rebuilt + rest).toBe(sql);
      }),
    );
  });
});

describe("classification", () => {
  it.each([
    ["CREATE TABLE dagapp.jobs (a int)", "CREATE TABLE", "dagapp.jobs", true],
    ["CREATE TABLE dagapp.jobs AS SELECT 1", "CREATE TABLE AS", "dagapp.jobs", true],
    ["CREATE MATERIALIZED VIEW a.m AS SELECT 1", "CREATE MATERIALIZED VIEW", "a.m", true],
    ["CREATE INDEX i ON a.b (c)", "CREATE INDEX", "a.b", true],
    ["CREATE INDEX CONCURRENTLY i ON a.b (c)", "CREATE INDEX CONCURRENTLY", "a.b", false],
    ["DROP INDEX CONCURRENTLY a.i", "DROP INDEX CONCURRENTLY", "a.i", false],
    ["DROP INDEX a.i, b.j", "DROP INDEX", "a.i, b.j", true],
    ["REINDEX INDEX CONCURRENTLY a.i", "REINDEX INDEX CONCURRENTLY", "a.i", false],
    ["REINDEX TABLE a.b", "REINDEX TABLE", "a.b", true],
    ["REINDEX (CONCURRENTLY FALSE) TABLE a.b", "REINDEX TABLE", "a.b", true],
    ["REINDEX (CONCURRENTLY 0) TABLE a.b", "REINDEX TABLE", "a.b", true],
    ["REINDEX (CONCURRENTLY ON) TABLE a.b", "REINDEX TABLE CONCURRENTLY", "a.b", false],
    ["REINDEX SCHEMA a", "REINDEX SCHEMA", "a", false],
    ["ALTER TABLE a.b ADD COLUMN c int", "ALTER TABLE", "a.b", true],
    ["ALTER TABLE a.b OWNER TO x", "ALTER TABLE OWNER TO", "a.b", true],
    [
      "ALTER TABLE a.b DETACH PARTITION a.c CONCURRENTLY",
      "ALTER TABLE DETACH PARTITION CONCURRENTLY",
      "a.b",
      false,
    ],
    ["ALTER TABLE a.b DETACH PARTITION a.c", "ALTER TABLE", "a.b", true],
    ["ALTER TABLE a.b RENAME COLUMN c TO d", "ALTER TABLE RENAME COLUMN", "a.b", true],
    ["ALTER SCHEMA a RENAME TO b", "ALTER SCHEMA RENAME", "a", true],
    ["ALTER TYPE a.t ADD VALUE 'x'", "ALTER TYPE", "a.t", true],
    ["VACUUM a.b", "VACUUM", "a.b", false],
    ["ANALYZE a.b", "ANALYZE", "a.b", true],
    ["CLUSTER", "CLUSTER", null, false],
    ["ALTER SYSTEM SET a = 1", "ALTER SYSTEM", null, false],
    ["CREATE DATABASE x", "CREATE DATABASE", "x", false],
    ["DROP DATABASE x", "DROP DATABASE", "x", false],
    ["DISCARD ALL", "DISCARD ALL", null, false],
    ["DO $$ BEGIN END $$", "DO", null, true],
    ["COMMENT ON COLUMN a.b.c IS 'x'", "COMMENT", "a.b.c", true],
    ["DROP FUNCTION a.f(int)", "DROP FUNCTION", "a.f", true],
    ["DROP TYPE a.t", "DROP TYPE", "a.t", true],
    ["DROP TRIGGER t ON a.b", "DROP TRIGGER", "a.b.t", true],
    ["DROP SCHEMA a", "DROP SCHEMA", "a", true],
    ["TRUNCATE a.b, a.c", "TRUNCATE", "a.b, a.c", true],
    ["GRANT SELECT ON a.b TO c", "GRANT", "a.b", true],
    ["REVOKE a FROM b", "REVOKE ROLE", null, true],
    ["SET ROLE x", "SET ROLE", null, true],
    ["SET LOCAL lock_timeout = 1", "SET", "lock_timeout", true],
    ["RESET ALL", "RESET ALL", null, true],
    ["CALL a.p()", "CALL", "a.p", true],
    ["LISTEN x", "LISTEN", null, true],
    ["CREATE CAST (a AS b) WITHOUT FUNCTION", "CREATE CAST", null, true],
  ])("%s is %s on %s, transactional: %s", (sql, kind, target, transactional) => {
    expect(only(sql)).toMatchObject({ kind, target, transactional });
  });

  it.each([
    ["BEGIN", "begin", false],
    ["START TRANSACTION", "begin", false],
    ["COMMIT", "commit", false],
    ["END", "commit", false],
    ["ROLLBACK", "rollback", false],
    ["ABORT", "rollback", false],
    ["BEGIN ISOLATION LEVEL SERIALIZABLE", "begin", true],
    ["COMMIT AND CHAIN", "commit", true],
    ["SAVEPOINT a", null, true],
    ["ROLLBACK TO a", null, true],
    ["PREPARE TRANSACTION 'x'", null, true],
  ])("%s: transaction %s, unsupported %s", (sql, transaction, unsupportedTransaction) => {
    expect(only(sql)).toMatchObject({ transaction, unsupportedTransaction });
  });

  it("names the index that is built", () => {
    expect(only("CREATE INDEX CONCURRENTLY i ON a.b (c)").indexName).toBe("i");
    expect(only("CREATE INDEX ON a.b (c)").indexName).toBeNull();
  });

  it.each([
    ["SET ROLE x", true],
    ["SET LOCAL ROLE x", true],
    ["RESET SESSION AUTHORIZATION", true],
    ["SELECT set_config('role', 'x', false)", true],
    ["SELECT pg_catalog.set_config('ROLE', 'x', false) FROM a", true],
    ["SELECT set_config(name, 'x', false) FROM a", true],
    ["SELECT set_config('work_mem', '1MB', true)", false],
    ["UPDATE pg_settings SET setting = 'x' WHERE name = 'role'", true],
    ["CREATE FUNCTION f() RETURNS int LANGUAGE sql SET role = x AS 'SELECT 1'", true],
    ["CREATE TABLE a.role (reset int)", false],
  ])("%s changes the role: %s", (sql, expected) => {
    expect(only(sql).changesRole).toBe(expected);
  });
});

describe("ledger statements", () => {
  it.each([
    ["INSERT INTO schema_migrations (version, applied) VALUES ('1.0.0', false)", "start", "1.0.0"],
    [
      "INSERT INTO public.schema_migrations (description, version) VALUES ('x', '1.0.0'::varchar) ON CONFLICT (version) DO UPDATE SET applied = false",
      "start",
      "1.0.0",
    ],
    ["INSERT INTO schema_migrations (version) SELECT '1.0.0'", "start", "1.0.0"],
    ["INSERT INTO schema_migrations (version) VALUES (current_setting('x'))", "start", null],
    ["UPDATE schema_migrations SET applied = true WHERE version = '1.0.0'", "applied", "1.0.0"],
    ["UPDATE schema_migrations SET applied = 'true'::bool WHERE version = '1.0.0'", "other", null],
    [
      "UPDATE schema_migrations AS m SET applied = true WHERE m.version = '1.0.0' AND NOT applied",
      "applied",
      "1.0.0",
    ],
    ["UPDATE schema_migrations SET applied = true WHERE version LIKE '1%'", "applied", null],
    [
      "UPDATE schema_migrations SET applied = false, rolled_back_at = now() WHERE version = '1.0.0'",
      "rolled back",
      "1.0.0",
    ],
    ["INSERT INTO schema_migrations (version, applied) VALUES ('1.0.0', true)", "other", null],
    [
      "INSERT INTO schema_migrations (version, applied) VALUES ('1', false) ON CONFLICT (version) DO UPDATE SET applied = true",
      "other",
      null,
    ],
    ["INSERT INTO schema_migrations (version) VALUES ('1'), ('2')", "other", null],
    ["UPDATE schema_migrations SET version = '2' WHERE version = '1'", "other", null],
    ["UPDATE schema_migrations SET description = 'x' WHERE version = '1'", "other", null],
    ["DELETE FROM schema_migrations", "other", null],
    ["TRUNCATE a, public.schema_migrations", "other", null],
    ["DROP TABLE schema_migrations", "other", null],
    ["ALTER TABLE public.schema_migrations ADD COLUMN x int", "other", null],
    ["WITH x AS (DELETE FROM schema_migrations RETURNING 1) SELECT * FROM x", "other", null],
    ["INSERT INTO public.schema_migration_events (kind) VALUES ('applied')", "other", null],
    ["LOCK TABLE public.schema_migration_lock", "other", null],
    ['DROP TABLE U&"schema\\005fmigrations"', "other", null],
  ])("%s is %s of %s", (sql, action, version) => {
    expect(only(sql).ledger).toEqual({ action, version });
  });

  it.each([
    "SELECT * FROM schema_migrations",
    "INSERT INTO a.b SELECT version FROM schema_migrations",
    "UPDATE pgstac.schema_migrations SET applied = true",
    "SELECT 'schema_migrations'",
  ])("%s leaves the ledger alone", (sql) => {
    expect(only(sql).ledger).toBeNull();
  });
});

describe("what is not SQL", () => {
  it.each([
    ["SYNTAX_ERROR", "SELECT 'é';\n  SELEC 2;", 2, 3],
    ["SYNTAX_ERROR", "UPDATE a SET b = 1 WHERE c LIMIT 10", 1, 28],
    ["UNCLOSED_QUOTE", "SELECT 1;\nSELECT 'abc", 2, 8],
    ["UNCLOSED_QUOTE", 'SELECT "abc', 1, 8],
    ["UNCLOSED_DOLLAR_QUOTE", "DO $$ BEGIN", 1, 4],
    ["UNCLOSED_COMMENT", "SELECT 1; /* /* */", 1, 11],
    ["PSQL_COMMAND", "SELECT 1;\n\\set x 1\n", 2, 1],
    ["PSQL_COMMAND", "\\i other.sql", 1, 1],
    ["COPY_FROM_STDIN", "COPY a FROM STDIN;", 1, 1],
    ["COPY_FROM_STDIN", "COPY a (b) FROM stdin WITH (FORMAT csv);\n1\n2\n\\.\n", 2, 1],
    ["NUL_BYTE", "SELECT 1;\0", 1, 10],
  ])("is %s: %j", (code, sql, line, column) => {
    expect(problemOf(sql)).toMatchObject({ code, line, column, file: "x.sql" });
  });

  it("says how to batch where LIMIT was written", () => {
    expect(problemOf("UPDATE a SET b = 1 LIMIT 10")?.hint).toContain("WHERE id IN");
  });

  it("shows the offending text", () => {
    expect(problemOf("SELECT 1;\nSELEC 2;")?.message).toBe(
      'syntax error at or near "SELEC": SELEC 2;',
    );
  });

  it("reads a backslash inside a string as text", () => {
    expect(only("SELECT '\n\\d\n'").kind).toBe("SELECT");
  });
});

describe("limits", () => {
  it("takes 20 MB of text in one statement", () => {
    expect(only(`SELECT '${"x, ".repeat(6_600_000)}'`).endOffset).toBeGreaterThan(19_000_000);
  });

  it.each([
    ["SQL_TOO_LARGE", "SELECT 1;".repeat(1_000_000)],
    ["SQL_TOO_DEEP", `SELECT 1${"+1".repeat(100_000)}`],
    ["SQL_TOO_DEEP", `SELECT ${"(".repeat(20_000)}1${")".repeat(20_000)}`],
    ["OPERATOR_RUN", "/*".repeat(100_000)],
    ["OPERATOR_RUN", `SELECT 1 ${"+".repeat(5_000)} 1`],
  ])(
    "answers %s in good time",
    (code, sql) => {
      expect(problemOf(sql)?.code).toBe(code);
      expect(only("SELECT 1").kind).toBe("SELECT");
    },
    5_000,
  );

  it("never throws, whatever the text", () => {
    const fragment = fc.constantFrom(
      "'",
      "$$",
      "$a$",
      "/*",
      "*/",
      "--",
      ";",
      "\\",
      "\n",
      "\r",
      "BEGIN",
      "(",
      "E'",
      "U&'",
      '"',
      "SELECT",
      "\ud800",
      "é",
    );
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(fc.oneof(fragment, fc.string()), { maxLength: 40 }).map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(text, (sql) => {
        const result = trySplitSql("x.sql", sql);
        if ("problems" in result) expect(result.problems[0].line).toBeGreaterThan(0);
        else expect(Array.isArray(result.statements)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});
