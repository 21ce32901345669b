// The gate: a well-formed change passes in every tier; each rule is broken one way at a time.
import { checkGate } from "../../../migrations/engine/gate/gate";
import { holdsRollbacks } from "../../../migrations/engine/gate/goingBack";
import type { GatedPgstac, GateInput } from "../../../migrations/engine/gate/input/gateInput";
import { type AppliedState, planMigrations } from "../../../migrations/engine/gate/input/plan";
import { formatViolations } from "../../../migrations/engine/gate/violationText";
import type {
  LowerTier,
  PublishedPgstac,
  PublishedProof,
  PublishedVersion,
} from "../../../migrations/engine/history/promotion";
import type { Comparison } from "../../../migrations/engine/history/structureRecord";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { planPgstac } from "../../../pgstac/hardening/plan";
import { type Tier, tierRules, tiers } from "../../../stack/tier";
import { parseWindow } from "../../../stack/window";
import { makeMigration, type MigrationParts } from "../../support/files/makeMigration";
import { runRulePages } from "../../support/files/rulePages";
import { lowerWith, publishedAs, publishedPgstacAs } from "../../support/program/published";

beforeAll(loadParser);

interface Case extends Partial<Omit<GateInput, "plan" | "tier" | "files" | "lower">> {
  /** What the tier below says otherwise of the pending 1.1.0; null: it does not have it. */
  readonly below?: Partial<PublishedVersion> | null;
  /** In place of all that the tier below says. */
  readonly lower?: LowerTier | null;
  /** PgSTAC of the tier below; absent: as the stack says. */
  readonly belowPgstac?: Partial<PublishedPgstac>;
  /** What its proof there had rows in. */
  readonly belowRows?: PublishedProof["rows"];
  readonly parts?: MigrationParts;
  readonly withRollback?: boolean;
  readonly states?: readonly AppliedState[];
}

/** Stands for the checksum that the file of this version has; `judge` puts it in. */
const fileChecksum = "of the file";

/** What every file needs, in lines that leave those below where they are. */
const wellFormed = {
  preflight:
    "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM public.schema_migrations WHERE version = '1.0.0') THEN RAISE EXCEPTION 'no'; END IF; END $$;",
  body: "BEGIN;\nCREATE TABLE dagapp.tasks (task_id TEXT PRIMARY KEY);\nCOMMIT;",
  postflight:
    "DO $$ BEGIN IF to_regclass('dagapp.tasks') IS NULL THEN RAISE EXCEPTION 'no'; END IF; RAISE NOTICE 'done'; END $$;",
  rollbackBody: "DROP TABLE IF EXISTS dagapp.tasks;",
  rollbackEnd: "DO $$ BEGIN RAISE NOTICE 'done'; END $$;\n",
  dependency: "Requires migration 001",
} satisfies MigrationParts;

