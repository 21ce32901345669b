// What plan and status write: exact texts from given facts.
import { styleFor } from "../../../cli/frame/terminal";
import { eventText } from "../../../cli/report/eventText";
import { planReport } from "../../../cli/report/planReport";
import { planText } from "../../../cli/report/planText";
import { statementFacts, statementReports } from "../../../cli/report/statementReport";
import { statusReport } from "../../../cli/report/statusReport";
import { breakGlassText, statusText, structureLines } from "../../../cli/report/statusText";
import { durationText, momentText } from "../../../cli/report/times";
import type { MigrationFile } from "../../../migrations/engine/files/file";
import type { Violation } from "../../../migrations/engine/gate/input/gateRule";
import { planMigrations } from "../../../migrations/engine/gate/input/plan";
import { formatViolations } from "../../../migrations/engine/gate/violationText";
import type { EventRow } from "../../../migrations/engine/history/event";
import {
  type BreakGlass,
  foldHistory,
  type History,
  type LedgerRow,
} from "../../../migrations/engine/history/history";
import type { LowerTier } from "../../../migrations/engine/history/promotion";
import type { SnapshotDifference } from "../../../migrations/engine/history/snapshot";
import type { Comparison } from "../../../migrations/engine/history/structureRecord";
import { type Blocker, describeBlocker } from "../../../migrations/engine/server/blockers";
import { loadParser } from "../../../migrations/engine/statements/statements";
import type { PreflightPreview } from "../../../migrations/engine/survey/preflightPreview";
import { makeMigration } from "../../support/files/makeMigration";
import { makeSettings } from "../../support/program/makeSettings";

beforeAll(loadParser);

const plain = styleFor(false, {});
const unrecorded = { kind: "never recorded" } as const;
const at = (time: string): Date => new Date(`2026-04-22T${time}Z`);

const ledgerRow = (overrides: Partial<LedgerRow> = {}): LedgerRow => ({
  version: "1.0.0",
  startedAt: at("09:00:00"),
  completedAt: at("09:00:01.500"),
  applied: true,
  rolledBackAt: null,
  executedBy: "migrator",
  ticket: "CHG-2026-0142",
  ...overrides,
});

/** What qa publishes of the second of the files: it has run there with exactly this text. */
const belowOf = (files: readonly MigrationFile[]): LowerTier => ({
  ...{ kind: "known", stack: "qa", tier: "qa" },
  versions: files.slice(1, 2).map(({ header, checksum }) => ({
    ...{ version: header.version, checksum, appliedAt: null, login: null, ticket: null },
    ...{ rollbackChecksum: null, proven: null, signedOff: null, validated: null },
    measured: ["dagapp.jobs: ACCESS EXCLUSIVE for at most 12 ms"],
    unannounced: [],
  })),
});

let nextId = 0;
const event = (overrides: Partial<EventRow> & Pick<EventRow, "kind">): EventRow => ({
  id: (nextId += 1),
  happenedAt: at("09:00:01"),
  login: "admin",
  version: "1.0.0",
  run: null,
  segment: null,
  checksum: "sha256:a",
  rollbackChecksum: null,
  ticket: null,
  detail: {},
  ...overrides,
});

describe("times", () => {
  it.each([
    [0.4, "0 ms"],
    [999, "999 ms"],
    [12_345, "12.3 s"],
    [303_000, "5 min 3 s"],
  ])("%d ms are %s", (milliseconds, text) => {
    expect(durationText(milliseconds)).toBe(text);
  });

  it("are in UTC", () => {
    expect(momentText(at("09:15:01.999"))).toBe("2026-04-22 09:15:01 UTC");
  });
});

