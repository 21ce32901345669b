// Which release a table is of: the newest, an older one with its steps ahead, or none.
import { eventKinds } from "../../../migrations/engine/history/eventKinds";
import {
  eventsShape,
  ledgerShape,
  type TableShape,
} from "../../../migrations/engine/history/shape";
import {
  conditionOf,
  describeUpgrade,
  type TableUpgrade,
  tableUpgrades,
} from "../../../migrations/engine/history/upgrades";

const shape: TableShape = {
  name: "t",
  create: [],
  lines: ["column a", "column b new", "column c"],
};
const step = (to: number, removes: string[], adds: string[]): TableUpgrade => ({
  ...{ to, table: "t", title: `step ${to}`, statements: [] },
  ...{ removes, adds },
});
/** 1: a, b old. 2: and c. 3: b new. */
const steps = [
  step(2, [], ["column c"]),
  step(3, ["column b old"], ["column b new"]),
  { ...step(4, [], ["column z"]), table: "other" },
];
const upgradesOf = (found: readonly string[]): readonly number[] | string => {
  const condition = conditionOf(shape, found, steps);
  return condition.kind === "released" ? condition.upgrades.map(({ to }) => to) : "differs";
};

describe("a table", () => {
  it.each([
    ["of the newest release", ["column a", "column b new", "column c"], []],
    ["of the release before", ["column a", "column b old", "column c"], [3]],
    ["of the first release", ["column b old", "column a"], [2, 3]],
    ["of no release", ["column a", "column b new"], "differs"],
  ])("%s", (_, found, expected) => {
    expect(upgradesOf(found)).toEqual(expected);
  });

  it("of no release is compared with the nearest one", () => {
    const found = ["column a", "column b old", "column c", "column x"];
    expect(conditionOf(shape, found, steps)).toEqual({
      kind: "differs",
      differences: ["unexpected: column x"],
    });
  });
});

describe("the steps", () => {
  it("rise by one from the first release", () => {
    expect(tableUpgrades.map(({ to }) => to)).toEqual(tableUpgrades.map((_, index) => index + 2));
  });

  it("never touch the policy's ledger", () => {
    expect(tableUpgrades.filter(({ table }) => table === ledgerShape.name)).toEqual([]);
  });

  it("end in the shape: what the last one adds is there, what it removes is not", () => {
    for (const { table, adds, removes, to } of tableUpgrades) {
      const later = tableUpgrades.filter((one) => one.table === table && one.to > to);
      const gone = later.flatMap((one) => one.removes);
      expect(table).toBe(eventsShape.name);
      expect(eventsShape.lines).toEqual(
        expect.arrayContaining(adds.filter((line) => !gone.includes(line))),
      );
      expect(removes.filter((line) => eventsShape.lines.includes(line))).toEqual([]);
    }
  });

  it("let the events be of every kind there is", () => {
    const last = tableUpgrades.at(-1);
    for (const kind of eventKinds) {
      expect(eventsShape.lines.join()).toContain(`'${kind}'::text`);
    }
    expect(last === undefined ? "" : describeUpgrade(last)).toBe(
      "public.schema_migration_events: upgrade 5: events of the structure, by the admin",
    );
  });
});
