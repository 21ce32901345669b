// What a stack publishes of its versions is what the next one reads; anything else counts as not said.
import fc from "fast-check";

import type { History, VersionState } from "../../../migrations/engine/history/history";
import {
  measuredBelow,
  publishedVersions,
  readLowerTier,
} from "../../../migrations/engine/history/promotion";

const at = new Date("2026-11-01T10:00:00Z");
const decision = { at, login: "eve", by: "Eve Holt", reason: "" };
const state = (overrides: Partial<VersionState> = {}): VersionState => ({
  ...{ version: "1.0.0", status: "applied", checksum: "sha256:a", rollbackChecksum: "sha256:r" },
  ...{
    segmentsDone: [],
    segmentsBegun: [],
    halfDone: false,
    measured: [],
    begunRollback: null,
    rolledBackAt: null,
    completedAt: at,
    durationMs: 5,
  },
  ...{ executedBy: "ada", ticket: "CHG-2026-0001" },
  ...{ proof: null, signOff: null, validation: null, acknowledgement: null, baseline: null },
  ...overrides,
});
const historyOf = (...versions: readonly VersionState[]): History => ({
  ...{ stamp: "uat", breakGlass: null, versions, vouchings: [] },
});
/** As it comes back from the other stack: through JSON. */
const asRead = (versions: unknown) =>
  readLowerTier("s", JSON.parse(JSON.stringify({ tier: "uat", versions })) as unknown);

describe("measuredBelow", () => {
  const measured = [{ impacts: [{ name: "dagapp.jobs", updated: 3 }], heldMs: 12, made: [] }];
  const below = asRead(publishedVersions(historyOf(state({ measured }))));

  it("tells what exactly this text did there, and nothing of another", () => {
    const own = { version: "1.0.0", checksum: "sha256:a" };
    expect(measuredBelow(below, own)).toEqual(["s measured: dagapp.jobs: 3 rows updated"]);
    expect(measuredBelow(below, { ...own, checksum: "sha256:b" })).toEqual([]);
    expect(measuredBelow(null, own)).toEqual([]);
  });
});

describe("publishedVersions", () => {
  it("publishes what is applied, with who said what about it", () => {
    const rows = {
      tables: 2,
      rows: 40,
      real: 20,
      empty: ["dagapp.codes"],
      unmet: [],
      lost: ["2 of 20 rows"],
    };
    const proof = { at, login: "admin", rollbackChecksum: "sha256:r", rows };
    const full = state({ proof, signOff: decision, validation: { ...decision, by: "Ida" } });
    const said = { login: "eve", at: at.toISOString() };
    expect(publishedVersions(historyOf(full))).toEqual([
      {
        ...{ version: "1.0.0", appliedAt: at.toISOString(), login: "ada" },
        ...{ ticket: "CHG-2026-0001", checksum: "sha256:a", rollbackChecksum: "sha256:r" },
        proven: {
          rollbackChecksum: "sha256:r",
          at: at.toISOString(),
          // Small: what was lost stands in the event.
          rows: { tables: 2, rows: 40, real: 20, empty: ["dagapp.codes"], unmet: [] },
        },
        ...{ measured: [], unannounced: [] },
        signedOff: { ...said, by: "Eve Holt" },
        validated: { ...said, by: "Ida" },
      },
    ]);
  });

  it("publishes nothing of a version that failed or was rolled back", () => {
    const others = [state({ status: "incomplete" }), state({ status: "rolled back" })];
    expect(publishedVersions(historyOf(...others))).toEqual([]);
  });
});

describe("readLowerTier", () => {
  it("reads what publishedVersions makes, through JSON", () => {
    const nullable = <T>(value: T) => fc.constantFrom(value, null);
    const anyState = fc.record({
      version: fc.constantFrom("1.0.0", "1.1.0"),
      checksum: nullable("sha256:a"),
      completedAt: nullable(at),
      executedBy: nullable("ada"),
      proof: nullable({
        ...{ at, login: "admin", rollbackChecksum: null },
        rows:
          fc.sample(
            nullable({ tables: 1, rows: 2, real: 0, empty: [], unmet: [], lost: [] }),
            1,
          )[0] ?? null,
      }),
      signOff: nullable(decision),
      validation: nullable(decision),
    });
    fc.assert(
      fc.property(fc.array(anyState), (states) => {
        const versions = publishedVersions(historyOf(...states.map(state)));
        expect(asRead(versions)).toEqual({ kind: "known", stack: "s", tier: "uat", versions });
      }),
    );
  });

  it.each([undefined, null, "text", {}, { versions: "1.0.0" }, { applied: ["1.0.0"] }])(
    "calls a stack that publishes %j missing",
    (outputs) => {
      expect(readLowerTier("s", outputs)).toEqual({
        ...{ kind: "missing", stack: "s", reason: "it publishes no versions" },
      });
    },
  );

  it("takes nothing for a decision or a proof that is not whole", () => {
    const [version] = publishedVersions(historyOf(state()));
    for (const half of [true, "yes", {}, { by: "Eve" }, { by: "Eve", login: "eve", at: 5 }]) {
      const read = asRead([{ ...version, signedOff: half, validated: half, proven: half }]);
      expect(read).toMatchObject({
        versions: [{ version: "1.0.0", signedOff: null, validated: null, proven: null }],
      });
    }
    expect(asRead([null, "1.0.0", { version: 1 }, []])).toMatchObject({ versions: [] });
  });

  it("knows no tier but the four", () => {
    expect(readLowerTier("s", { tier: "staging", versions: [] })).toMatchObject({ tier: null });
  });
});

describe("a version that was baselined", () => {
  it("is published without the text, so that it proves nothing to a tier above of any release", () => {
    const published = publishedVersions(historyOf(state({ baseline: decision })));
    expect(published).toMatchObject([{ checksum: null, baselined: { by: "Eve Holt" } }]);
    expect(asRead(published)).toMatchObject({
      versions: [{ checksum: null, baselined: { by: "Eve Holt" } }],
    });
  });
});
