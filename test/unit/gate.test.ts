// The gate: a well-formed change passes in every tier; each rule is broken one way at a time.
import { checkGate, formatViolations, type GateInput } from "../../migrations/engine/gate";
import { gateRules } from "../../migrations/engine/gateRules";
import { type AppliedState, planMigrations } from "../../migrations/engine/plan";
import { loadParser } from "../../migrations/engine/statements";
import { type Tier, tiers } from "../../migrations/engine/tier";
import { formalities } from "../support/formalities";
import { makeMigration, type MigrationParts } from "../support/makeMigration";

beforeAll(loadParser);

interface Case extends Partial<Omit<GateInput, "plan" | "tier">> {
  readonly parts?: MigrationParts;
  readonly withRollback?: boolean;
  readonly states?: readonly AppliedState[];
}

/** Stands for the checksum that the file of this version has; `judge` puts it in. */
const fileChecksum = "of the file";

const wellFormed: MigrationParts = {
  ...formalities(["tasks"], "1.0.0"),
  body: "BEGIN;\nCREATE TABLE dagapp.tasks (task_id TEXT PRIMARY KEY);\nCOMMIT;",
  rollbackBody: "DROP TABLE IF EXISTS dagapp.tasks;",
};

/** One pending migration 002 behind an applied 001, and everything in order. */
function judge(tier: Tier, change: Case = {}) {
  const first = makeMigration({
    name: "001_add_jobs",
    version: "1.0.0",
    ...formalities(["jobs"]),
  });
  const second = makeMigration(
    {
      name: "002_add_tasks",
      version: "1.1.0",
      ticket: "CHG-2026-0143",
      ...wellFormed,
      ...change.parts,
    },
    change.withRollback ?? true,
  );
  const applied: AppliedState = {
    version: "1.0.0",
    status: "applied",
    checksum: first.checksum,
    rollbackChecksum: first.rollback?.checksum ?? null,
  };
  const targetVersion = change.targetVersion ?? "1.1.0";
  const checksumOf = new Map([first, second].map((f) => [f.header.version, f.checksum]));
  const states = (change.states ?? [applied]).map((one) =>
    one.checksum === fileChecksum ? { ...one, checksum: checksumOf.get(one.version) ?? null } : one,
  );
  return checkGate({
    tier,
    plan: planMigrations([first, second], states, targetVersion),
    tickets: change.tickets ?? ["CHG-2026-0143"],
    targetVersion,
    migratorConfigured: change.migratorConfigured ?? true,
    files: [first, second],
    schemas: ["dagapp", "geoapi", "pgstac"],
    now: new Date("2026-02-01T12:00:00Z"),
    appliedAt: () => null,
    ...(change.infrastructureRole === undefined
      ? {}
      : { infrastructureRole: change.infrastructureRole }),
  });
}

const state = (version: string, overrides: Partial<AppliedState> = {}): AppliedState => ({
  version,
  status: "applied",
  checksum: fileChecksum,
  rollbackChecksum: null,
  ...overrides,
});

type Severities = readonly [
  dev: string | null,
  qa: string | null,
  uat: string | null,
  prod: string | null,
];
const all: Severities = ["error", "error", "error", "error"];
const controlled: Severities = [null, null, "error", "error"];
const warned: Severities = ["warning", "warning", "error", "error"];

const broken: readonly (readonly [
  rule: string,
  change: Case,
  severities: Severities,
  place: string,
])[] = [
  [
    "edited-applied-file",
    { states: [state("1.0.0", { checksum: "sha256:old" })] },
    all,
    "001_add_jobs.sql:-",
  ],
  [
    "edited-rollback-file",
    { states: [state("1.0.0", { rollbackChecksum: "sha256:old" })] },
    ["warning", "warning", "warning", "warning"],
    "001_add_jobs_rollback.sql:-",
  ],
  [
    "unrecorded-version",
    { states: [state("1.0.0", { checksum: null })] },
    ["warning", "warning", "warning", "warning"],
    "001_add_jobs.sql:-",
  ],
  ["missing-applied-file", { states: [state("0.9.0"), state("1.0.0")] }, all, ":-"],
  [
    "out-of-order",
    { states: [state("1.1.0")], tickets: ["CHG-2026-0142"] },
    all,
    "001_add_jobs.sql:-",
  ],
  ["unknown-target", { targetVersion: "9.9.9" }, all, ":-"],
  ["target-version-required", { targetVersion: "latest" }, controlled, ":-"],
  [
    "target-below-applied",
    { states: [state("1.0.0"), state("1.1.0")], targetVersion: "1.0.0" },
    all,
    "002_add_tasks.sql:-",
  ],
  ["migrator-required", { migratorConfigured: false }, warned, ":-"],
  ["idle-ticket", { tickets: ["CHG-2026-0143", "CHG-2026-0999"] }, controlled, ":-"],
  ["ticket-required", { tickets: [] }, controlled, "002_add_tasks.sql:5"],
  [
    "ticket-required",
    { tickets: [], parts: { ticket: "pending" } },
    controlled,
    "002_add_tasks.sql:5",
  ],
  [
    "rollback-required",
    { withRollback: false },
    ["warning", "error", "error", "error"],
    "002_add_tasks.sql:24",
  ],
  ["rollback-untested", { parts: { tested: "No" } }, warned, "002_add_tasks.sql:25"],
  ["rollback-untested", { parts: { tested: "[Yes/No]" } }, warned, "002_add_tasks.sql:25"],
  ["review-missing", { parts: { reviewedBy: "[Name]" } }, warned, "002_add_tasks.sql:8"],
  ["reviewer-is-author", { parts: { reviewedBy: "ada" } }, warned, "002_add_tasks.sql:8"],
  [
    "forbidden-statement",
    { parts: { body: "GRANT SELECT ON dagapp.jobs TO PUBLIC;" } },
    all,
    "002_add_tasks.sql:39",
  ],
  [
    "forbidden-statement",
    { parts: { rollbackBody: "RESET ROLE; DROP TABLE IF EXISTS dagapp.tasks;" } },
    all,
    "002_add_tasks_rollback.sql:11",
  ],
];

