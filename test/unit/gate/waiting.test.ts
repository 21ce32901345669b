// What only waits for a date holds up nothing before it: the shipped history on its first day in prod.
import type { MigrationFile } from "../../../migrations/engine/files/file";
import { checkGate } from "../../../migrations/engine/gate/gate";
import type { GateInput } from "../../../migrations/engine/gate/input/gateInput";
import { planMigrations } from "../../../migrations/engine/gate/input/plan";
import { waitingIn } from "../../../migrations/engine/gate/waiting";
import { loadMigrations } from "../../../migrations/engine/survey/load";
import { parseTier } from "../../../stack/tier";
import { migrationsFolder } from "../../support/files/migrationFiles";
import { lowerWith, publishedAs } from "../../support/program/published";

let files: readonly MigrationFile[];
beforeAll(async () => {
  files = (await loadMigrations(migrationsFolder)).migrations;
});

const now = new Date("2026-11-28T12:00:00Z");
const daysAgo = (days: number): Date => new Date(now.getTime() - days * 86_400_000);

/** Prod, with everything signed off below and every ticket named. `applied`: 012 with all before it, so long ago. */
function inputOf(tier: string, applied: number | null): GateInput {
  const states = files
    .filter(({ number }) => applied !== null && number <= 12)
    .map((file) => ({
      ...{ version: file.header.version, status: "applied" as const, checksum: file.checksum },
      rollbackChecksum: file.rollback?.checksum ?? null,
    }));
  const plan = planMigrations(files, states, "latest");
  return {
    ...{ tier: parseTier(tier), files, plan, now, targetVersion: "0.13.0", isUpdate: true },
    tickets: plan.pending.map(({ header }) => header.ticket),
    ...{ schemas: ["dagapp", "geoapi", "pgstac"], migratorConfigured: true, windows: [] },
    appliedAt: (version) => (applied !== null && version !== "0.13.0" ? daysAgo(applied) : null),
    lower: lowerWith(
      "uat",
      files.map((file) => publishedAs(file)),
    ),
    breakGlass: null,
  };
}
const numbers = (some: readonly MigrationFile[]): readonly number[] =>
  some.map(({ number }) => number);
const errors = (input: GateInput): readonly string[] =>
  checkGate(input)
    .filter(({ severity }) => severity === "error")
    .map(({ rule }) => rule);

it("lets 001 to 012 pass on the first day, and says until when 013 waits", () => {
  const input = inputOf("prod", null);
  const waiting = waitingIn(input, checkGate(input));
  if (waiting === null) throw new Error("nothing waits");
  expect(numbers(waiting.input.plan.pending)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  expect(numbers(waiting.input.plan.held)).toEqual([13]);
  expect(waiting.files.map(({ waits }) => waits)).toEqual(["until 7 days after 0.12.0 is applied"]);
  expect(waiting.violation).toMatchObject({ severity: "warning", rule: "ban-drop-table" });
  // Its ticket, named with the others, is no idle one.
  expect(errors(waiting.input)).toEqual([]);
});

it("waits for the day itself, alone, and is then due", () => {
  const early = inputOf("prod", 6);
  const waiting = waitingIn(early, checkGate(early));
  expect(waiting?.files.map(({ waits }) => waits)).toEqual(["until 2026-11-29"]);
  expect(waiting?.input.plan.pending).toEqual([]);
  const due = inputOf("prod", 8);
  expect(waitingIn(due, checkGate(due))).toBeNull();
  expect(errors(due)).toEqual([]);
});

it("lets nothing pass in front of what is wrong for another reason", () => {
  const input = inputOf("prod", null);
  const unsigned = {
    ...input,
    lower: lowerWith(
      "uat",
      files.map((file) => publishedAs(file, { signedOff: null })),
    ),
  };
  const waiting = waitingIn(unsigned, checkGate(unsigned));
  if (waiting === null) throw new Error("nothing waits");
  expect(errors(waiting.input).filter((rule) => rule === "sign-off-missing")).toHaveLength(12);
});

it("keeps nobody waiting in dev, where a table may go at once", () => {
  const input = inputOf("dev", null);
  const found = checkGate(input);
  expect(found.filter(({ rule }) => rule === "ban-drop-table")).toEqual([]);
  expect(waitingIn(input, found)).toBeNull();
});
