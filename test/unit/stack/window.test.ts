// Maintenance windows: intervals of ISO 8601, and where a moment is among them.
import { impactsAmong } from "../../../migrations/engine/impact/classify";
import { windowReason } from "../../../migrations/engine/impact/windowReason";
import { loadParser } from "../../../migrations/engine/statements/statements";
import {
  describeWindows,
  nextWindow,
  openWindow,
  parseWindow,
  WindowTextError,
} from "../../../stack/window";
import { makeMigration } from "../../support/files/makeMigration";

beforeAll(loadParser);

describe("parseWindow", () => {
  it.each([
    ["2026-12-01T22:00Z/2026-12-02T02:00Z", "2026-12-01T22:00:00.000Z", "2026-12-02T02:00:00.000Z"],
    ["2026-12-01T22:00:30Z/PT4H", "2026-12-01T22:00:30.000Z", "2026-12-02T02:00:30.000Z"],
    ["2026-12-01T22:00+01:00/PT90M", "2026-12-01T21:00:00.000Z", "2026-12-01T22:30:00.000Z"],
    ["2026-12-01T22:00-0530/P1DT1H1M", "2026-12-02T03:30:00.000Z", "2026-12-03T04:31:00.000Z"],
    ["2028-02-29T00:00Z/P1D", "2028-02-29T00:00:00.000Z", "2028-03-01T00:00:00.000Z"],
  ])("reads %s", (text, start, end) => {
    expect(parseWindow(text)).toEqual({ text, start: new Date(start), end: new Date(end) });
  });

  it.each([
    ["", /is not an interval/],
    ["tonight", /is not an interval/],
    ["2026-12-01T22:00Z", /is not an interval/],
    ["R5/2026-12-01T22:00Z/PT4H", /is not an interval/],
    ["2026-12-01T22:00/PT4H", /has no date, time and zone: 2026-12-01T22:00;/],
    ["2026-12-01/PT4H", /has no date, time and zone/],
    ["2026-12-01T22:00Z/02:00", /has no date, time and zone: 02:00/],
    ["2026-12-01T24:30Z/PT4H", /has no date, time and zone/],
    ["2026-02-30T22:00Z/PT4H", /names a day that does not exist/],
    ["2027-02-29T22:00Z/PT4H", /names a day that does not exist/],
    ["2026-12-01T22:00Z/PT", /has no duration/],
    ["2026-12-01T22:00Z/P", /has no duration/],
    ["2026-12-01T22:00Z/PT0H", /has no duration/],
    ["2026-12-01T22:00Z/P1M", /has no duration/],
    ["2026-12-01T22:00Z/2026-12-01T22:00Z", /ends before it has begun/],
    ["2026-12-02T02:00Z/2026-12-01T22:00Z", /ends before it has begun/],
  ])("refuses %j", (text, words) => {
    expect(() => parseWindow(text)).toThrow(WindowTextError);
    expect(() => parseWindow(text)).toThrow(words);
  });
});

const [early, late] = ["2026-12-01T22:00Z/PT4H", "2026-12-08T22:00Z/PT4H"].map(parseWindow);
if (early === undefined || late === undefined) throw new Error("there are two windows");
const windows = [late, early];

it.each([
  [
    "2026-12-01T21:59:59Z",
    null,
    early,
    `the next, ${early.text}, opens at 2026-12-01T22:00:00.000Z`,
  ],
  ["2026-12-01T22:00:00Z", early, late, `${early.text} is open until 2026-12-02T02:00:00.000Z`],
  ["2026-12-02T01:59:59Z", early, late, `${early.text} is open until 2026-12-02T02:00:00.000Z`],
  ["2026-12-02T02:00:00Z", null, late, `the next, ${late.text}, opens at 2026-12-08T22:00:00.000Z`],
  ["2026-12-09T02:00:00Z", null, null, "all that are configured are past"],
])("at %s knows the window that is open and the next", (now, open, next, words) => {
  expect(openWindow(windows, new Date(now))).toBe(open);
  expect(nextWindow(windows, new Date(now))).toBe(next);
  expect(describeWindows(windows, new Date(now))).toBe(words);
});

it("says so where no window is configured", () => {
  expect(describeWindows([], new Date())).toBe("none is configured");
});

describe("windowReason", () => {
  const reasonFor = (parts: { readonly downtime?: "Yes"; readonly body?: string }) => {
    const before = makeMigration({
      name: "001_add_jobs",
      body: "BEGIN;\nCREATE TABLE dagapp.jobs (id INTEGER);\nCOMMIT;",
    });
    const file = makeMigration({ name: "002_change", version: "1.1.0", ...parts });
    return windowReason(file, impactsAmong([before, file], file).impacts);
  };

  it.each([
    [{ downtime: "Yes" }, "its header says that downtime is required"],
    [
      { body: "BEGIN;\nALTER TABLE dagapp.jobs ALTER COLUMN id TYPE BIGINT;\nCOMMIT;" },
      "it writes dagapp.jobs anew",
    ],
    [{ body: "BEGIN;\nALTER TABLE dagapp.jobs ADD COLUMN note TEXT;\nCOMMIT;" }, null],
  ] as const)("of %j is %j", (parts, reason) => {
    expect(reasonFor(parts)).toBe(reason);
  });
});
