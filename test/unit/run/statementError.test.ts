// The message about a statement that failed: where, what, what is kept, what to do.
import { DatabaseError } from "pg";

import { rollbackCommand } from "../../../migrations/engine/run/rollbackCommand";
import {
  explainStatementFailure,
  type FailureContext,
} from "../../../migrations/engine/run/statementError";
import {
  loadParser,
  splitSql,
  type Statement,
} from "../../../migrations/engine/statements/statements";

const standing = (overrides: Partial<FailureContext> = {}): FailureContext => ({
  tier: "uat",
  fileName: "004_add_status.sql",
  version: "1.3.0",
  direction: "forward",
  rollbackFileName: "004_add_status_rollback.sql",
  keptFrom: [],
  earlierText: false,
  openFrom: [],
  leaves: null,
  infrastructureRole: "infra",
  ...overrides,
});
const refusal = (fields: Partial<DatabaseError>): DatabaseError =>
  Object.assign(new DatabaseError("column does not exist", 0, "error"), { code: "42703" }, fields);
/** The first statement of a text that starts in this line. */
const statement = (text: string, line = 1): Statement => {
  const [first] = splitSql("\n".repeat(line - 1) + text);
  if (first === undefined) throw new Error("no statement");
  return first;
};
/** PostgreSQL's position of a part of a statement: characters, from 1. */
const positionOf = (text: string, part: string): string =>
  String(Array.from(text.slice(0, text.indexOf(part))).length + 1);

beforeAll(loadParser);