/** One pending migration 002 behind an applied 001, and everything in order. */
function judge(tier: Tier, change: Case = {}) {
  const first = makeMigration({
    name: "001_add_jobs",
    version: "1.0.0",
    postflight: wellFormed.postflight.replace("tasks", "jobs"),
    rollbackEnd: wellFormed.rollbackEnd,
  });
  const second = makeMigration(
    {
      name: "002_add_tasks",
      version: "1.1.0",
      ticket: "CHG-2026-0143",
      tables: "dagapp.tasks",
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
  const fileOf = new Map([first, second].map((file) => [file.header.version, file]));
  const states = (change.states ?? [applied]).map((one): AppliedState => {
    const file = fileOf.get(one.version);
    const rollback = one.rollbackChecksum;
    return {
      ...one,
      checksum: one.checksum === fileChecksum ? (file?.checksum ?? null) : one.checksum,
      rollbackChecksum: rollback === fileChecksum ? (file?.rollback?.checksum ?? null) : rollback,
    };
  });
  const { belowRows } = change;
  const published = publishedAs(second, change.below ?? {});
  const below =
    change.below === null
      ? []
      : belowRows === undefined || published.proven === null
        ? [published]
        : [{ ...published, proven: { ...published.proven, rows: belowRows } }];
  const { lowerTier } = tierRules[tier];
  const usual = lowerTier === null ? null : lowerWith(lowerTier, [publishedAs(first), ...below]);
  const { pgstac } = change;
  const pgstacBelow = publishedPgstacAs(pgstac?.version, change.belowPgstac);
  const whole = usual === null ? usual : { ...usual, ...pgstacBelow };
  return checkGate({
    isUpdate: change.isUpdate ?? true,
    lower: change.lower === undefined ? whole : change.lower,
    windows: change.windows ?? [],
    breakGlass: change.breakGlass ?? null,
    tier,
    plan: planMigrations([first, second], states, targetVersion),
    tickets: change.tickets ?? ["CHG-2026-0143"],
    targetVersion,
    migratorConfigured: change.migratorConfigured ?? true,
    ...(change.provenRollbacks === undefined ? {} : { provenRollbacks: change.provenRollbacks }),
    files: [first, second],
    schemas: ["dagapp", "geoapi", "pgstac"],
    now: change.now ?? noon,
    appliedAt: change.appliedAt ?? (() => null),
    ...(change.structure === undefined ? {} : { structure: change.structure }),
    ...(change.doubted === undefined ? {} : { doubted: change.doubted }),
    ...(change.found === undefined ? {} : { found: change.found }),
    ...(pgstac === undefined ? {} : { pgstac }),
  });
}

const provenAt = "2026-11-01T11:00:00Z";
const noon = new Date("2026-12-01T12:00:00Z");

const state = (version: string, overrides: Partial<AppliedState> = {}): AppliedState => ({
  version,
  status: "applied",
  checksum: fileChecksum,
  rollbackChecksum: fileChecksum,
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
const promoted: Severities = [null, "error", "error", "error"];
const breakGlass = {
  ...{ at: new Date("2026-12-01T11:00:00Z"), login: "geo_admin", reason: "disk full" },
  ...{ ticket: "CHG-2026-0911", approvedBy: "Ann Duty" },
};

/** Somebody added that many columns by hand. */
function driftOf(count: number): Comparison {
  const differences = Array.from({ length: count }, (_, n) => ({
    ...{ object: `table dagapp.t${n}`, part: "column extra", change: "new" as const },
    ...{ before: [], after: [] },
  }));
  return { kind: "compared", since: "version 1.0.0 was applied at …", differences };
}

/** From what was found to 0.10.0, under the ticket of the run. */
const pgstacFrom = (version: string | null, queued = 0): GatedPgstac => ({
  ...{ version: "0.10.0", ticket: "CHG-2026-0143" },
  plan: planPgstac({ version, distrust: null, queued }, "0.10.0"),
});
const windowNow = [parseWindow("2026-12-01T10:00Z/PT4H")];

/** 002 is applied, and the target was lowered below it. */
const goingBack: Case = { states: [state("1.0.0"), state("1.1.0")], targetVersion: "1.0.0" };

/** It was found in the database. */
const baseline = { by: "Ada Moss" };

/** What its run below measured, and nobody had announced. */
const lostNotes = "dagapp.notes: 3 rows deleted, none announced";
const otherRights = "dagapp.jobs: privileges changed";
const namingNotes = "unannounced-effect: the rows of dagapp.notes were moved in 2025";

/** The same, and its rollback file was changed since then. */
const goingBackChanged: Case = {
  ...goingBack,
  states: [state("1.0.0"), state("1.1.0", { rollbackChecksum: "sha256:old" })],
};

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
    warned,
    "001_add_jobs.sql:-",
  ],
  [
    "baseline-goes-back",
    { ...goingBack, states: [state("1.0.0"), state("1.1.0", { baseline })] },
    warned,
    "002_add_tasks_rollback.sql:-",
  ],
  ["pgstac-refused", { pgstac: pgstacFrom("0.9.12", 1) }, all, ":-"],
  [
    "pgstac-ticket",
    { pgstac: { ...pgstacFrom(null), ticket: null }, windows: windowNow },
    [null, null, "error", "error"],
    ":-",
  ],
  [
    "pgstac-not-promoted",
    { pgstac: pgstacFrom("0.9.12"), windows: windowNow, belowPgstac: { version: "0.9.12" } },
    [null, "error", "error", "error"],
    ":-",
  ],
  [
    "pgstac-not-promoted",
    { pgstac: pgstacFrom("0.9.12"), windows: windowNow, belowPgstac: { signedOff: null } },
    [null, null, "error", "error"],
    ":-",
  ],
  [
    "pgstac-not-promoted",
    { pgstac: pgstacFrom("0.9.12"), windows: windowNow, belowPgstac: { validated: null } },
    [null, null, null, "error"],
    ":-",
  ],
  ["pgstac-outside-window", { pgstac: pgstacFrom("0.9.12") }, [null, null, "error", "error"], ":-"],
  ["schema-drift", { structure: driftOf(1) }, warned, ":-"],
  [
    "schema-not-compared",
    { structure: { kind: "not compared", reason: "a lock" } },
    ["warning", "warning", "warning", "warning"],
    ":-",
  ],
  ["missing-applied-file", { states: [state("0.9.0"), state("1.0.0")] }, all, ":-"],
  [
    "found-already",
    { found: [{ fileName: "002_add_tasks.sql", objects: ["dagapp.tasks"] }] },
    all,
    "002_add_tasks.sql:-",
  ],
  [
    "record-doubted",
    { doubted: [{ version: "1.0.0", is: "whole", doubts: ["event 7 was written by no run"] }] },
    warned,
    "001_add_jobs.sql:-",
  ],
  [
    "out-of-order",
    { states: [state("1.1.0")], tickets: ["CHG-2026-0142"] },
    all,
    "001_add_jobs.sql:-",
  ],
  ["unknown-target", { targetVersion: "9.9.9" }, all, ":-"],
  ["target-version-required", { targetVersion: "latest" }, controlled, ":-"],
  ["rollback-ticket", { ...goingBack, tickets: [] }, controlled, ":-"],
  ["rollback-file-missing", { ...goingBack, withRollback: false }, all, "002_add_tasks.sql:24"],
  [
    "rollback-not-tested",
    { ...goingBack, parts: { tested: "No" } },
    controlled,
    "002_add_tasks.sql:25",
  ],
  ["promotion-source-required", { lower: null }, [null, "warning", "error", "error"], ":-"],
  [
    "promotion-source-required",
    { lower: { kind: "known", stack: "s", tier: null, versions: [] } },
    [null, "warning", "error", "error"],
    ":-",
  ],
  [
    "promotion-unknown",
    { lower: { kind: "unknown", stack: "s", reason: "no pulumi" } },
    promoted,
    ":-",
  ],
  ["stack-missing", { lower: { kind: "missing", stack: "s", reason: "unknown" } }, promoted, ":-"],
  ["not-promoted", { below: null }, promoted, "002_add_tasks.sql:4"],
  ["not-promoted", { below: { checksum: "sha256:old" } }, promoted, "002_add_tasks.sql:4"],
  ["not-promoted", { below: { checksum: null } }, promoted, "002_add_tasks.sql:4"],
  ["sign-off-missing", { below: { signedOff: null } }, controlled, "002_add_tasks.sql:4"],
  ["unannounced-effect", { below: { unannounced: [lostNotes] } }, promoted, "002_add_tasks.sql:4"],
  [
    "unannounced-effect-unnamed",
    { below: { unannounced: [otherRights] }, parts: { exceptions: namingNotes } },
    promoted,
    "002_add_tasks.sql:4",
  ],
  [
    "validation-missing",
    { below: { validated: null } },
    [null, null, null, "error"],
    "002_add_tasks.sql:4",
  ],
  ["rollback-unproven", { below: { proven: null } }, controlled, "002_add_tasks.sql:4"],
  [
    "rollback-unproven",
    { below: { proven: { rollbackChecksum: "sha256:old", at: provenAt, rows: null } } },
    controlled,
    "002_add_tasks.sql:4",
  ],
  // A proof made here for another text than the one below counts for nothing.
  [
    "rollback-unproven",
    {
      below: { proven: { rollbackChecksum: "sha256:old", at: provenAt, rows: null } },
      provenRollbacks: new Set(["1.1.0"]),
    },
    controlled,
    "002_add_tasks.sql:4",
  ],
  [
    "proof-without-rows",
    { belowRows: null },
    [null, null, "warning", "warning"],
    "002_add_tasks.sql:4",
  ],
  [
    "proof-left-empty",
    { belowRows: { tables: 3, rows: 60, real: 0, empty: ["dagapp.jobs"], unmet: [] } },
    controlled,
    "002_add_tasks.sql:4",
  ],
  ["outside-window", { parts: { downtime: "Yes" } }, controlled, "002_add_tasks.sql:20"],
  [
    "outside-window",
    { parts: { downtime: "Yes" }, windows: [parseWindow("2026-12-01T13:00Z/PT4H")] },
    controlled,
    "002_add_tasks.sql:20",
  ],
  ["break-glass-open", { breakGlass }, ["warning", "warning", "warning", "warning"], ":-"],
  [
    "break-glass-by-author",
    { breakGlass: { ...breakGlass, approvedBy: "Ada" } },
    controlled,
    "002_add_tasks.sql:6",
  ],
  [
    "rollback-not-tested",
    { ...goingBackChanged, below: { proven: null }, provenRollbacks: new Set(["1.1.0"]) },
    // In dev and qa nothing is asked, and a proof made here is as good as any.
    controlled,
    "002_add_tasks.sql:25",
  ],
  [
    "rollback-not-reviewed",
    { ...goingBackChanged, appliedAt: () => new Date("2026-11-01T10:00:00Z") },
    controlled,
    "002_add_tasks.sql:9",
  ],
  [
    "rollback-not-whole",
    { ...goingBack, parts: { recovery: "Not possible" } },
    ["warning", "warning", "warning", "warning"],
    "002_add_tasks.sql:26",
  ],
  ["migrator-required", { ...goingBack, migratorConfigured: false }, warned, ":-"],
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
  ["reviewer-is-nobody", { parts: { reviewedBy: "self" } }, warned, "002_add_tasks.sql:8"],
  ["rollback-untested", { parts: { tested: "Yes, not really" } }, warned, "002_add_tasks.sql:25"],
  [
    "window-too-long",
    {
      windows: [1, 2].map((week) =>
        parseWindow(`2026-02-0${week * 4 - 3}T00:00Z/2026-02-0${week * 4}T23:30Z`),
      ),
    },
    controlled,
    ":-",
  ],
  [
    "window-too-long",
    { windows: [parseWindow("2026-01-01T00:00Z/9999-01-01T00:00Z")] },
    controlled,
    ":-",
  ],
  [
    "forbidden-statement",
    { parts: { body: "GRANT SELECT ON dagapp.jobs TO PUBLIC;", rollbackBody: "" } },
    all,
    "002_add_tasks.sql:39",
  ],
  ["review-date", { parts: { reviewedOn: "2025-12-31" } }, warned, "002_add_tasks.sql:9"],
  ["review-date", { parts: { reviewedOn: "2099-12-31" } }, warned, "002_add_tasks.sql:9"],
  ["rollback-untested", { parts: { tested: "Yes, in theory" } }, warned, "002_add_tasks.sql:25"],
  [
    "reviewer-is-author",
    { parts: { reviewedBy: "Ad\u00e1 <ada@example.org>" } },
    warned,
    "002_add_tasks.sql:8",
  ],
  [
    "forbidden-statement",
    { parts: { rollbackBody: "RESET ROLE; DROP TABLE IF EXISTS dagapp.tasks;" } },
    all,
    "002_add_tasks_rollback.sql:11",
  ],
];

describe("an open break-glass", () => {
  const lifted: readonly (readonly [string, Case])[] = [
    ["promotion-unknown", { lower: { kind: "unknown", stack: "s", reason: "no pulumi" } }],
    ["stack-missing", { lower: { kind: "missing", stack: "s", reason: "unknown" } }],
    ["not-promoted", { below: null }],
    ["sign-off-missing", { below: { signedOff: null } }],
    ["validation-missing", { below: { validated: null } }],
    ["outside-window", { parts: { downtime: "Yes" } }],
    [
      "pgstac-not-promoted",
      { pgstac: pgstacFrom("0.9.12"), windows: windowNow, belowPgstac: { version: "0.9.12" } },
    ],
    ["pgstac-outside-window", { pgstac: pgstacFrom("0.9.12") }],
  ];

  it.each(lifted)("makes a warning of %s", (rule, change) => {
    const provenRollbacks = new Set(["1.1.0"]);
    const found = judge("prod", { ...change, breakGlass, provenRollbacks });
    expect(found.map((one) => [one.rule, one.severity])).toEqual([
      ["break-glass-open", "warning"],
      [rule, "warning"],
    ]);
  });

  it.each([
    ["Ada", /allowed by Ada, who is the author of what would run/],
    ["ada <ada@example.org>", /who is the author/],
    ["Ада", /in another alphabet than the author's name, Ada/],
    ["later", /allowed by later, and it /],
  ])("is no leave when it was allowed by %s", (approvedBy, message) => {
    const opened = { ...breakGlass, approvedBy };
    const found = judge("prod", { breakGlass: opened, provenRollbacks: new Set(["1.1.0"]) });
    expect(found.map((one) => [one.rule, one.severity])).toEqual([
      ["break-glass-open", "warning"],
      ["break-glass-by-author", "error"],
    ]);
    expect(found[1]?.message).toMatch(message);
  });

  const notBelow: readonly (readonly [string, Case])[] = [
    ["does not have it", { below: null }],
    ["has another text of it", { below: { checksum: "sha256:old" } }],
    ["is not there", { lower: { kind: "missing", stack: "s", reason: "unknown" } }],
    ["cannot be asked", { lower: { kind: "unknown", stack: "s", reason: "no pulumi" } }],
    ["is not stated", { lower: null }],
  ];
  it.each(notBelow)("asks for a proof on this server where the tier below %s", (_, change) => {
    const unproven = (more: Case) =>
      judge("prod", { ...change, ...more }).filter(({ rule }) => rule === "rollback-unproven");
    expect(unproven({ breakGlass })).toMatchObject([
      { severity: "error", message: "the rollback of version 1.1.0 is not proven here." },
    ]);
    expect(unproven({ breakGlass, provenRollbacks: new Set(["1.1.0"]) })).toEqual([]);
    expect(unproven({})).toEqual([]);
  });

  it("lifts nothing else", () => {
    const promotion = new Set(lifted.map(([rule]) => rule));
    const others = broken
      .filter(([rule]) => !promotion.has(rule))
      // About the emergency itself.
      .filter(([, change]) => change.breakGlass === undefined);
    for (const [rule, change] of others) {
      const severities = (open: Case) =>
        judge("prod", { ...change, ...open })
          .filter((one) => one.rule === rule)
          .map(({ severity }) => severity);
      expect([rule, severities({ breakGlass })]).toEqual([rule, severities({})]);
    }
  });

  it("is reported with who, why and since when, though nothing is pending", () => {
    const [violation, ...more] = judge("prod", {
      ...{ breakGlass, states: [state("1.0.0"), state("1.1.0")] },
    });
    expect(more).toEqual([]);
    expect(violation?.message).toBe(
      "break-glass is open since 2026-12-01T11:00:00.000Z: disk full (CHG-2026-0911, allowed by Ann Duty, opened by geo_admin).",
    );
  });
});

describe("what was changed by hand", () => {
  it("is named, and refuses though nothing is pending", () => {
    const [violation, ...more] = judge("prod", {
      ...{ structure: driftOf(1), states: [state("1.0.0"), state("1.1.0")] },
    });
    expect(more).toEqual([]);
    expect(violation).toMatchObject({
      rule: "schema-drift",
      severity: "error",
      message:
        "1 object was changed by hand since version 1.0.0 was applied at …:\n    table dagapp.t0: column extra is new",
      remedy:
        "undo what must not stay, then vouch for the rest: npx ddl acknowledge --schema --stack prod --by <person> --reason <why>.",
    });
  });

  it("is cut short when it is much, and says where all of it stands", () => {
    const [violation] = judge("dev", { structure: driftOf(500) });
    const lines = violation?.message.split("\n") ?? [];
    expect(lines).toHaveLength(22);
    expect(lines.at(-1)).toBe("    and 480 more");
    expect(violation?.remedy).toContain("(npx ddl status --stack dev lists all)");
  });

  it("may be what a version did that ran without this program", () => {
    const found = judge("uat", {
      ...{ structure: driftOf(1), states: [state("1.0.0", { checksum: null })] },
    });
    expect(found.map(({ rule }) => rule)).toEqual(["schema-drift", "unrecorded-version"]);
    expect(found[0]?.remedy).toMatch(/^where the file of 1\.0\.0 did it, acknowledge that version/);
  });

  it.each<Comparison>([
    { kind: "never recorded" },
    { kind: "half done" },
    { kind: "compared", since: "…", differences: [] },
  ])("is nothing when %j", (structure) => {
    expect(judge("prod", { structure })).toEqual([]);
  });

  it("keeps no version from going back", () => {
    const found = judge("prod", { ...goingBack, structure: driftOf(1) });
    expect(found.map(({ rule }) => rule)).toEqual(["schema-drift"]);
    expect(holdsRollbacks(found)).toBe(false);
  });
});

describe("the maintenance window", () => {
  const down: Case = { parts: { downtime: "Yes" } };

  it("lets what needs it run inside, from its first moment on and not at its last", () => {
    const windows = [parseWindow("2026-12-01T12:00Z/PT1H")];
    expect(judge("prod", { ...down, windows })).toEqual([]);
    const end = new Date("2026-12-01T13:00:00Z");
    expect(judge("prod", { ...down, windows, now: end })).toHaveLength(1);
  });

  it("is only warned of before something is to be run", () => {
    expect(judge("prod", { ...down, isUpdate: false })).toMatchObject([
      { rule: "outside-window", severity: "warning" },
    ]);
  });

  it("is needed for a rewrite, whatever the header says", () => {
    const body = "BEGIN;\nALTER TABLE dagapp.jobs ALTER COLUMN id TYPE BIGINT;\nCOMMIT;";
    const rules = judge("prod", { parts: { body } }).map(({ rule }) => rule);
    expect(rules).toContain("outside-window");
  });

  it("is not needed for a table that the file itself makes", () => {
    const body =
      "BEGIN;\nCREATE TABLE dagapp.tasks (id INTEGER);\nALTER TABLE dagapp.tasks ALTER COLUMN id TYPE BIGINT;\nCOMMIT;";
    expect(judge("prod", { parts: { body } })).toEqual([]);
  });
});

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

  it("has a broken case for each rule about a run", () => {
    const named = new Set(broken.map(([rule]) => rule));
    expect(runRulePages.map(({ id }) => id).filter((id) => !named.has(id))).toEqual([]);
  });

  it.each(tiers)("asks for no ticket, review or migrator in %s when nothing is pending", (tier) => {
    const input: Case = {
      states: [state("1.0.0"), state("1.1.0")],
      tickets: ["CHG-2026-0001"],
      migratorConfigured: false,
      parts: { reviewedBy: "[Name]", tested: "No", downtime: "Yes" },
      lower: null,
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
});

/** A change may break a second rule by its nature. */
function isCompanion(rule: string, other: string): boolean {
  const companions: Readonly<Record<string, readonly string[]>> = {
    "ticket-required": ["idle-ticket"],
    "edited-applied-file": ["edited-rollback-file"],
    "promotion-source-required": ["not-promoted"],
    "rollback-not-tested": ["edited-rollback-file"],
    "rollback-not-reviewed": ["edited-rollback-file"],
    "break-glass-by-author": ["break-glass-open"],
  };
  return (companions[rule] ?? []).includes(other);
}

describe("formatViolations", () => {
  it("gives four lines each", () => {
    const violations = judge("prod", {
      parts: { body: "SELECT 1;\nSET ROLE postgres;", rollbackBody: "" },
    });
    expect(formatViolations(violations, "prod").split("\n")).toEqual([
      "002_add_tasks.sql:40: SET ROLE is not allowed in a migration.",
      "  rule forbidden-statement | tier prod | error",
      "  Why:  the runner's role is what keeps a migration within its rights and its record true (who ran it).",
      "  Do:   remove the statement; declare roles, privileges, schemas and extensions in the stack.",
    ]);
  });
});

describe("an exception to what was measured", () => {
  const rulesOf = (below: Partial<PublishedVersion>): readonly string[] =>
    judge("prod", { below, parts: { exceptions: namingNotes } })
      .filter(({ severity }) => severity === "error")
      .map(({ rule, message }) => `${rule}: ${message}`);

  it("holds for the object that its reason names, and for that alone", () => {
    expect(rulesOf({ unannounced: [lostNotes] })).toEqual([]);
    expect(rulesOf({ unannounced: [lostNotes, otherRights] })).toEqual([
      expect.stringContaining(`it did more than it announces: ${otherRights}`),
    ]);
  });

  it("is not idle where nothing was measured yet", () => {
    expect(rulesOf({})).toEqual([]);
  });
});
