// A history that grows says, at each step, what folding all of it anew would say.
import fc from "fast-check";

import type { EventRow } from "../../../migrations/engine/history/event";
import { FoldedHistory, type NumberedRow } from "../../../migrations/engine/history/foldedHistory";
import { foldHistory } from "../../../migrations/engine/history/history";

const at = (seconds: number): Date => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds));
const versions = ["1.0.0", "2.0.0", "3.0.0"] as const;

const row = fc.record({
  version: fc.constantFrom(...versions),
  applied: fc.boolean(),
  isBack: fc.boolean(),
  seconds: fc.integer({ min: 0, max: 40 }),
});
const event = fc.record({
  kind: fc.constantFrom<EventRow["kind"]>(
    ...(["started", "segment-done", "applied", "rolled-back", "rebuilt", "proven"] as const),
    ...(["stamped", "break-glass-opened", "break-glass-closed", "signed-off"] as const),
  ),
  version: fc.constantFrom(...versions, null),
  seconds: fc.integer({ min: 0, max: 40 }),
  checksum: fc.constantFrom("a", "b"),
});

it("equals a fold of everything, whatever comes in, in whatever order and however often", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.array(row, { maxLength: 2 }), fc.array(event, { maxLength: 4 })), {
        maxLength: 6,
      }),
      fc.infiniteStream(fc.boolean()),
      (steps, isLate) => {
        const folded = new FoldedHistory();
        const rows = new Map<string, NumberedRow>();
        const seen: EventRow[] = [];
        let late: EventRow[] = [];
        let lastId = 0;
        for (const [changedRows, newEvents] of steps) {
          const told = changedRows.map(({ version, applied, isBack, seconds }): NumberedRow => ({
            ...{ id: versions.indexOf(version) + 1, version, applied },
            ...{ startedAt: at(seconds), completedAt: applied ? at(seconds + 1) : null },
            ...{ rolledBackAt: isBack ? at(seconds + 2) : null, executedBy: "ada", ticket: null },
          }));
          for (const one of told) rows.set(one.version, one);
          const made = newEvents.map(({ kind, version, seconds, checksum }): EventRow => ({
            ...{ id: (lastId += 1), happenedAt: at(seconds), login: "ada", kind, version },
            ...{ segment: kind === "segment-done" ? 1 : null, checksum, rollbackChecksum: null },
            ...{ run: null, ticket: null, detail: { tier: "dev" } },
          }));
          // A transaction that has its number early may be seen late.
          const [held, now] = [made.filter(() => isLate.next().value === true), late];
          const arriving = [...made.filter((one) => !held.includes(one)), ...now];
          late = held;
          // What was seen before comes again.
          const news = folded.add(told, [...seen.slice(-2), ...arriving]);
          seen.push(...arriving);
          expect(news).toHaveLength(arriving.length);
          const ordered = [...rows.values()].sort((one, other) => one.id - other.id);
          expect(folded.history).toEqual(foldHistory(ordered, seen));
          expect(folded.counts).toEqual({ rows: rows.size, events: seen.length });
        }
      },
    ),
  );
});
