// Shapes of the program's tables: what differs is named, in either direction.
import fc from "fast-check";

import { callKinds, decisionKinds, runKinds } from "../../../migrations/engine/history/eventKinds";
import {
  comparePolicies,
  compareShape,
  describePolicy,
  eventPolicies,
  eventsShape,
  ledgerShape,
  runnerLockShape,
} from "../../../migrations/engine/history/shape";

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

describe("comparePolicies", () => {
  const [read, run] = eventPolicies({ infrastructure: "infra", approvers: [], auditors: [] });
  if (read === undefined || run === undefined) throw new Error("there are two policies");

  it("finds nothing between equal lists, in any order", () => {
    expect(comparePolicies([read, run], [run, read])).toEqual({ missing: [], unexpected: [] });
  });

  it.each([
    { name: "other" },
    { command: "ALL" },
    { roles: ["infra", "someone"] },
    { using: "false" },
    { check: "true" },
  ])("takes a policy with %j for another one", (change) => {
    const other = { ...read, ...change };
    expect(comparePolicies([read, run], [run, other])).toEqual({
      missing: [read],
      unexpected: [other],
    });
  });
});

describe("the events", () => {
  it("have no kind that is both a fact of a run and a decision", () => {
    expect(runKinds.filter((kind) => (decisionKinds as readonly string[]).includes(kind))).toEqual(
      [],
    );
  });

  const policies = eventPolicies({
    infrastructure: "infra",
    approvers: ["eve", "bob"],
    auditors: ["ann"],
  });
  const kindsOf = (name: string): readonly string[] =>
    [...(policies.find((policy) => policy.name === name)?.check ?? "").matchAll(/'([^']+)'/g)].map(
      ([, kind = ""]) => kind,
    );

  it("let auditors read, and nothing else", () => {
    const naming = policies.filter(({ roles }) => roles.includes("ann"));
    expect(naming.map(({ name, command }) => `${name} ${command}`)).toEqual(["read SELECT"]);
  });

  it("let the infrastructure role write facts of a run and no decision", () => {
    expect(policies.find(({ name }) => name === "run_events")?.roles).toEqual(["infra"]);
    expect(kindsOf("run_events")).toEqual([...runKinds, ...callKinds]);
  });

  it("let approvers sign off, validate and acknowledge, and decide nothing else", () => {
    expect(policies.find(({ name }) => name === "approvals")?.roles).toEqual(["bob", "eve"]);
    expect(kindsOf("approvals")).toEqual([
      ...["signed-off", "validated", "acknowledged", "baselined"],
    ]);
    for (const kind of kindsOf("approvals")) expect(decisionKinds).toContain(kind);
  });

  it("need no policy for approvers where there are none", () => {
    const without = eventPolicies({ infrastructure: "infra", approvers: [], auditors: [] });
    expect(without.map(describePolicy)).toEqual([
      "policy read FOR SELECT TO infra USING (true)",
      expect.stringMatching(/^policy run_events FOR INSERT TO infra WITH CHECK \(/) as string,
    ]);
  });

  it("turn row security on, and let nothing be updated or deleted", () => {
    expect(eventsShape.create.join("\n")).toContain("ENABLE ROW LEVEL SECURITY");
    expect(new Set(policies.map(({ command }) => command))).toEqual(new Set(["SELECT", "INSERT"]));
  });
});
