// History: the ledger decides the status, events since the last start add what it cannot hold.
import fc from "fast-check";

import {
  type EventRow,
  foldHistory,
  type LedgerRow,
  rollbackDirection,
} from "../../migrations/engine/history";

const at = (seconds: number): Date => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds));
const row = (overrides: Partial<LedgerRow> = {}): LedgerRow => ({
  version: "1.0.0",
  startedAt: at(10),
  completedAt: null,
  applied: false,
  rolledBackAt: null,
  executedBy: "ada",
  ticket: "CHG-2026-0001",
  ...overrides,
});
let lastId = 0;
const event = (
  kind: EventRow["kind"],
  seconds: number,
  more: Partial<EventRow> = {},
): EventRow => ({
  id: (lastId += 1),
  happenedAt: at(seconds),
  login: "ada",
  kind,
  version: "1.0.0",
  segment: null,
  checksum: null,
  rollbackChecksum: null,
  detail: {},
  ...more,
});
const done = (segment: number, seconds: number): EventRow =>
  event("segment-done", seconds, { segment });
const fold = (ledger: LedgerRow, ...events: readonly EventRow[]) =>
  foldHistory([ledger], events).versions[0];

describe("foldHistory", () => {
  it.each([
    [{ applied: true }, "applied"],
    [{ applied: true, rolledBackAt: at(5) }, "applied"],
    [{}, "incomplete"],
    [{ startedAt: null }, "incomplete"],
    [{ rolledBackAt: at(20) }, "rolled back"],
  ] as const)("calls a row with %j %s", (overrides, status) => {
    expect(fold(row(overrides))?.status).toBe(status);
  });

  it("takes checksums of an applied version from the run that applied it", () => {
    const state = fold(
      row({ applied: true, completedAt: at(12) }),
      event("started", 10, { checksum: "a", rollbackChecksum: "r" }),
      event("applied", 12, { checksum: "a", rollbackChecksum: "r" }),
    );
    expect(state).toMatchObject({ checksum: "a", rollbackChecksum: "r", durationMs: 2000 });
  });

  it("calls an applied version unrecorded when no event says that it was applied", () => {
    const applied = row({ applied: true, startedAt: at(50), completedAt: at(51) });
    const earlier = [
      event("started", 10, { checksum: "a" }),
      event("applied", 12, { checksum: "a" }),
    ];
    expect(fold(applied, ...earlier)?.checksum).toBeNull();
    expect(fold(applied, event("started", 50, { checksum: "a" }))?.checksum).toBeNull();
  });

  it("counts the segments that are done since the last start", () => {
    const events = [event("started", 10, { checksum: "a" }), done(1, 11), done(2, 12)];
    expect(fold(row(), ...events)).toMatchObject({ segmentsDone: [1, 2], checksum: "a" });
    expect(fold(row({ startedAt: at(12) }), ...events)?.segmentsDone).toEqual([2]);
  });

  it("keeps no segment of a version that is applied or rolled back, or was in between", () => {
    const events = [event("started", 10), done(1, 11)];
    expect(fold(row({ applied: true }), ...events)?.segmentsDone).toEqual([]);
    expect(fold(row({ rolledBackAt: at(13) }), ...events)?.segmentsDone).toEqual([]);
    expect(fold(row(), ...events, event("rolled-back", 12), done(3, 13))?.segmentsDone).toEqual([
      3,
    ]);
    expect(fold(row(), ...events, event("applied", 12))?.segmentsDone).toEqual([]);
  });

  describe("of a rollback", () => {
    const applied = [
      event("started", 10, { checksum: "a" }),
      done(1, 11),
      event("applied", 12, { checksum: "a" }),
    ];
    const back = (kind: EventRow["kind"], seconds: number, more: Partial<EventRow> = {}) =>
      event(kind, seconds, {
        checksum: "a",
        rollbackChecksum: "r",
        ...more,
        detail: rollbackDirection,
      });

    it("keeps the segments apart from the migration's own", () => {
      const begun = [back("started", 13), back("segment-done", 14, { segment: 2 })];
      expect(fold(row(), ...applied, ...begun)).toMatchObject({
        status: "incomplete",
        segmentsDone: [],
        begunRollback: { checksum: "r", segmentsDone: [2] },
      });
      expect(fold(row({ rolledBackAt: at(15) }), ...applied, ...begun)?.begunRollback).toBeNull();
      expect(fold(row(), ...applied, ...begun, back("rolled-back", 15))?.begunRollback).toBeNull();
    });

    it("has not begun before it changed something, and leaves a run that broke off to be resumed", () => {
      const broken = [event("started", 10, { checksum: "a" }), done(1, 11)];
      const tried = [back("started", 13), back("failed", 14, { segment: 0 })];
      expect(fold(row(), ...broken, ...tried)).toMatchObject({
        segmentsDone: [1],
        checksum: "a",
        begunRollback: null,
      });
    });

    it("counts a statement that was begun outside of a transaction, but not as done", () => {
      const begun = back("segment-started", 13, { segment: 1 });
      expect(fold(row(), ...applied, begun)?.begunRollback).toEqual({
        checksum: "r",
        segmentsDone: [],
      });
    });

    it("starts a corrected text from its beginning", () => {
      const first = back("segment-done", 13, { segment: 1 });
      const second = back("segment-done", 14, { segment: 0, rollbackChecksum: "s" });
      expect(fold(row(), ...applied, first, second)?.begunRollback).toEqual({
        checksum: "s",
        segmentsDone: [0],
      });
    });
  });

  it("takes the checksum of an incomplete version from its last start", () => {
    const events = [
      event("started", 10, { checksum: "a" }),
      event("started", 11, { checksum: "b" }),
    ];
    expect(fold(row(), ...events)?.checksum).toBe("b");
  });

  it("does not mix versions", () => {
    const other = event("applied", 11, { version: "2.0.0", checksum: "b" });
    expect(fold(row({ applied: true }), other)?.checksum).toBeNull();
  });

  it("knows nothing of a version without a row, whatever the events say", () => {
    expect(foldHistory([], [event("applied", 1)]).versions).toEqual([]);
  });

  it.each([
    [[], null],
    [[event("stamped", 1, { version: null, detail: { tier: "qa" } })], "qa"],
    [[event("stamped", 1, { version: null, detail: { tier: "moon" } })], null],
    [[event("stamped", 1, { version: null, detail: {} })], null],
  ])("reads the stamp, case %#", (events, stamp) => {
    expect(foldHistory([], events).stamp).toBe(stamp);
  });

  it("lets the first stamp stand", () => {
    const stamps = ["dev", "prod"].map((tier) =>
      event("stamped", 1, { version: null, detail: { tier } }),
    );
    expect(foldHistory([], [...stamps].reverse()).stamp).toBe("dev");
  });

  it("does not depend on the order in which events are read", () => {
    const events = [
      event("stamped", 1, { version: null, detail: { tier: "dev" } }),
      event("started", 10, { checksum: "a" }),
      done(1, 11),
      event("failed", 12),
      event("started", 13, { checksum: "b" }),
      done(2, 14),
    ];
    const expected = foldHistory([row()], events);
    fc.assert(
      fc.property(fc.shuffledSubarray(events, { minLength: events.length }), (shuffled) => {
        expect(foldHistory([row()], shuffled)).toEqual(expected);
      }),
    );
  });
});