describe("status", () => {
  const textFor = (history: History, structure: Comparison = unrecorded): string =>
    statusText(
      statusReport(
        "uat",
        makeSettings({ tier: "uat" }),
        { history, structure, vouched: [] },
        {
          serverVersion: "18.1",
          runner: null,
        },
      ),
      plain,
    );

  it("tells what runs did to what was there, and what of it nobody announced", () => {
    const detail = {
      measured: {
        impacts: [{ name: "dagapp.jobs", updated: 3, lock: "ACCESS EXCLUSIVE" }],
        ...{ heldMs: 12, made: [], unannounced: ["dagapp.notes: 1 row deleted, none announced"] },
      },
    };
    const events = [
      event({ kind: "segment-done", segment: 1, detail }),
      event({ kind: "applied" }),
    ];
    const text = textFor(foldHistory([ledgerRow()], events));
    expect(text).toContain(
      "  1.0.0  dagapp.jobs: 3 rows updated, ACCESS EXCLUSIVE for at most 12 ms\n" +
        "  1.0.0  not announced: dagapp.notes: 1 row deleted, none announced\n",
    );
  });

  it("tells of each version when, by whom, for which ticket, and what was decided", () => {
    const said = { by: "Eve Holt", reason: "" };
    const history = foldHistory(
      [
        ledgerRow(),
        ledgerRow({ version: "1.1.0", applied: false, rolledBackAt: at("10:00:00"), ticket: null }),
        ledgerRow({ version: "1.2.0", ticket: "CHG-2026-0144" }),
      ],
      [
        event({ kind: "stamped", version: null, detail: { tier: "uat" } }),
        event({ kind: "applied", login: "migrator" }),
        event({ kind: "proven" }),
        event({ kind: "validated", detail: said }),
        event({ kind: "signed-off", detail: said }),
      ],
    );
    expect(textFor(history)).toBe(`uat: tier uat, 127.0.0.1:5432/geo, PostgreSQL 18.1, stamped uat

  1.0.0  applied      2026-04-22 09:00:01 UTC  1.5 s  by migrator  CHG-2026-0142
      rollback proven, validated by Eve Holt, signed off by Eve Holt
  1.1.0  rolled back                                  by migrator  no ticket
  1.2.0  applied      2026-04-22 09:00:01 UTC  1.5 s  by migrator  CHG-2026-0144
      run by hand, not acknowledged

Nobody runs migrations now.`);
  });

  it("tells of an emergency, and of another tier's stamp", () => {
    const detail = { reason: "disk full", approvedBy: "Ann Duty" };
    const text = textFor(
      foldHistory(
        [],
        [
          event({ kind: "stamped", version: null, detail: { tier: "prod" } }),
          event({ kind: "break-glass-opened", version: null, ticket: "CHG-2026-0911", detail }),
        ],
      ),
    );
    expect(text).toContain("stamped prod, which is another tier's\n\n  nothing was ever applied\n");
    expect(text).toContain(
      "Break-glass is open since 2026-04-22 09:00:01 UTC for CHG-2026-0911: disk full (approved by Ann Duty, login admin)\n",
    );
  });
});

describe("status of the schemas", () => {
  const since = "version 1.0.0 was applied at 2026-04-22T09:00:01.000Z";
  const changed = (part: string): SnapshotDifference => ({
    ...{ object: "table dagapp.jobs", part, change: "new" },
    ...{ before: [], after: [] },
  });

  it("lists all that was changed by hand, however much", () => {
    const differences = Array.from({ length: 500 }, (_, n) => changed(`column c${n}`));
    const lines = structureLines({ kind: "compared", since, differences });
    expect(lines).toHaveLength(501);
    expect(lines.slice(0, 2)).toEqual([
      `1 object was changed by hand since ${since}:`,
      "  table dagapp.jobs: column c0 is new",
    ]);
  });

  it.each<[Comparison, readonly string[]]>([
    [unrecorded, []],
    [{ kind: "half done" }, []],
    [{ kind: "compared", since, differences: [] }, []],
    [
      { kind: "not compared", reason: "why" },
      ["The schemas could not be compared with what the last run left: why."],
    ],
  ])("is said in few words or none, case %#", (structure, lines) => {
    expect(structureLines(structure)).toEqual(lines);
  });
});

