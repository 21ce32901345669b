import {
  type CheckpointResource,
  hasBrokenReferences,
  hasPendingOperations,
  judgeLock,
  parseLock,
} from "../../../cli/make/leftovers";

const lock = { pid: 42, username: "ann", hostname: "here", timestamp: "2026-11-22T10:00:00.5Z" };
const running = { hostname: "here", isRunning: true, startedAt: new Date("2026-11-22T09:59:58Z") };

describe("judgeLock", () => {
  it.each([
    ["its process runs since before", running, "held"],
    ["its process no longer runs", { ...running, isRunning: false, startedAt: undefined }, "dead"],
    ["its id was used again", { ...running, startedAt: new Date("2026-11-22T11:00:00Z") }, "dead"],
    ["it began when it was locked", { ...running, startedAt: new Date(lock.timestamp) }, "held"],
    ["the start cannot be seen", { ...running, startedAt: undefined }, "held"],
    ["it is of another machine", { ...running, hostname: "there", isRunning: false }, "held"],
  ])("when %s", (_, facts, kind) => {
    expect(judgeLock(lock, facts).kind).toBe(kind);
  });

  it("keeps a lock whose time cannot be read", () => {
    expect(judgeLock({ ...lock, timestamp: "yesterday" }, running).kind).toBe("held");
  });

  it("says who holds it", () => {
    const who = "process 42 of ann on here, since 2026-11-22T10:00:00.5Z";
    expect(judgeLock(lock, running)).toEqual({ kind: "held", reason: who });
  });
});

describe("parseLock", () => {
  it("reads what the engine writes", () => {
    expect(parseLock(JSON.stringify(lock))).toEqual(lock);
  });

  it.each(["", "{", "null", "[]", '{"pid":"42"}', '{"pid":42,"hostname":"here"}'])(
    "takes %j for no lock",
    (text) => {
      expect(parseLock(text)).toBeUndefined();
    },
  );
});

describe("hasBrokenReferences", () => {
  const [a, b] = [{ urn: "a" }, { urn: "b" }];
  it.each<[string, readonly CheckpointResource[], boolean]>([
    ["no resources", [], false],
    ["one after the other", [a, { ...b, parent: "a", dependencies: ["a"] }], false],
    ["a dependency that is gone", [a, { ...b, dependencies: ["gone"] }], true],
    ["a parent that is gone", [{ ...b, parent: "gone" }], true],
    ["a property's dependency that is gone", [{ ...b, propertyDependencies: { x: ["c"] } }], true],
    ["a deletedWith that is gone", [{ ...b, deletedWith: "gone" }], true],
    ["the wrong order", [{ ...b, dependencies: ["a"] }, a], true],
    [
      "empty fields",
      [{ ...b, parent: "", dependencies: null, propertyDependencies: { x: null } }],
      false,
    ],
  ])("with %s", (_, resources, broken) => {
    expect(hasBrokenReferences({ resources })).toBe(broken);
  });

  it("is false for a stack that was never updated", () => {
    expect(hasBrokenReferences({})).toBe(false);
  });
});

it.each([
  [{}, false],
  [{ pending_operations: null }, false],
  [{ pending_operations: [] }, false],
  [{ pending_operations: [{ type: "creating" }] }, true],
])("hasPendingOperations(%j) is %j", (checkpoint, pending) => {
  expect(hasPendingOperations(checkpoint)).toBe(pending);
});
