// The plan: from what is recorded to the target, whatever the order of the inputs.
import fc from "fast-check";

import {
  type AppliedState,
  type PlanFile,
  planMigrations,
  planRollback,
} from "../../../migrations/engine/gate/input/plan";

const file = (number: number, overrides: Partial<PlanFile> = {}): PlanFile => ({
  number,
  fileName: `${String(number).padStart(3, "0")}_x.sql`,
  header: { version: `1.${number}.0` },
  checksum: `sha256:${number}`,
  rollback: { checksum: `sha256:r${number}` },
  ...overrides,
});
const state = (
  number: number,
  status: AppliedState["status"] = "applied",
  overrides: Partial<AppliedState> = {},
): AppliedState => ({
  version: `1.${number}.0`,
  status,
  checksum: `sha256:${number}`,
  rollbackChecksum: `sha256:r${number}`,
  ...overrides,
});
const numbers = (files: readonly PlanFile[]): readonly number[] => files.map((one) => one.number);
const kinds = (files: readonly PlanFile[], states: readonly AppliedState[], target = "latest") =>
  planMigrations(files, states, target).problems.map((problem) => problem.kind);

describe("planMigrations", () => {
  it.each([
    { applied: [], files: [2, 1], target: "latest", pending: [1, 2], held: [], back: [] },
    { applied: [1, 2], files: [1, 2, 3], target: "latest", pending: [3], held: [], back: [] },
    { applied: [1, 2], files: [1, 2], target: "latest", pending: [], held: [], back: [] },
    { applied: [1], files: [1, 2, 3, 10], target: "1.2.0", pending: [2], held: [3, 10], back: [] },
    { applied: [1], files: [1, 2, 3], target: "1.1.0", pending: [], held: [2, 3], back: [] },
    {
      applied: [1, 2, 3],
      files: [1, 2, 3, 4],
      target: "1.1.0",
      pending: [],
      held: [4],
      back: [3, 2],
    },
    { applied: [], files: [], target: "latest", pending: [], held: [], back: [] },
  ])("with $applied applied of $files and target $target runs $pending", (row) => {
    const states = row.applied.map((number) => state(number));
    const plan = planMigrations(
      row.files.map((number) => file(number)),
      states,
      row.target,
    );
    expect(numbers(plan.pending)).toEqual(row.pending);
    expect(numbers(plan.held)).toEqual(row.held);
    expect(numbers(plan.toRollBack)).toEqual(row.back);
    expect(numbers(plan.applied)).toEqual([...row.applied].sort());
    expect(plan.problems).toEqual([]);
  });

  it("runs again what is incomplete or was rolled back", () => {
    const states = [state(1), state(2, "incomplete"), state(3, "rolled back")];
    expect(numbers(planMigrations([file(1), file(2), file(3)], states, "latest").pending)).toEqual([
      2, 3,
    ]);
  });

  it("rolls back what is incomplete above the target, and holds what was rolled back there", () => {
    const states = [state(1), state(2, "incomplete"), state(3, "rolled back")];
    const plan = planMigrations([file(1), file(2), file(3)], states, "1.1.0");
    expect(numbers(plan.toRollBack)).toEqual([2]);
    expect(numbers(plan.held)).toEqual([3]);
  });

  it("reports an applied file that was edited, and its rollback by itself", () => {
    const edited = file(1, { checksum: "sha256:new" });
    expect(planMigrations([edited], [state(1)], "latest").problems).toEqual([
      { kind: "edited file", file: edited, recorded: "sha256:1" },
    ]);
    expect(kinds([file(1, { rollback: { checksum: "sha256:new" } })], [state(1)])).toEqual([
      "edited rollback",
    ]);
    expect(kinds([file(1, { rollback: null })], [state(1)])).toEqual(["edited rollback"]);
  });

  it("does not call a file edited that was never applied, is rolled back, or whose checksum is unknown", () => {
    const edited = file(1, { checksum: "sha256:new" });
    expect(kinds([edited], [state(1, "rolled back")])).toEqual([]);
    expect(kinds([edited], [state(1, "incomplete")])).toEqual([]);
    expect(kinds([edited], [state(1, "applied", { checksum: null })])).toEqual(["unrecorded"]);
  });

  it("reports applied and incomplete versions without a file, not those that were rolled back", () => {
    const states = [
      state(10),
      state(9, "incomplete"),
      state(8, "rolled back"),
      { ...state(1), version: "odd" },
    ];
    expect(planMigrations([], states, "latest").problems).toEqual([
      { kind: "missing file", version: "odd" },
      { kind: "missing file", version: "1.9.0" },
      { kind: "missing file", version: "1.10.0" },
    ]);
  });

  it("reports a gap below the highest applied", () => {
    expect(kinds([file(1), file(2), file(3)], [state(1), state(3)])).toEqual(["gap"]);
    expect(
      kinds([file(1), file(2), file(3)], [state(1), state(2, "rolled back"), state(3)]),
    ).toEqual(["gap"]);
  });

  it("runs nothing for an unknown target", () => {
    const plan = planMigrations([file(1), file(2)], [state(1)], "9.9.9");
    expect(plan.problems).toEqual([{ kind: "unknown target", target: "9.9.9" }]);
    expect([plan.pending, plan.toRollBack]).toEqual([[], []]);
    expect(numbers(plan.held)).toEqual([2]);
  });
});

