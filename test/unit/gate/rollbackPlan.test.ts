// Going back: what the gate lets go, what it would cost, and what is in front of what while versions go.
import { checkGate } from "../../../migrations/engine/gate/gate";
import { holdsRollbacks } from "../../../migrations/engine/gate/goingBack";
import type { GateInput } from "../../../migrations/engine/gate/input/gateInput";
import { type AppliedState, planMigrations } from "../../../migrations/engine/gate/input/plan";
import { describeLosses, lossesOf } from "../../../migrations/engine/impact/rollbackLosses";
import { loadParser } from "../../../migrations/engine/statements/statements";
import type { Tier } from "../../../stack/tier";
import { makeMigration, type MigrationParts } from "../../support/files/makeMigration";
import { lowerWith, publishedAs } from "../../support/program/published";

beforeAll(loadParser);

const number = (n: number, parts: MigrationParts = {}) =>
  makeMigration({ name: `00${n}_step`, version: `1.${n}.0`, ...parts });
const applied = (n: number, overrides: Partial<AppliedState> = {}): AppliedState => ({
  version: `1.${n}.0`,
  status: "applied",
  checksum: null,
  rollbackChecksum: null,
  ...overrides,
});
const judge = (
  tier: Tier,
  files: readonly ReturnType<typeof makeMigration>[],
  states: readonly AppliedState[],
  more: Partial<Parameters<typeof checkGate>[0]> = {},
) => {
  // Where a test says nothing else, what was applied is what the files say.
  const known = states.map((one) => {
    const file = files.find(({ header }) => header.version === one.version);
    return {
      ...one,
      checksum: one.checksum ?? file?.checksum ?? null,
      rollbackChecksum: one.rollbackChecksum ?? file?.rollback?.checksum ?? null,
    };
  });
  return checkGate({
    tier,
    plan: planMigrations(files, known, "1.1.0"),
    tickets: ["CHG-2026-0999"],
    targetVersion: "1.1.0",
    migratorConfigured: true,
    files,
    schemas: ["dagapp", "geoapi", "pgstac"],
    now: new Date("2026-12-01T12:00:00Z"),
    appliedAt: () => null,
    isUpdate: true,
    lower: null,
    windows: [],
    breakGlass: null,
    ...more,
  });
};

describe("the gate", () => {
  it("lets a tested rollback go in prod, for a ticket that no pending migration has", () => {
    expect(judge("prod", [number(1), number(2)], [applied(1), applied(2)])).toEqual([]);
  });

  it("takes a proof of the text as it is now in place of the header's word", () => {
    const files = [number(1), number(2, { tested: "No" })];
    const states = [applied(1), applied(2)];
    expect(judge("prod", files, states).map(({ rule }) => rule)).toEqual(["rollback-not-tested"]);
    const provenRollbacks = new Set(["1.2.0"]);
    expect(judge("prod", files, states, { provenRollbacks })).toEqual([]);
  });

  describe("of a rollback file that was changed after its version was applied", () => {
    const changed = applied(2, { rollbackChecksum: "sha256:old" });
    const day = (text: string) => () => new Date(`${text}T12:00:00Z`);
    const provenRollbacks = new Set(["1.2.0"]);
    const rulesOf = (body: string, more: Partial<GateInput> = {}): readonly string[] => {
      const rollbackEnd = "DO $$ BEGIN RAISE NOTICE 'done'; END $$;\n";
      const file = number(2, { rollbackEnd, ...(body === "" ? {} : { rollbackBody: body }) });
      const lower = lowerWith("uat", [publishedAs(file)]);
      const asked = { provenRollbacks, appliedAt: day("2026-01-20"), lower, ...more };
      return judge("prod", [number(1), file], [applied(1), changed], asked)
        .filter(({ severity }) => severity === "error")
        .map(({ rule }) => rule);
    };

    it("takes the proof of the tier below, and none made here", () => {
      expect(rulesOf("")).toEqual([]);
      expect(rulesOf("", { lower: lowerWith("uat", [publishedAs(number(1))]) })).toEqual([
        "rollback-not-tested",
      ]);
      expect(rulesOf("", { lower: null })).toEqual(["rollback-not-tested"]);
    });

    it("asks for a review since then", () => {
      expect(rulesOf("", { appliedAt: day("2026-02-20") })).toEqual(["rollback-not-reviewed"]);
    });

    it("judges its text, and keeps it from running", () => {
      expect(rulesOf("TRUNCATE dagapp.other;")).toContain("rollback-takes-more");
      expect(rulesOf("RESET ROLE;")).toContain("forbidden-statement");
    });
  });

  it("is not kept from going back by what is wrong with files that stay or wait", () => {
    const edited = judge(
      "prod",
      [number(1), number(2)],
      [applied(1, { checksum: "sha256:old" }), applied(2)],
    );
    expect(edited.map(({ rule, severity }) => [rule, severity])).toEqual([
      ["edited-applied-file", "error"],
    ]);
    expect(holdsRollbacks(edited)).toBe(false);
    const untold = judge("prod", [number(1), number(2)], [applied(1), applied(2)], { tickets: [] });
    expect(holdsRollbacks(untold)).toBe(true);
    const warned = judge(
      "prod",
      [number(1), number(2, { recovery: "Not possible" })],
      [applied(1), applied(2)],
    );
    expect(warned.map(({ rule }) => rule)).toEqual(["rollback-not-whole"]);
    expect(holdsRollbacks(warned)).toBe(false);
  });

  it("is kept from going back while an applied version has no file", () => {
    const files = [number(1), number(3)];
    const found = judge("prod", files, [applied(1), applied(2), applied(3)]);
    expect(found.map(({ rule, severity }) => [rule, severity])).toEqual([
      ["missing-applied-file", "error"],
    ]);
    expect(holdsRollbacks(found)).toBe(true);
    expect(holdsRollbacks(judge("prod", files, [applied(1), applied(3)]))).toBe(false);
  });
});

