// Shapes of the program's tables: what differs is named, in either direction.
import fc from "fast-check";

import { decisionKinds, runKinds } from "../../migrations/engine/eventKinds";
import {
  compareShape,
  eventPolicies,
  eventsShape,
  ledgerShape,
  runnerLockShape,
} from "../../migrations/engine/shape";

const shapes = [ledgerShape, eventsShape, runnerLockShape];

describe("compareShape", () => {
  it.each(shapes)("finds nothing when $name is as it should be, in any order", (shape) => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...shape.lines], { minLength: shape.lines.length }),
        (found) => {
          expect(compareShape(shape, found)).toEqual([]);
        },
      ),
    );
  });

  it.each(shapes.flatMap(({ name, lines }) => lines.map((line) => [name, line] as const)))(
    "of %s names the missing line: %s",
    (name, line) => {
      const shape = shapes.find((one) => one.name === name) ?? ledgerShape;
      const found = shape.lines.filter((one) => one !== line);
      expect(compareShape(shape, found)).toEqual([`missing: ${line}`]);
    },
  );

  it("names what is unexpected behind what is missing", () => {
    const found = ["column checksum text", ...ledgerShape.lines.slice(1)];
    expect(compareShape(ledgerShape, found)).toEqual([
      `missing: ${ledgerShape.lines[0] ?? ""}`,
      "unexpected: column checksum text",
    ]);
  });
});

describe("the events", () => {
  it("have no kind that is both a fact of a run and a decision", () => {
    expect(runKinds.filter((kind) => (decisionKinds as readonly string[]).includes(kind))).toEqual(
      [],
    );
  });

  it("let the infrastructure role write facts of a run and no decision", () => {
    const insert = eventPolicies('"infra"').find((policy) => policy.includes("FOR INSERT")) ?? "";
    expect(insert).toContain('TO "infra"');
    for (const kind of runKinds) expect(insert).toContain(`'${kind}'`);
    for (const kind of decisionKinds) expect(insert).not.toContain(`'${kind}'`);
  });

  it("turn row security on, and let nothing be updated or deleted", () => {
    const policies = eventPolicies('"infra"').join("\n");
    expect(policies).toContain("ENABLE ROW LEVEL SECURITY");
    expect(policies).not.toMatch(/FOR (ALL|UPDATE|DELETE)/);
  });
});