describe("a statement", () => {
  const factsOf = (body: string): readonly string[] => {
    const files = [
      makeMigration(),
      makeMigration({ name: "002_change", version: "1.1.0", body }),
    ] as const;
    return statementReports(files[1], files).flatMap(statementFacts);
  };

  it.each([
    ["CREATE TABLE dagapp.other (id INTEGER);", []],
    [
      "ALTER TABLE dagapp.jobs ADD COLUMN a TEXT;",
      ["ACCESS EXCLUSIVE on dagapp.jobs (blocks reads and writes)"],
    ],
    [
      "CREATE INDEX i ON dagapp.jobs (job_id);",
      ["SHARE on dagapp.jobs (blocks writes)", "reads all of dagapp.jobs"],
    ],
    [
      "ALTER TABLE dagapp.jobs ALTER COLUMN job_id TYPE INTEGER USING 1;",
      ["writes all of dagapp.jobs anew"],
    ],
    ["DROP TABLE dagapp.jobs;", ["what was stored is lost"]],
    ["CREATE INDEX CONCURRENTLY i ON dagapp.jobs (job_id);", ["outside of any transaction"]],
  ])("%s: %j", (body, facts) => {
    expect(factsOf(body)).toEqual(expect.arrayContaining(facts));
    if (facts.length === 0)
      expect(factsOf(body).filter((fact) => !fact.startsWith("risk"))).toEqual([]);
  });
});

describe("plan", () => {
  const uat = { tier: "uat", targetVersion: "1.1.0", tickets: "CHG-2026-0143" };
  const report = (
    states: Parameters<typeof planMigrations>[1],
    violations: readonly Violation[],
    { window = "", downtime = "No", target = "1.1.0" } = {},
    preflight: PreflightPreview | null = null,
  ) => {
    const settings = makeSettings({ ...uat, targetVersion: target, window });
    const files = [
      makeMigration(),
      makeMigration({
        name: "002_change",
        version: "1.1.0",
        ticket: "CHG-2026-0143",
        body: "ALTER TABLE dagapp.jobs ADD COLUMN a TEXT;",
        rollbackBody: "ALTER TABLE dagapp.jobs DROP COLUMN IF EXISTS a;",
        downtime: downtime === "Yes" ? "Yes" : "No",
      }),
      makeMigration({ name: "003_later", version: "1.2.0" }),
    ];
    const losses = new Map([["002_change.sql", ["drops dagapp.jobs.a"]]]);
    const now = new Date("2026-11-01T00:00:00Z");
    const plan = planMigrations(files, states, settings.run.targetVersion);
    const history = { stamp: "uat", breakGlass: null, versions: [], vouchings: [] } as const;
    const known = { losses, tickets: [], now, structure: unrecorded, preflight, unseen: null };
    const obstacles: readonly string[] = [];
    const survey = {
      files,
      repeatables: [],
      history,
      plan,
      violations,
      waiting: [],
      existingRoles: new Set<string>(),
      obstacles,
      lower: belowOf(files),
      upgrades: [],
      pgstac: null,
      ...known,
    };
    return planReport("uat", settings, survey);
  };
  const error: Violation = {
    rule: "review-missing",
    severity: "error",
    file: "002_change.sql",
    line: 8,
    message: "the header names no reviewer.",
    why: "two see more.",
    remedy: "have it reviewed.",
  };
  const applied = (version: string) =>
    ({
      version,
      status: "applied",
      checksum: makeMigration().checksum,
      rollbackChecksum: null,
    }) as const;

  it("says ahead what pre-flight would say", () => {
    const preflight: PreflightPreview = {
      kind: "looked",
      findings: [
        {
          ...{ id: "version-required", severity: "error", files: ["002_change.sql"] },
          ...{ message: "It needs pgstac 0.9.", todo: "Bring it there." },
        },
      ],
    };
    const planned = report([applied("1.0.0")], [], {}, preflight);
    expect(planned.preflight).toEqual(preflight);
    expect(planText(planned, [], plain)).toContain(
      "\n\npre-flight, as the server is now: 002_change.sql: would be refused: version-required: It needs pgstac 0.9. Bring it there.\n",
    );
  });

  it("tells what runs, with locks, and what is held", () => {
    expect(planText(report([applied("1.0.0")], []), [], plain))
      .toBe(`uat: tier uat, 127.0.0.1:5432/geo, target 1.1.0, tickets CHG-2026-0143

  applied  1.0.0  001_add_jobs.sql  CHG-2026-0142
  pending  1.1.0  002_change.sql    CHG-2026-0143
  held     1.2.0  003_later.sql     CHG-2026-0142

002_change.sql (1.1.0)
  ticket CHG-2026-0143, by Ada, reviewed by Grace on 2026-01-30, rollback 002_change_rollback.sql
  L39 ALTER TABLE dagapp.jobs ADD COLUMN a TEXT
      risk medium
      ACCESS EXCLUSIVE on dagapp.jobs (blocks reads and writes)
  qa measured: dagapp.jobs: ACCESS EXCLUSIVE for at most 12 ms

May run: 1 migration.`);
  });

  it.each([
    ["", "none is configured"],
    [
      "2026-11-01T22:00Z/PT2H",
      "the next, 2026-11-01T22:00Z/PT2H, opens at 2026-11-01T22:00:00.000Z",
    ],
  ])("with windows %j tells what needs one, and where the moment is", (window, where) => {
    const found = report([applied("1.0.0")], [], { window, downtime: "Yes" });
    expect(found.windows).toMatchObject({ isOpen: false, now: where });
    expect(found.pending[0]?.needsWindow).toBe("its header says that downtime is required");
    const text = planText(found, [], plain);
    expect(text).toContain("downtime required, needs a maintenance window");
    expect(text).toContain(`\n\nMaintenance windows: ${where}.\n`);
  });

  it("tells of a rollback what it does and what is lost", () => {
    const found = report([applied("1.0.0"), applied("1.1.0")], [], { target: "1.0.0" });
    expect(planText(found, [], plain)).toMatch(
      /002_change_rollback\.sql takes back 1\.1\.0\n {2}data recovery manual\n {2}drops dagapp\.jobs\.a\n {2}L\d+ ALTER TABLE dagapp\.jobs DROP COLUMN IF EXISTS a\n {6}risk high\n[^]*\n\nMay run: 1 rollback\.$/,
    );
  });

  it("says that the gate refuses, behind its reasons", () => {
    const refused = report([applied("1.0.0")], [error]);
    expect(refused.verdict).toBe("refused");
    expect(planText(refused, ["the reason"], plain)).toMatch(
      /\n\nthe reason\n\nRefused: 1 error; no migration would run\.$/,
    );
  });

  it("says that there is nothing to do", () => {
    const files = report([applied("1.0.0"), applied("1.1.0")], []);
    expect(files.pending).toEqual([]);
    expect(planText({ ...files, violations: [], verdict: "nothing to do" }, [], plain)).toMatch(
      /\nNothing to do: the database is at its target\.$/,
    );
  });
});

