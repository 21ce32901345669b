// Splitting of anything: generated SQL, any text, any bytes, and files as large as they may be.
import fc from "fast-check";

import { parseMigration } from "../../../migrations/engine/files/file";
import { parseStatements } from "../../../migrations/engine/sql/parser";
import {
  loadParser,
  splitSql,
  type Statement,
  trySplitSql,
} from "../../../migrations/engine/statements/statements";
import { gap, statementText } from "../../support/files/sqlPieces";

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

/** The tree without the places of its nodes. */
const treeOf = (sql: string): string => {
  const parsed = parseStatements(sql);
  if ("reason" in parsed) throw new Error(`${parsed.message}: ${sql}`);
  const trees = parsed.map(({ tag, node }) => ({ tag, node }));
  return JSON.stringify(trees, (key, value: unknown) =>
    ["location", "list_start", "list_end", "rexpr_list_start", "rexpr_list_end"].includes(key)
      ? undefined
      : value,
  );
};

const file = fc.array(fc.tuple(fc.array(gap), statementText, fc.array(gap)), { maxLength: 12 });
const textOf = (parts: readonly (readonly [string[], string, string[]])[]): string =>
  parts.map(([a, text, b]) => `${a.join("")}${text}${b.join("")};`).join("");

describe("generated files", () => {
  it("are given back by their statements and gaps, at the places that are said", () => {
    fc.assert(
      fc.property(file, (parts) => {
        const sql = textOf(parts);
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

  it("mean the same to the parser piece by piece as whole", () => {
    fc.assert(
      fc.property(file, (parts) => {
        const sql = textOf(parts);
        const whole = treeOf(sql);
        const pieces = splitSql(sql).map(({ text }) => treeOf(text).slice(1, -1));
        expect(`[${pieces.join(",")}]`).toBe(whole);
      }),
    );
  });
});

describe("limits", () => {
  it("takes 20 MB in ten thousand statements", () => {
    const one = `INSERT INTO a.b VALUES (1, $x$${"é; ' -- ".repeat(215)}$x$);\n`;
    const statements = splitSql(one.repeat(10_000));
    expect(statements).toHaveLength(10_000);
    expect(statements.at(-1)).toMatchObject({ line: 10_000, column: 1 });
    expect(statements.at(-1)?.endOffset).toBeGreaterThan(19_000_000);
  }, 300_000);

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
});

describe("anything else", () => {
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

  it("never throws, whatever the bytes of a file", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const parsed = parseMigration("001_x.sql", Buffer.from(bytes), null);
        expect("problems" in parsed && parsed.problems.length > 0).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
