// The header block with its types, and where it ends.
import {
  parseHeader,
  parseRollbackHeader,
  rollbackNameOf,
} from "../../../migrations/engine/files/header";
import { forwardText, rollbackText } from "../../support/files/makeMigration";

const name = "001_add_jobs.sql";

describe("parseHeader", () => {
  it("gives every field its type and its line", () => {
    const { header, problems } = parseHeader(name, forwardText());
    expect(problems).toEqual([]);
    expect(header).toMatchObject({
      file: name,
      version: "1.0.0",
      ticket: "CHG-2026-0142",
      author: "Ada",
      created: "2026-01-29",
      reviewedBy: "Grace",
      reviewedOn: "2026-01-30",
      description: "Adds a table.",
      dependencies: [],
      impact: {
        tablesAffected: ["dagapp.jobs"],
        estimatedDuration: "1 minute",
        downtimeRequired: false,
        lockEscalationRisk: "Low",
      },
      rollback: { script: "001_add_jobs_rollback.sql", tested: true, dataRecovery: "Manual" },
    });
    expect(header?.lines).toMatchObject({
      MIGRATION: 2,
      TICKET: 5,
      IMPACT: 17,
      "Rollback tested": 25,
    });
  });

  it("joins wrapped lines, drops remarks and takes words with an explanation", () => {
    const text = forwardText()
      .replace("dagapp.jobs\n", "dagapp.jobs (new, empty),\n--     dagapp.tasks\n")
      .replace("Downtime required: No", "Downtime required: yes (5 minutes)")
      .replace("recovery: Manual", "recovery: Not possible, the rows are gone");
    const { header } = parseHeader(name, text);
    expect(header?.impact.tablesAffected).toEqual(["dagapp.jobs", "dagapp.tasks"]);
    expect(header?.impact.downtimeRequired).toBe(true);
    expect(header?.rollback.dataRecovery).toBe("Not possible");
  });

  it("reads how long the statements of both files may wait and run", () => {
    const limits = ["Lock timeout: 500 ms", "Statement timeout: 90min (prod's table is large)"];
    expect(parseHeader(name, forwardText({ limits })).header?.limits).toEqual({
      lockTimeoutMs: 500,
      statementTimeoutMs: 5_400_000,
    });
    const back = rollbackText({ rollbackLimits: ["STATEMENT TIMEOUT: 2 h"] });
    expect(parseRollbackHeader(rollbackNameOf(name), back).header?.limits).toEqual({
      lockTimeoutMs: null,
      statementTimeoutMs: 7_200_000,
    });
    const silent = { lockTimeoutMs: null, statementTimeoutMs: null };
    expect(parseHeader(name, forwardText()).header?.limits).toEqual(silent);
  });

  it.each(["0", "0 ms", "5 ms", "2", "none", "1.5 s", "-1 s", "[time]", "600 h", "2 s or so"])(
    "refuses the lock timeout %j",
    (value) => {
      const { problems } = parseHeader(name, forwardText({ limits: [`Lock timeout: ${value}`] }));
      expect(problems).toMatchObject([{ code: "HEADER_TIMEOUT", line: 22 }]);
    },
  );

  it("reads exceptions with their reasons, and where the backup is", () => {
    const recovery = "--   - Data recovery: Manual\n";
    const text = forwardText().replace(
      recovery,
      `${recovery}--   - Backup reference: vault/1\n--\n-- EXCEPTIONS:\n--   - ban-truncate: empty\n--     since May\n`,
    );
    const { header, problems } = parseHeader(name, text);
    expect(problems).toEqual([]);
    expect(header?.rollback.backupReference).toBe("vault/1");
    expect(header?.exceptions).toEqual([
      { rule: "ban-truncate", reason: "empty since May", line: 30 },
    ]);
    expect(parseHeader(name, forwardText()).header).toMatchObject({
      exceptions: [],
      rollback: { backupReference: null },
    });
  });

  it.each([
    "- ban-truncate",
    "- ban-truncate:",
    "- ban-truncate: TBD",
    "- ban-truncate: see ticket",
    "- Ban Truncate: empty",
  ])("refuses an exception without rule or reason: %s", (bullet) => {
    const recovery = "--   - Data recovery: Manual\n";
    const text = forwardText().replace(recovery, `${recovery}--\n-- EXCEPTIONS:\n--   ${bullet}\n`);
    expect(parseHeader(name, text).problems).toMatchObject([
      { code: "HEADER_EXCEPTION", line: 29 },
    ]);
  });

  it.each([
    ["Yes", true],
    ["yes.", true],
    ["Yes (qa, 2026-01-29)", true],
    ["Yes, in dev", true],
    ["Yes, not really", false],
    ["Yes, in theory", false],
    ["Yes (on my laptop)", false],
    ["Yes \u2014 to be done in qa", false],
    ["Yes, in qa, but it failed", false],
    ["Yes, n\u043et in qa", false],
    ["Yes, planned for 2026-03-01", false],
  ])("takes Rollback tested: %s for %s", (tested, expected) => {
    expect(parseHeader(name, forwardText({ tested })).header?.rollback.tested).toBe(expected);
  });

  it.each([
    ["vault/notes.dump", true],
    ["snapshot 4711", true],
    ["s3://backups/2026-01-29", true],
    ["later", false],
    ["none/1", false],
    ["to be made/1", false],
    ["/dev/null", false],
    ["//////", false],
    ["0000000", false],
    ["b\u0430ckup/2026", false],
    ["planned for 2026", false],
  ])("takes Backup reference: %s for a place: %s", (reference, isPlace) => {
    const recovery = "--   - Data recovery: Manual\n";
    const text = forwardText().replace(
      recovery,
      `${recovery}--   - Backup reference: ${reference}\n`,
    );
    const found = parseHeader(name, text).header?.rollback.backupReference;
    expect(found).toBe(isPlace ? reference : null);
  });

  it("leaves open what is filled in later", () => {
    const text = forwardText({ tested: "[Yes/No]" })
      .replace("Grace", "[DBA/Reviewer name]")
      .replace("2026-01-30", "pending");
    const { header, problems } = parseHeader(name, text);
    expect(problems).toEqual([]);
    expect(header).toMatchObject({
      reviewedBy: null,
      reviewedOn: null,
      rollback: { tested: null },
    });
  });

  it("reports all fields at once", () => {
    const text = forwardText({ version: "1.0", ticket: "soon", author: "[Your name]" });
    const { header, problems } = parseHeader(name, text);
    expect(header).toBeNull();
    expect(problems.map((problem) => problem.code).sort()).toEqual([
      "HEADER_FIELD_MISSING",
      "HEADER_TICKET",
      "HEADER_VERSION",
    ]);
  });

  it("ends at the rule before the first section's banner", () => {
    const text = forwardText();
    const { end } = parseHeader(name, text);
    expect(text.slice(0, end).trimEnd().endsWith("=")).toBe(true);
    expect(text.slice(end).trimStart().split("\n")[1]).toBe("-- PRE-FLIGHT CHECKS");
  });

  it.each(["", "\n\n", "SELECT 1;", "-- MIGRATION: x", "-- ====", "--", "-- MIGRATION"])(
    "finds no header in %j",
    (text) => {
      expect(parseHeader(name, text).problems).toMatchObject([{ code: "HEADER_MISSING", line: 1 }]);
    },
  );
});

describe("parseRollbackHeader", () => {
  it("gives the version it rolls back, and takes the warning as text", () => {
    const { header, end } = parseRollbackHeader("001_add_jobs_rollback.sql", rollbackText());
    expect(header).toMatchObject({ ticket: "CHG-2026-0142", rollsBack: "1.0.0" });
    expect(rollbackText().slice(end).trimStart().startsWith("BEGIN;")).toBe(true);
  });
});