describe("planRollback", () => {
  it("takes back what is named and there, newest first, whatever the target is", () => {
    const files = [1, 2, 3, 4, 5].map((number) => file(number));
    const states = [state(1), state(2), state(3, "incomplete"), state(4, "rolled back")];
    for (const target of ["latest", "1.1.0", "1.3.0"]) {
      const plan = planMigrations(files, states, target);
      const back = planRollback(plan, ["1.2.0", "1.3.0", "1.9.0"]);
      expect([numbers(back.pending), numbers(back.toRollBack)]).toEqual([[], [3, 2]]);
      expect(numbers(back.applied)).toEqual([1, 2]);
    }
  });
});

describe("for any files and states", () => {
  const status = fc.constantFrom<AppliedState["status"]>("applied", "incomplete", "rolled back");
  const situation = fc
    .uniqueArray(fc.integer({ min: 1, max: 30 }), { maxLength: 10 })
    .chain((all) =>
      fc.record({
        files: fc.constant(all.map((number) => file(number))),
        states: fc
          .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 30 }), status), {
            selector: ([number]) => number,
          })
          .map((list) => list.map(([number, is]) => state(number, is))),
        target: fc.constantFrom("latest", ...all.map((number) => `1.${number}.0`)),
      }),
    );

  it("the plan does not depend on the order of its inputs", () => {
    const shuffled = situation.chain(({ files, states, target }) =>
      fc.record({
        files: fc.constant(files),
        states: fc.constant(states),
        otherFiles: fc.shuffledSubarray(files, { minLength: files.length }),
        otherStates: fc.shuffledSubarray(states, { minLength: states.length }),
        target: fc.constant(target),
      }),
    );
    fc.assert(
      fc.property(shuffled, ({ files, states, otherFiles, otherStates, target }) => {
        expect(planMigrations(otherFiles, otherStates, target)).toEqual(
          planMigrations(files, states, target),
        );
      }),
    );
  });

  it("after it was carried out there is nothing to do", () => {
    fc.assert(
      fc.property(situation, ({ files, states, target }) => {
        const plan = planMigrations(files, states, target);
        const changed = new Map(states.map((one) => [one.version, one]));
        for (const { number } of plan.pending) changed.set(`1.${number}.0`, state(number));
        for (const { number } of plan.toRollBack)
          changed.set(`1.${number}.0`, state(number, "rolled back"));
        const again = planMigrations(files, [...changed.values()], target);
        expect([again.pending, again.toRollBack]).toEqual([[], []]);
      }),
    );
  });

  it("each file is applied, pending, held or to be rolled back", () => {
    fc.assert(
      fc.property(situation, ({ files, states, target }) => {
        const { applied, pending, held, toRollBack } = planMigrations(files, states, target);
        const all = new Set([...applied, ...pending, ...held, ...toRollBack]);
        expect(all.size).toBe(files.length);
        expect(pending.some((one) => applied.includes(one) || held.includes(one))).toBe(false);
      }),
    );
  });
});