describe("planMigrations", () => {
  it("sees no gap in front of a version that goes back", () => {
    const plan = planMigrations([number(1), number(2)], [applied(2)], "1.1.0");
    expect(plan.toRollBack.map(({ fileName }) => fileName)).toEqual(["002_step.sql"]);
    expect(plan.pending.map(({ fileName }) => fileName)).toEqual(["001_step.sql"]);
    expect(plan.problems.filter(({ kind }) => kind === "gap")).toEqual([]);
  });
});

describe("lossesOf", () => {
  const files = () => [
    number(1, {
      body: "BEGIN;\nCREATE TABLE dagapp.jobs (id INTEGER, a TEXT, b TEXT);\nCREATE TABLE geoapi.log (id INTEGER);\nCOMMIT;",
    }),
  ];
  const lossOf = (rollbackBody: string): readonly string[] => {
    const file = number(2, { body: "SELECT 1;", rollbackBody });
    const estimates = new Map([
      ["dagapp.jobs", 1200],
      ["geoapi.log", null],
    ]);
    return describeLosses(lossesOf(file, [...files(), file]), estimates);
  };

  it.each([
    ["DROP TABLE IF EXISTS dagapp.jobs;", ["about 1200 rows (estimate) of dagapp.jobs: table"]],
    [
      "ALTER TABLE IF EXISTS dagapp.jobs DROP COLUMN IF EXISTS a, DROP COLUMN b;",
      ["about 1200 rows (estimate) of dagapp.jobs: column a, column b"],
    ],
    [
      "ALTER TABLE dagapp.jobs DROP COLUMN a;\nDROP TABLE dagapp.jobs, geoapi.log;",
      [
        "about 1200 rows (estimate) of dagapp.jobs: table",
        "an unknown number of rows of geoapi.log: table",
      ],
    ],
    ["DELETE FROM geoapi.log;", ["an unknown number of rows of geoapi.log: DELETE"]],
    ["DROP TABLE IF EXISTS dagapp.nowhere;", ["no row (it is not there) of dagapp.nowhere: table"]],
    ["DROP INDEX IF EXISTS dagapp.i;\nDROP FUNCTION IF EXISTS dagapp.f();", []],
  ])("names what %s throws away", (rollbackBody, expected) => {
    expect(lossOf(rollbackBody)).toEqual(expected);
  });
});
