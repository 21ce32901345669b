// Records of the structure: runs add up, a change by hand stays one until it is acknowledged, what does not add up is said.
import fc from "fast-check";

import { fingerprintOf, type PartDigests } from "../../../migrations/engine/history/snapshot";
import {
  changesBetween,
  compareStructure,
  deviationsOf,
  foldRecords,
  readRecord,
  recordOfRun,
  type Structure,
  type StructureRecord,
  wholeRecord,
} from "../../../migrations/engine/history/structureRecord";

const structure = (objects: PartDigests, more: Partial<Structure> = {}): Structure => ({
  ...{ server: 18, schemas: ["dagapp"], objects, fingerprint: fingerprintOf(objects) },
  ...more,
});
const events = (...records: readonly (StructureRecord | null)[]) =>
  records.map((record, n) => ({ what: `run ${n}`, record }));

const before = structure({ "table a": { itself: "1", "column x": "2" } });

/** A history: what was there at first, then live structures by turns changed by a run or by hand. */
const anyObjects = fc
  .dictionary(
    fc.constantFrom("table a", "table b", "view v"),
    fc.dictionary(fc.constantFrom("itself", "column x", "column y"), fc.constantFrom("1", "2"), {
      minKeys: 1,
    }),
  )
  .map((objects): PartDigests => ({ ...objects }));

/** What a run leaves of a live structure when it is begun on `live` and ends with `after`. */
function runOn(records: readonly StructureRecord[], live: Structure, after: Structure) {
  const expected = foldRecords(events(...records));
  return [...records, recordOfRun(expected, deviationsOf(expected, live), after).record];
}

describe("the records of runs", () => {
  it("add up to the live structure while nobody changes anything by hand, however often it changes", () => {
    fc.assert(
      fc.property(fc.array(anyObjects, { minLength: 1 }), (steps) => {
        let records: readonly StructureRecord[] = [];
        let live = structure({});
        for (const objects of steps) {
          const after = structure(objects);
          records = runOn(records, live, after);
          live = after;
        }
        expect(foldRecords(events(...records))).toMatchObject({
          kind: "known",
          structure: { objects: live.objects, fingerprint: live.fingerprint },
        });
        expect(compareStructure(foldRecords(events(...records)), live)).toMatchObject({
          differences: [],
        });
      }),
    );
  });

  it("keep a change by hand apart, through any run that leaves it alone, until it is undone or vouched for", () => {
    fc.assert(
      fc.property(anyObjects, anyObjects, (first, second) => {
        const records = [wholeRecord(structure(first))];
        const withHand = (objects: PartDigests): Structure =>
          structure({ ...objects, "table by hand": { itself: "9" } });
        const after = runOn(records, withHand(first), withHand(second));
        const found = compareStructure(foldRecords(events(...after)), withHand(second));
        expect(found).toMatchObject({
          differences: [{ object: "table by hand", part: "itself", change: "new" }],
        });
        const undone = compareStructure(foldRecords(events(...after)), structure(second));
        expect(undone).toMatchObject({ differences: [] });
        const vouched = [...after, wholeRecord(withHand(second))];
        expect(compareStructure(foldRecords(events(...vouched)), withHand(second))).toMatchObject({
          differences: [],
        });
      }),
    );
  });

  it("are small: a run tells only what it changed, and nothing of what was changed by hand", () => {
    const live = structure({ "table a": { itself: "1", "column x": "by hand" } });
    const after = structure({ ...live.objects, "table b": { itself: "3" } });
    expect(runOn([wholeRecord(before)], live, after).at(-1)).toMatchObject({
      whole: false,
      parts: { "table b": { itself: "3" } },
    });
  });

  it("take over what a run made of something that was changed by hand", () => {
    const live = structure({ "table a": { itself: "1" } });
    const records = runOn([wholeRecord(before)], live, before);
    expect(compareStructure(foldRecords(events(...records)), before)).toMatchObject({
      differences: [],
    });
  });

  it("begin anew after an upgrade, or when the schemas are others", () => {
    for (const more of [{ server: 19 }, { schemas: ["dagapp", "geoapi"] }]) {
      const after = structure({ "table b": { itself: "3" } }, more);
      const [, record] = runOn([wholeRecord(before)], structure({}, more), after);
      expect(record).toEqual(wholeRecord(after));
    }
  });
});

