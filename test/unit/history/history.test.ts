// History: the ledger decides the status, events since the last start add what it cannot hold.
import fc from "fast-check";

import type { EventRow } from "../../../migrations/engine/history/event";
import {
  foldHistory,
  type LedgerRow,
  rollbackDirection,
} from "../../../migrations/engine/history/history";

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
  run: null,
  segment: null,
  checksum: null,
  rollbackChecksum: null,
  ticket: null,
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

  it("knows which segments are begun and which are done, with what the last event of each says", () => {
    const begun = (segment: number, seconds: number, rows: number): EventRow =>
      event("segment-started", seconds, { segment, detail: { rows } });
    const state = fold(
      row(),
      event("started", 10),
      begun(1, 11, 0),
      begun(2, 12, 0),
      begun(2, 13, 50),
      done(1, 14),
    );
    expect(state?.segmentsDone).toEqual([1]);
    expect(state?.segmentsBegun).toEqual([{ segment: 2, detail: { rows: 50 } }]);
  });

  it("takes checksums of an applied version from the run that applied it", () => {
    const state = fold(
      row({ applied: true, completedAt: at(12) }),
      event("started", 10, { checksum: "a", rollbackChecksum: "r" }),
      event("applied", 12, { checksum: "a", rollbackChecksum: "r" }),
    );
    expect(state).toMatchObject({ checksum: "a", rollbackChecksum: "r", durationMs: 2000 });
  });

  it("tells the end of a run by its event, and which columns of the ledger say otherwise", () => {
    const applied = event("applied", 12, { login: "ada", ticket: "CHG-2026-0001" });
    const told = (more: Partial<LedgerRow>) =>
      fold(row({ applied: true, completedAt: at(12), ...more }), event("started", 10), applied);
    expect(told({})).not.toHaveProperty("edited");
    expect(
      told({ executedBy: "eve", ticket: "CHG-2026-0666", completedAt: at(3_600) }),
    ).toMatchObject({
      ...{ executedBy: "ada", ticket: "CHG-2026-0001", completedAt: at(12), durationMs: 2000 },
      edited: ["completed_at", "executed_by", "ticket_number"],
    });
    const back = fold(
      row({ rolledBackAt: at(99_999) }),
      event("started", 10),
      event("rolled-back", 20, { login: "bob" }),
    );
    expect(back).toMatchObject({ rolledBackAt: at(20), executedBy: "bob" });
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
        segmentsBegun: [{ segment: 1, detail: { direction: "rollback" } }],
      });
    });

    it("starts a corrected text from its beginning", () => {
      const first = back("segment-done", 13, { segment: 1 });
      const second = back("segment-done", 14, { segment: 0, rollbackChecksum: "s" });
      expect(fold(row(), ...applied, first, second)?.begunRollback).toEqual({
        checksum: "s",
        segmentsDone: [0],
        segmentsBegun: [],
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

  describe("decisions", () => {
    const applied = row({ applied: true, completedAt: at(12) });
    const ran = event("applied", 12, { checksum: "a", rollbackChecksum: "r" });
    const kinds = [
      ["signed-off", "signOff"],
      ["validated", "validation"],
    ] as const;

    it.each(kinds)("take %s for the checksum that is applied", (kind, name) => {
      const decision = event(kind, 20, {
        ...{ checksum: "a", login: "eve" },
        detail: { by: "Eve Holt", reason: "looked at the map" },
      });
      expect(fold(applied, ran, decision)?.[name]).toEqual({
        ...{ at: at(20), login: "eve", by: "Eve Holt", reason: "looked at the map" },
      });
    });

    it.each(kinds)("take no %s for another checksum, or for none", (kind, name) => {
      expect(fold(applied, ran, event(kind, 20, { checksum: "b" }))?.[name]).toBeNull();
      expect(fold(applied, ran, event(kind, 20))?.[name]).toBeNull();
      expect(fold(applied, event(kind, 20))?.[name]).toBeNull();
    });

    it.each(kinds)("take no %s from before the version was last started", (kind, name) => {
      const again = row({ applied: true, startedAt: at(30), completedAt: at(32) });
      const runs = [ran, event("applied", 32, { checksum: "a" })];
      expect(fold(again, ...runs, event(kind, 20, { checksum: "a" }))?.[name]).toBeNull();
      expect(fold(again, ...runs, event(kind, 40, { checksum: "a" }))?.[name]).not.toBeNull();
    });

    it.each(kinds)("forget %s of a version that was rolled back", (kind, name) => {
      const back = row({ rolledBackAt: at(25) });
      expect(fold(back, ran, event(kind, 20, { checksum: "a" }))?.[name]).toBeNull();
    });

    it("take an acknowledged version's checksums from its acknowledgement", () => {
      const said = event("acknowledged", 20, { checksum: "a", rollbackChecksum: "r" });
      const state = fold(applied, said, event("signed-off", 21, { checksum: "a" }));
      expect(state).toMatchObject({ checksum: "a", rollbackChecksum: "r" });
      expect(state?.acknowledgement).toMatchObject({ at: at(20), login: "ada" });
      expect(state?.signOff).not.toBeNull();
      // What is known to have run is not made another text by saying so.
      expect(fold(applied, ran, event("acknowledged", 20, { checksum: "b" }))).toMatchObject({
        checksum: "a",
        acknowledgement: null,
      });
    });
  });

  describe("proofs", () => {
    const applied = row({ applied: true, completedAt: at(12) });
    const ran = event("applied", 12, { checksum: "a" });
    const proven = (checksum: string, seconds: number, rollbackChecksum = "r") =>
      event("proven", seconds, { checksum, rollbackChecksum });

    it.each([5, 20])(
      "hold for the text that is applied, whenever recorded: second %d",
      (second) => {
        expect(fold(applied, ran, proven("a", second))?.proof).toEqual({
          ...{ at: at(second), login: "ada", rollbackChecksum: "r", rows: null },
        });
      },
    );

    it("do not hold for another text, and the newest of several does", () => {
      expect(fold(applied, ran, proven("b", 20))?.proof).toBeNull();
      expect(fold(applied, proven("a", 20))?.proof).toBeNull();
      const events = [ran, proven("a", 20, "old"), proven("a", 21, "new"), proven("b", 22)];
      expect(fold(applied, ...events)?.proof?.rollbackChecksum).toBe("new");
    });
  });

  describe("break-glass", () => {
    const opened = (seconds: number, ticket = "CHG-2026-0911") =>
      event("break-glass-opened", seconds, {
        ...{ version: null, ticket, login: "admin" },
        detail: { reason: "disk full", approvedBy: "Ann Duty" },
      });
    const closed = (seconds: number) => event("break-glass-closed", seconds, { version: null });

    it("is open from its opening until its closing", () => {
      expect(foldHistory([], []).breakGlass).toBeNull();
      expect(foldHistory([], [opened(1)]).breakGlass).toEqual({
        ...{ at: at(1), login: "admin", ticket: "CHG-2026-0911" },
        ...{ reason: "disk full", approvedBy: "Ann Duty" },
      });
      expect(foldHistory([], [opened(1), closed(2)]).breakGlass).toBeNull();
      const again = [opened(1), closed(2), opened(3, "CHG-2026-0912")];
      expect(foldHistory([], again).breakGlass?.ticket).toBe("CHG-2026-0912");
    });
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