describe("explainStatementFailure", () => {
  it("names file, line, kind, target, reason and SQLSTATE", () => {
    const error = explainStatementFailure(
      refusal({}),
      statement("ALTER TABLE dagapp.jobs ADD COLUMN x INTEGER;", 31),
      standing(),
    );
    expect(error.message).toContain(
      "004_add_status.sql:31: ALTER TABLE dagapp.jobs failed: column does not exist (SQLSTATE 42703).",
    );
    expect(error.code).toBe("STATEMENT_FAILED");
    expect(error.cause).toBeInstanceOf(DatabaseError);
  });

  it.each([
    ["2D000", /ends its transaction.*-- batch/],
    ["57P01", /The server ended the session/],
    ["57P02", /The server ended the session/],
  ])("does not ask for another file where %s says what was in the way", (code, remedy) => {
    const { hint } = explainStatementFailure(refusal({ code }), statement("CALL x()"), standing());
    expect(hint).toMatch(remedy);
    expect(hint).not.toContain("Do not mend");
  });

  it.each([
    ["in one line", "SELECT nowhere FROM dagapp.jobs", "nowhere", 0],
    ["in the third of several", "SELECT id,\n  'x',\n    nowhere\nFROM dagapp.jobs", "nowhere", 2],
    ["behind letters of several bytes", "SELECT 'größe', 'ščřž', nowhere", "nowhere", 0],
    ["behind letters outside the first plane", "SELECT '🗺️🌍',\n '🌍', nowhere", "nowhere", 1],
    ["at the very start", "SELEC 1", "SELEC", 0],
  ])("puts the caret under the place %s", (_name, text, part, below) => {
    const [parsed] = [{ ...statement("SELECT 1", 9), text }];
    const error = explainStatementFailure(
      refusal({ position: positionOf(text, part) }),
      parsed,
      standing(),
    );
    const lines = error.message.split("\n");
    const source = text.split("\n")[below] ?? "";
    const index = lines.indexOf(`  ${9 + below} | ${source}`);
    expect(index).toBeGreaterThan(0);
    const caret = Array.from(lines[index + 1] ?? "").length - 1;
    const head = `  ${9 + below} | `.length;
    expect(lines[index + 1]?.trimEnd()).toMatch(/^ +\| +\^$|^ +\| \^$/);
    expect(
      Array.from(source)
        .slice(caret - head, caret - head + part.length)
        .join(""),
    ).toBe(part);
  });

  it("keeps tabs, so that the caret stands below its place", () => {
    const text = "SELECT 1,\n\t\tnowhere";
    const parsed = { ...statement("SELECT 1", 9), text };
    const { message } = explainStatementFailure(
      refusal({ position: positionOf(text, "nowhere") }),
      parsed,
      standing(),
    );
    expect(message).toContain("\n  10 | \t\tnowhere\n     | \t\t^\n");
  });

  it("shows only the surroundings in a line that is very long", () => {
    const text = `SELECT '${"x".repeat(5_000)}', nowhere, '${"y".repeat(5_000)}'`;
    const parsed = { ...statement("SELECT 1", 9), text };
    const { message } = explainStatementFailure(
      refusal({ position: positionOf(text, "nowhere") }),
      parsed,
      standing(),
    );
    const [, source = "", below = ""] = message.split("\n");
    expect(source).toMatch(/^ {2}9 \| …x+', nowhere, 'y+…$/);
    expect(source.length).toBeLessThan(200);
    expect(source.slice(below.indexOf("^"))).toMatch(/^nowhere/);
  });

  it("shows the place in a query that a DO block ran", () => {
    const internalQuery = "INSERT INTO dagapp.jobs\nVALUES (nowhere)";
    const fields = { internalQuery, internalPosition: positionOf(internalQuery, "nowhere") };
    const { message } = explainStatementFailure(refusal(fields), statement("SELECT 1"), standing());
    expect(message).toContain("\n  inside | VALUES (nowhere)\n         |         ^\n");
  });

  it("says what is not done, and what the failed segment may have left", () => {
    const open = standing({
      keptFrom: [12],
      openFrom: [20, 31],
      leaves: "It may have left an index.",
    });
    const { message } = explainStatementFailure(refusal({}), statement("SELECT 1"), open);
    expect(message).toContain(
      "\n  Of version 1.3.0 these segments are done and kept: lines 12. Not done: lines 20, 31.\n  It may have left an index.\n",
    );
  });

  it("does not say that nothing is kept when the failed segment may have left something", () => {
    const open = standing({ leaves: "It may have left an index." });
    const { message } = explainStatementFailure(refusal({}), statement("SELECT 1"), open);
    expect(message).toContain("No segment of version 1.3.0 is done.");
    expect(message).toContain("Up resumes at the first segment that is not done");
  });

  it("draws no caret where PostgreSQL gives no place", () => {
    const error = explainStatementFailure(refusal({}), statement("SELECT 1 / 0"), standing());
    expect(error.message).not.toContain("^");
  });

  it("passes on detail, hint and the first line of where", () => {
    const fields = {
      detail: "Key (a)=(1).",
      hint: "Try b.",
      where: "PL/pgSQL line 3\nSQL statement",
    };
    const { message } = explainStatementFailure(refusal(fields), statement("SELECT 1"), standing());
    expect(message).toContain(
      "\n  Detail: Key (a)=(1).\n  PostgreSQL says: Try b.\n  Where: PL/pgSQL line 3\n",
    );
    expect(message).not.toContain("SQL statement");
  });

  it("says that nothing is kept, and what to do then", () => {
    const { message } = explainStatementFailure(refusal({}), statement("SELECT 1"), standing());
    expect(message).toContain("Nothing of version 1.3.0 was kept.");
    expect(message).toContain("Do not mend the database by hand.");
  });

  it("says what is kept, and gives the command that goes back", () => {
    const kept = standing({ keptFrom: [12, 40] });
    const { message } = explainStatementFailure(refusal({}), statement("SELECT 1"), kept);
    expect(message).toContain("Of version 1.3.0 these segments are done and kept: lines 12, 40.");
    expect(message).toContain(rollbackCommand("infra", "004_add_status_rollback.sql"));
  });

  it("says so when there is no rollback file to go back with", () => {
    const kept = standing({ keptFrom: [12], rollbackFileName: null });
    const { message } = explainStatementFailure(refusal({}), statement("SELECT 1"), kept);
    expect(message).toContain("There is no rollback file.");
    expect(message).not.toContain("psql");
  });

  it.each([new Error("Connection terminated unexpectedly"), "a text"])(
    "calls a statement cut off when the server gave no answer: %s",
    (cause) => {
      const kept = standing({ keptFrom: [12] });
      const { message } = explainStatementFailure(cause, statement("SELECT 1"), kept);
      expect(message).toMatch(/^004_add_status\.sql:1: SELECT was cut off: /);
      expect(message).toContain("kept: lines 12.");
      expect(message).toContain("run up again: it resumes");
    },
  );
});
