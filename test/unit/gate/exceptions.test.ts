// The header's EXCEPTIONS: what they lift, what they must be backed by, and when they are wrong themselves. And the
// delay of a DROP TABLE, which only the ledger can tell.
import { checkFiles } from "../../../migrations/engine/gate/fileCheck";
import { checkGate } from "../../../migrations/engine/gate/gate";
import type { Example } from "../../../migrations/engine/gate/input/examples";
import { formatViolations } from "../../../migrations/engine/gate/violationText";
import { loadParser } from "../../../migrations/engine/statements/statements";
import type { Tier } from "../../../stack/tier";
import { judgeExample } from "../../support/files/judgeExample";
import { exampleDay, exampleMigrations, exampleSchemas } from "../../support/files/ruleExample";

beforeAll(loadParser);

const judge = (example: Example, tier: Tier) =>
  judgeExample(example, tier).map(({ rule, severity, excepted }) => ({
    rule,
    severity,
    ...(excepted === undefined ? {} : { excepted }),
  }));

const plainIndex = (header: Record<string, string>): Example => ({
  body: "CREATE INDEX idx_jobs_owner ON dagapp.jobs (owner);",
  rollback: "DROP INDEX IF EXISTS dagapp.idx_jobs_owner;",
  header,
});
const rename: Example = {
  body: "ALTER TABLE dagapp.jobs RENAME COLUMN owner TO holder;",
  rollback: "ALTER TABLE dagapp.jobs RENAME COLUMN holder TO owner;",
};

describe("an exception", () => {
  it.each(["dev", "qa", "uat", "prod"] as const)(
    "lifts its rule in %s and stays in sight",
    (tier) => {
      const example = { ...rename, header: { EXCEPTIONS: "renaming-column: read by nobody" } };
      expect(judge(example, tier)).toEqual([
        { rule: "renaming-column", severity: "warning", excepted: "read by nobody" },
      ]);
      expect(formatViolations(judgeExample(example, tier), tier)).toContain(
        `  rule renaming-column | tier ${tier} | excepted: read by nobody`,
      );
    },
  );

  it("lifts nothing else", () => {
    const body = `${rename.body ?? ""}\nTRUNCATE dagapp.notes;`;
    const header = { EXCEPTIONS: "renaming-column: read by nobody" };
    expect(judge({ ...rename, body, header }, "prod")).toEqual([
      { rule: "renaming-column", severity: "warning", excepted: "read by nobody" },
      { rule: "ban-truncate", severity: "error" },
    ]);
  });

  const small = { EXCEPTIONS: "require-concurrent-index-creation: twenty rows" };
  it.each([
    ["qa", "Medium", ["warning", "warning"]],
    ["uat", "Medium", ["error", "error"]],
    ["prod", "Medium", ["error", "error"]],
  ] as const)("must be backed: %s, risk %s", (tier, risk, severities) => {
    const found = judge(plainIndex({ ...small, "Lock escalation risk": risk }), tier);
    const about = found.filter(({ rule }) => /index-creation|unbacked/.test(rule));
    expect(about.map(({ rule }) => rule).sort()).toEqual([
      "exception-unbacked",
      "require-concurrent-index-creation",
    ]);
    expect(about.map(({ severity }) => severity)).toEqual(severities);
  });

  it("counts when it is backed", () => {
    expect(judge(plainIndex({ ...small, "Lock escalation risk": "High" }), "prod")).toEqual([
      {
        rule: "require-concurrent-index-creation",
        severity: "warning",
        excepted: "twenty rows",
      },
    ]);
  });

  const index = "CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_jobs_owner ON dagapp.jobs (owner);";
  it.each([
    ["exception-unknown-rule", "no-such-rule: nobody reads it"],
    ["exception-unused", "renaming-column: nobody reads it"],
    ["exception-refused", "ban-truncate: nobody reads it"],
    ["exception-refused", "rollback-untested: nobody reads it"],
    ["exception-refused", "exception-unused: nobody reads it"],
  ])("is an error itself: %s, %s", (rule, exception) => {
    for (const tier of ["dev", "prod"] as const) {
      const example = { ...plainIndex({ EXCEPTIONS: exception }), body: index };
      expect(judge(example, tier)).toEqual([{ rule, severity: "error" }]);
    }
  });

  it("is found in its line", () => {
    const [violation] = judgeExample(
      { ...plainIndex({ EXCEPTIONS: "no-such-rule: nobody reads it" }), body: index },
      "prod",
    );
    expect(violation).toMatchObject({ file: "002_example.sql", line: 29 });
  });

  it("of another file lifts nothing", () => {
    const [ground, excepted] = exampleMigrations({
      ...rename,
      header: { EXCEPTIONS: "renaming-column: read by nobody" },
    });
    const [, plain] = exampleMigrations(rename);
    if (ground === undefined || excepted === undefined || plain === undefined) throw new Error();
    const next = { ...plain, number: 3, fileName: "003_example.sql" };
    const found = checkFiles([ground, excepted, next], "prod", {
      schemas: exampleSchemas,
      now: exampleDay,
      judged: [next.fileName],
    });
    expect(found.find(({ rule }) => rule === "renaming-column")?.severity).toBe("error");
  });
});

