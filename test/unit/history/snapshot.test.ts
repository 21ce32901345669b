// Snapshots: what differs is named, whatever the order of reading; a digest names the same parts without their text.
import fc from "fast-check";

import {
  compareDigests,
  compareSnapshots,
  describeDifference,
  digestSnapshot,
  type SnapshotLine,
} from "../../../migrations/engine/history/snapshot";
import { structureOf } from "../../../migrations/engine/history/structureLines";

const line = (object: string, part: string, text: string, isPrivilege = false): SnapshotLine => ({
  object,
  part,
  text,
  isPrivilege,
});
const jobs = "table dagapp.jobs";
const base: readonly SnapshotLine[] = [
  line(jobs, "itself", "exists"),
  line(jobs, "itself", "kind r"),
  line(jobs, "column status", "text"),
  line(jobs, "order of columns", "status"),
  line(jobs, "itself", "owner infra", true),
  line("function dagapp.f()", "itself", "exists"),
];
const without = (object: string, part: string) =>
  base.filter((one) => one.object !== object || one.part !== part);
const described = (after: readonly SnapshotLine[]): readonly string[] =>
  compareSnapshots(base, after).map(describeDifference);

describe("compareSnapshots", () => {
  it.each([
    [[...base, line(jobs, "index i", "btree")], [`${jobs}: index i is new (btree)`]],
    [without(jobs, "column status"), [`${jobs}: column status is gone (text)`]],
    [
      base.map((one) => (one.part === "column status" ? { ...one, text: "integer" } : one)),
      [`${jobs}: column status was text, is integer`],
    ],
    [
      [...base, line(jobs, "column status", "comment x")],
      [`${jobs}: column status was without, is comment x`],
    ],
    [
      base.filter(({ object }) => object !== jobs),
      [`${jobs} is gone (exists; kind r; owner infra)`],
    ],
  ])("names the part that differs, case %#", (after, expected) => {
    expect(described(after)).toEqual(expected);
  });

  it("tells of another order of columns only when no column comes or goes", () => {
    const reordered = [
      ...without(jobs, "order of columns"),
      line(jobs, "order of columns", "b, a"),
    ];
    expect(described(reordered)).toEqual([`${jobs}: order of columns was status, is b, a`]);
    expect(described([...reordered, line(jobs, "column a", "text")])).toEqual([
      `${jobs}: column a is new (text)`,
    ]);
  });

  it("shortens long definitions", () => {
    const [text = ""] = described([...base, line("view v", "itself", "x".repeat(5000))]);
    expect(text.length).toBeLessThan(200);
  });
});

describe("digestSnapshot", () => {
  const anyLine = fc.record({
    object: fc.constantFrom("table a", "table b", "view v"),
    part: fc.constantFrom("itself", "column x", "index i"),
    text: fc.string(),
    isPrivilege: fc.boolean(),
  });

  const twoOrders = fc
    .array(anyLine)
    .chain((lines) =>
      fc.tuple(
        fc.constant(lines),
        fc.shuffledSubarray(lines, { minLength: lines.length, maxLength: lines.length }),
      ),
    );

  it("does not depend on the order of reading", () => {
    fc.assert(
      fc.property(twoOrders, ([lines, shuffled]) => {
        expect(digestSnapshot(shuffled, 18)).toEqual(digestSnapshot(lines, 18));
        expect(compareSnapshots(lines, shuffled)).toEqual([]);
      }),
    );
  });

  it("names the same differences as the snapshots themselves", () => {
    fc.assert(
      fc.property(fc.array(anyLine), fc.array(anyLine), (a, b) => {
        const names = (differences: ReturnType<typeof compareSnapshots>) =>
          differences.map(({ object, part, change }) => [object, part, change]);
        const digests = compareDigests(digestSnapshot(a, 18), digestSnapshot(b, 18));
        expect(names(digests)).toEqual(names(compareSnapshots(a, b)));
      }),
    );
  });

  it("is another one for the smallest change, unless that is a privilege and only the structure counts", () => {
    const changed = [...base, line(jobs, "itself", "privileges x", true)];
    const digest = (lines: readonly SnapshotLine[]) => digestSnapshot(lines, 18).fingerprint;
    expect(digest(changed)).not.toBe(digest(base));
    expect(digest(structureOf(changed, 18))).toBe(digest(structureOf(base, 18)));
  });

  it("holds nothing of what PgSTAC made itself, and all that others have in its schema", () => {
    const owned = (object: string, owner: string) => [
      line(object, "itself", "exists"),
      line(object, "itself", `owner ${owner}`, true),
    ];
    const structure = structureOf(
      [
        ...owned("table pgstac.items", "pgstac_admin"),
        ...owned("function pgstac.search(jsonb)", "pgstac_admin"),
        ...owned("table pgstac.notes", "infra"),
        ...owned("table dagapp.items", "pgstac_admin"),
        ...owned("table pgstac2.items", "pgstac_admin"),
      ],
      18,
    );
    expect(structure.map(({ object }) => object)).toEqual([
      "table pgstac.notes",
      "table dagapp.items",
      "table pgstac2.items",
    ]);
  });
});