describe("checkGate", () => {
  it.each(tiers)("lets a well-formed change pass in %s", (tier) => {
    expect(judge(tier)).toEqual([]);
  });

  it.each(broken)("%s %#", (rule, change, severities, place) => {
    tiers.forEach((tier, index) => {
      const severity = severities[index];
      const expected = severity === null ? [] : [{ rule, severity, place }];
      const found = judge(tier, change).map((one) => ({
        rule: one.rule,
        severity: one.severity,
        place: `${one.file}:${one.line ?? "-"}`,
      }));
      // Lesser findings that come with the change are not this row's business.
      expect({ tier, found: found.filter((one) => one.rule === rule) }).toEqual({
        tier,
        found: expected,
      });
      const others = found.filter((one) => one.rule !== rule).map((one) => one.rule);
      expect({ tier, others: others.filter((one) => !isCompanion(rule, one)) }).toEqual({
        tier,
        others: [],
      });
    });
  });

  it("has a broken case for each rule", () => {
    // Rules with a page have their examples (fileRules.test.ts), those about exceptions a test of their own.
    const others = gateRules.filter(
      ({ id, page }) => page === undefined && !/^exception-/.test(id),
    );
    expect(new Set(broken.map(([rule]) => rule))).toEqual(new Set(others.map((rule) => rule.id)));
  });

  it.each(tiers)("asks for no ticket, review or migrator in %s when nothing is pending", (tier) => {
    const input: Case = {
      states: [state("1.0.0"), state("1.1.0")],
      tickets: ["CHG-2026-0001"],
      migratorConfigured: false,
      parts: { reviewedBy: "[Name]", tested: "No" },
      withRollback: false,
    };
    expect(judge(tier, input)).toEqual([]);
    expect(judge(tier, { ...input, states: [state("1.0.0")], targetVersion: "1.0.0" })).toEqual([]);
  });

  it("lists all violations at once, by file and line", () => {
    const violations = judge("prod", {
      tickets: ["CHG-2026-0999"],
      migratorConfigured: false,
      withRollback: false,
      parts: { reviewedBy: "Ada", body: "BEGIN;\nSET ROLE x;\nRESET ALL;\nCOMMIT;" },
    });
    expect(violations.map(({ rule, line }) => [rule, line])).toEqual([
      ["migrator-required", null],
      ["idle-ticket", null],
      ["ticket-required", 5],
      ["reviewer-is-author", 8],
      ["rollback-required", 24],
      ["forbidden-statement", 40],
      ["forbidden-statement", 41],
    ]);
  });

  it("gives the command line of the rollback", () => {
    const [violation] = judge("prod", {
      states: [state("1.0.0"), state("1.1.0")],
      targetVersion: "1.0.0",
      infrastructureRole: "infra",
    });
    expect(violation?.remedy).toBe(
      "PGOPTIONS='-c role=infra' psql -X -v ON_ERROR_STOP=1 -f migrations/002_add_tasks_rollback.sql",
    );
  });
});

/** A change may break a second rule by its nature. */
function isCompanion(rule: string, other: string): boolean {
  const companions: Readonly<Record<string, readonly string[]>> = {
    "ticket-required": ["idle-ticket"],
    "edited-applied-file": ["edited-rollback-file"],
  };
  return (companions[rule] ?? []).includes(other);
}

describe("formatViolations", () => {
  it("gives four lines each", () => {
    const violations = judge("prod", { parts: { body: "SELECT 1;\nSET ROLE postgres;" } });
    expect(formatViolations(violations, "prod").split("\n")).toEqual([
      "002_add_tasks.sql:40: SET ROLE is not allowed in a migration.",
      "  rule forbidden-statement | tier prod | error",
      "  Why:  the runner's role is what keeps a migration within its rights and its record true (who ran it).",
      "  Do:   remove the statement; declare roles, privileges, schemas and extensions in the stack.",
    ]);
  });
});