describe("DROP TABLE", () => {
  const day = 24 * 60 * 60 * 1000;
  const marked: Example = {
    before: "COMMENT ON TABLE dagapp.notes IS 'drop after 2026-01-15: replaced';",
    header: { "Backup reference": "vault/1" },
    body: "DROP TABLE dagapp.notes;",
    rollback: "CREATE TABLE IF NOT EXISTS dagapp.notes (note_id INTEGER);",
  };
  /** Messages of ban-drop-table when the mark was applied so many days ago; null: not applied. */
  const afterDays = (days: number | null, tier: Tier, example = marked) => {
    const files = exampleMigrations(example);
    const pending = files.slice(-1);
    return checkGate({
      tier,
      plan: {
        applied: files.slice(0, -1),
        pending,
        held: [],
        toRollBack: [],
        changedRollbacks: [],
        problems: [],
      },
      tickets: ["CHG-2026-0142"],
      targetVersion: "1.1.0",
      migratorConfigured: true,
      files,
      schemas: exampleSchemas,
      now: exampleDay,
      isUpdate: true,
      lower: null,
      windows: [],
      breakGlass: null,
      appliedAt: () => (days === null ? null : new Date(exampleDay.getTime() - days * day)),
    })
      .filter(({ rule }) => rule === "ban-drop-table")
      .map(({ message, severity, excepted }) => `${excepted ?? severity}: ${message}`);
  };

  it.each([
    ["prod", 7, []],
    ["prod", 6.9, ["it was set apart 2026-01-25, and 7 days must pass (until 2026-02-01)"]],
    ["uat", 0, ["it was set apart 2026-02-01, and 7 days must pass (until 2026-02-08)"]],
    ["qa", 0, []],
    ["dev", 0, []],
    ["prod", null, ["1.0.5, which sets it apart, is not applied here"]],
  ] as const)("in %s, marked %s days ago", (tier, days, missing) => {
    const severity = tier === "prod" || tier === "uat" ? "error" : "warning";
    expect(afterDays(days, tier)).toEqual(
      missing.map((text) => `${severity}: DROP TABLE dagapp.notes: ${text}.`),
    );
  });

  it.each([
    ["drop after 2026-03-01: later", "its mark says not before 2026-03-01"],
    ["goes soon", "no earlier migration has marked or renamed it"],
  ])("marked with %j", (comment, missing) => {
    const before = `COMMENT ON TABLE dagapp.notes IS '${comment}';`;
    expect(afterDays(100, "prod", { ...marked, before })).toEqual([
      `error: DROP TABLE dagapp.notes: ${missing}.`,
    ]);
  });

  it("may be set apart by another name", () => {
    const before = "ALTER TABLE dagapp.notes RENAME TO notes_old;";
    const renamed = {
      ...marked,
      before,
      body: "DROP TABLE dagapp.notes_old;",
      rollback: "CREATE TABLE IF NOT EXISTS dagapp.notes_old (note_id INTEGER);",
    };
    expect(afterDays(7, "prod", renamed)).toEqual([]);
    expect(afterDays(1, "prod", renamed)).toEqual([
      "error: DROP TABLE dagapp.notes_old: it was set apart 2026-01-31, and 7 days must pass (until 2026-02-07).",
    ]);
  });

  it("marked in the same file is not marked", () => {
    const body =
      "COMMENT ON TABLE dagapp.notes IS 'drop after 2026-01-15: x';\nDROP TABLE dagapp.notes;";
    const { header = {}, rollback = "" } = marked;
    expect(afterDays(100, "prod", { header, rollback, body })).toEqual([
      "error: DROP TABLE dagapp.notes: no earlier migration has marked or renamed it.",
    ]);
  });

  it("is excepted with a backup, and its exception is never called idle for having waited long enough", () => {
    const header = { ...marked.header, EXCEPTIONS: "ban-drop-table: empty since May" };
    expect(afterDays(1, "prod", { ...marked, header })).toEqual([
      expect.stringMatching(/^empty since May: DROP TABLE/),
    ]);
    expect(judgeExample({ ...marked, header }, "dev")).toEqual([]);
    const noBackup = { EXCEPTIONS: "ban-drop-table: empty since May" };
    expect(afterDays(100, "prod", { ...marked, header: noBackup })).toEqual([
      "error: DROP TABLE dagapp.notes: the header names no backup.",
    ]);
  });
});
