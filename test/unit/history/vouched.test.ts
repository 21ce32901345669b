// What people vouched for is kept by digests, so that a look at the live schema alone says whether it still stands.
import type { EventKind } from "../../../migrations/engine/history/eventKinds";
import type { SnapshotDifference } from "../../../migrations/engine/history/snapshot";
import { foldVouchings, standing, vouchFor } from "../../../migrations/engine/history/vouched";

const difference: SnapshotDifference = {
  object: "table dagapp.jobs",
  part: "column note",
  change: "new",
  before: [],
  after: ["text"],
};
const wanted = { "table dagapp.jobs": { itself: "11111111" } };
const found = { "table dagapp.jobs": { itself: "11111111", "column note": "22222222" } };
const kept = vouchFor(difference, "read by reports", wanted, found);

const event = (kind: EventKind, detail: Readonly<Record<string, unknown>> = {}) => ({
  ...{ kind, detail, login: "approver", version: null, ticket: null },
  happenedAt: new Date("2026-11-28T10:00:00Z"),
});
const said = { by: "Ada Moss", reason: "compared" };
const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const vouched = event("baselined", { ...said, vouched: throughJson([kept]) });

it("keeps digests of both sides, and the difference in words", () => {
  expect(kept).toEqual({
    ...{ object: "table dagapp.jobs", part: "column note", reason: "read by reports" },
    ...{ wanted: null, found: "22222222" },
    text: "table dagapp.jobs: column note is new (text)",
  });
});

it("stands for as long as the part is as it was vouched for", () => {
  const vouchings = foldVouchings([vouched]);
  expect(standing(vouchings, found)).toMatchObject([{ by: "Ada Moss", differences: [kept] }]);
  expect(standing(vouchings, wanted)).toEqual([]);
  expect(standing(vouchings, { "table dagapp.jobs": { "column note": "33333333" } })).toEqual([]);
  // Where nothing could be read, nothing is taken to be gone.
  expect(standing(vouchings, null)).toMatchObject([{ differences: [kept] }]);
});

it("is gone with a rebuild, and the later word on a part counts", () => {
  expect(foldVouchings([vouched, event("rebuilt")])).toEqual([]);
  const later = event("acknowledged", { by: "Eve Holt", reason: "again", vouched: [kept] });
  expect(standing(foldVouchings([vouched, later]), found)).toMatchObject([{ by: "Eve Holt" }]);
});

it("takes nothing from events of other kinds, or of another form", () => {
  expect(foldVouchings([event("applied", { vouched: [kept] })])).toEqual([]);
  expect(foldVouchings([event("baselined", { vouched: "all" })])).toEqual([]);
});
