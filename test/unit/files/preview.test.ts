// The lines of a preview stay short whatever the size of a statement.
import { checksumOf } from "../../../migrations/engine/files/checksum";
import { describeStatements } from "../../../migrations/engine/files/statementLines";
import { describeChanges, describeRollbacks } from "../../../migrations/engine/impact/changeReport";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { makeMigration } from "../../support/files/makeMigration";

beforeAll(loadParser);

const bodyLines = (body: string, limit?: number): readonly string[] =>
  describeStatements(
    makeMigration({ body }).segments.filter((segment) => segment.section === "migration"),
    limit,
  );

describe("describeChanges", () => {
  it("names the time limits of a header, and of a rollback's", () => {
    const file = makeMigration({
      limits: ["Lock timeout: 500 ms", "Statement timeout: 90 min"],
      rollbackLimits: ["STATEMENT TIMEOUT: 2 h"],
    });
    const [text] = describeChanges([file], [file]);
    expect(text).toContain("\n  lock timeout 500 ms, statement timeout 90 min, by its header\n");
    const [back] = describeRollbacks([file], [file], new Map());
    expect(back).toContain("\n  statement timeout 2 h, by its header\n");
    const plain = makeMigration();
    expect(describeChanges([plain], [plain])[0]).not.toContain("timeout");
  });
});

describe("describeStatements", () => {
  it("shows a short statement whole, in one line", () => {
    expect(bodyLines("BEGIN;\nCREATE TABLE dagapp.jobs (\n  job_id  TEXT\n);\nCOMMIT;")).toEqual([
      "L40 CREATE TABLE dagapp.jobs ( job_id TEXT )",
    ]);
  });

  it("cuts a long one between words, with its size in bytes and its digest", () => {
    const sql = `COMMENT ON TABLE dagapp.jobs IS '${"é😀".repeat(50_000)}'`;
    const [line] = bodyLines(`${sql};`, 40);
    const digest = checksumOf(sql).slice(0, 15);
    expect(line).toBe(
      `L39 COMMENT ON TABLE dagapp.jobs IS … [${Buffer.byteLength(sql)} bytes ${digest}]`,
    );
  });

  it("cuts a statement of mostly blanks", () => {
    const [line] = bodyLines(`SELECT${" ".repeat(10_000)}1;`);
    expect(line).toMatch(/^L39 SELECT … \[10007 bytes sha256:[0-9a-f]{8}\]$/);
  });
});