describe("what cannot be compared", () => {
  it.each([
    [{ server: 19 }, /recorded on PostgreSQL 18, and 19/],
    [
      { schemas: ["dagapp", "geoapi"] },
      /for the schemas dagapp, and those of the stack are dagapp, geoapi/,
    ],
  ])("is %j", (more, reason) => {
    const found = compareStructure(
      foldRecords(events(wholeRecord(before))),
      structure(before.objects, more),
    );
    expect(found).toMatchObject({
      kind: "not compared",
      reason: expect.stringMatching(reason) as string,
    });
  });

  it("is a history without a record, from where it is missing", () => {
    const whole = wholeRecord(before);
    expect(foldRecords([])).toEqual({ kind: "never recorded" });
    expect(foldRecords(events(null, whole)).kind).toBe("known");
    expect(foldRecords(events(whole, null))).toEqual({
      kind: "unknown",
      reason: "run 1 without a record of it",
    });
  });

  it("is a record that somebody made up or that was lost", () => {
    const [whole, first, second] = runOn(
      runOn([wholeRecord(before)], before, structure({})),
      structure({}),
      structure({ "table c": { itself: "4" } }),
    );
    const forged = { ...first, parts: { "table a": { itself: "7" } } } as StructureRecord;
    expect(foldRecords(events(whole ?? null, forged))).toMatchObject({ kind: "unknown" });
    expect(foldRecords(events(whole ?? null, second ?? null))).toMatchObject({ kind: "unknown" });
  });
});

describe("readRecord", () => {
  it.each([
    null,
    7,
    "x",
    [],
    {},
    { parts: {}, schemas: "x" },
    { ...wholeRecord(before), parts: { a: 1 } },
  ])("takes %j for no record", (value) => {
    expect(readRecord(value)).toBeNull();
  });

  it("reads what was written", () => {
    const record = wholeRecord(before);
    expect(readRecord(JSON.parse(JSON.stringify(record)))).toEqual(record);
  });
});

describe("changesBetween", () => {
  it("names what came, went and changed", () => {
    expect(
      changesBetween(
        { a: { itself: "1", x: "2" }, b: { itself: "3" } },
        { a: { itself: "1", x: "4", y: "5" }, c: { itself: "6" } },
      ),
    ).toEqual({ a: { x: "4", y: "5" }, b: { itself: null }, c: { itself: "6" } });
  });
});

describe("a record of an earlier release", () => {
  const old = { server: 18, schemas: ["dagapp"], whole: true };
  const objects = {
    "table a": { itself: "1" },
    "operator dagapp.===(integer,integer)": { itself: "2" },
  };
  const record: StructureRecord = { ...old, parts: objects, fingerprint: fingerprintOf(objects) };
  const live = structure({
    "table a": { itself: "1", "options of toast": "3", "column x": "4" },
    "operator dagapp.===(integer,integer)": { itself: "2", definition: "5" },
    "cast (dagapp.pair AS text)": { itself: "6" },
  });

  it("says nothing of what that one could not see, and the next record has it", () => {
    const expected = foldRecords(events(record));
    const names = (from: ReturnType<typeof foldRecords>, to: Structure): unknown =>
      compareStructure(from, to);
    expect(names(expected, live)).toMatchObject({
      kind: "compared",
      differences: [{ object: "table a", part: "column x" }],
    });
    const deviations = deviationsOf(expected, live);
    expect(deviations).toEqual({ "table a": { "column x": "4" } });
    const next = recordOfRun(expected, deviations, live).record;
    const without = {
      ...live.objects,
      "cast (dagapp.pair AS text)": { itself: "7" },
    };
    expect(names(foldRecords(events(record, next)), structure(without))).toMatchObject({
      kind: "compared",
      differences: [
        { object: "cast (dagapp.pair AS text)", part: "itself" },
        { object: "table a", part: "column x" },
      ],
    });
  });
});