/** A session of which nothing is known but its process. */
const blocker: Blocker = {
  ...{ pid: 1, login: null, application: null, transactionMs: null, state: null, verb: null },
};

describe("what names from the server can write", () => {
  /** A name that would begin a line of its own, and one that would wipe the line out. */
  const forged = "x\nNothing to do\u001b[2K";
  const shown = "x\\u000ANothing to do\\u001B[2K";
  const structure: Comparison = {
    kind: "compared",
    since: "the last run",
    differences: [
      { object: `table ${forged}`, part: "itself", change: "new", before: [], after: [] },
    ],
  };
  const signedOff = event({ kind: "signed-off", login: forged, detail: { by: forged } });
  const opened: BreakGlass = {
    ...{ at: at("09:00:00"), ticket: forged, reason: forged, approvedBy: forged, login: forged },
  };
  const status = (): string => {
    const row = ledgerRow({ executedBy: forged, ticket: forged });
    const history = foldHistory([row], [event({ kind: "applied" }), signedOff]);
    const settings = makeSettings({ tier: "uat" });
    const asked = { history, structure, vouched: [] };
    return statusText(
      statusReport("uat", settings, asked, { serverVersion: "18.1", runner: forged }),
      plain,
    );
  };
  const violation: Violation = {
    ...{ file: "", line: null, message: forged, rule: "unrecorded-version", severity: "error" },
    ...{ why: "", remedy: "" },
  };

  it.each<readonly [string, () => string]>([
    ["the state of a database", status],
    ["an event", () => eventText(signedOff, makeMigration({ name: "004_add_status" })) ?? ""],
    ["break-glass", () => breakGlassText(opened)],
    ["the gate", () => formatViolations([violation], "uat")],
    ["who is in the way", () => describeBlocker({ ...blocker, login: forged })],
  ])("is told in %s without a line of their own", (_, text) => {
    expect(text()).toContain(shown);
    expect(text()).not.toContain("\u001b[2K");
    expect(text()).not.toMatch(/^Nothing to do/m);
  });
});
