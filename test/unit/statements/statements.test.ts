// Splitting with the real parser: text, place and comment of each statement, and what is no SQL.
import {
  loadParser,
  splitSql,
  type Statement,
  trySplitSql,
} from "../../../migrations/engine/statements/statements";
import { BadInputError } from "../../../stack/errors";

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
