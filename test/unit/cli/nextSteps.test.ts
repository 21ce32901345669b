// What a stack's state asks people to do next, in the order in which it is done.
import { heldFiles, nextSteps, type StackState, versionSpan } from "../../../cli/report/nextSteps";
import { rebuiltText } from "../../../cli/report/rebuilt";
import type { VersionState } from "../../../migrations/engine/history/history";
import { loadParser } from "../../../migrations/engine/statements/statements";
import type { Tier } from "../../../stack/tier";
import { makeMigration } from "../../support/files/makeMigration";

beforeAll(loadParser);

const decision = { at: new Date(0), login: "x", by: "Eve", reason: "" };
const applied = (version: string, more: Partial<VersionState> = {}): VersionState => ({
  ...{ version, status: "applied", checksum: "sha256:1", rollbackChecksum: null },
  ...{ segmentsDone: [], segmentsBegun: [], begunRollback: null, halfDone: false },
  ...{ completedAt: new Date(0), measured: [], rolledBackAt: null, durationMs: 1 },
  ...{ executedBy: "m", ticket: null, acknowledgement: null, baseline: null },
  ...{ proof: { at: new Date(0), login: "x", rollbackChecksum: null, rows: null } },
  ...{ signOff: decision, validation: decision },
  ...more,
});

const stateOf = (
  tier: Tier,
  versions: readonly VersionState[],
  more: Partial<StackState> = {},
): StackState => ({
  tier,
  files: ["1.0.0", "1.1.0", "1.2.0"].map((version, index) =>
    makeMigration({ name: `00${index + 1}_file`, version }),
  ),
  history: { stamp: tier, breakGlass: null, versions, vouchings: [] },
  ...{ targetVersion: "latest", appliedAbove: new Set(), targetAbove: null },
  ...more,
});
const commands = (state: StackState): readonly string[] =>
  nextSteps(state).map(({ command }) => command);
const three = ["1.0.0", "1.1.0", "1.2.0"].map((version) => applied(version));

it("takes to qa what dev has, and nothing that qa has", () => {
  expect(commands(stateOf("dev", three))).toEqual(["make up STACK=qa"]);
  const all = new Set(["1.0.0", "1.1.0", "1.2.0"]);
  expect(commands(stateOf("dev", three, { appliedAbove: all }))).toEqual([]);
});

it("compares, baselines and takes over a database that is adopted, before anything else", () => {
  const adopted = { onlyLooks: true, targetVersion: "1.1.0" };
  expect(commands(stateOf("uat", [], adopted))).toEqual([
    "npx ddl compare 1.1.0 --stack uat --sandbox",
    'npx ddl baseline 1.1.0 --stack uat --sandbox --ticket CHG-YYYY-NNNN --by "NAME" --reason "WHY"',
    "make up STACK=uat",
  ]);
  expect(commands(stateOf("uat", three.slice(0, 2), adopted))).toEqual(["make up STACK=uat"]);
});

it("promotes nothing where nothing was brought up yet", () => {
  const history = { stamp: null, breakGlass: null, versions: [], vouchings: [] };
  expect(commands(stateOf("qa", [], { history }))).toEqual(["make up STACK=qa"]);
});

it("asks nobody to sign off what was baselined", () => {
  const baseline = { ...decision, ticket: null };
  const found = three.map((one) => ({ ...one, signOff: null, baseline }));
  expect(commands(stateOf("qa", found))).toEqual(["npx ddl promote --stack uat --sandbox"]);
});

it("signs off in qa what uat would take, and no more", () => {
  const unsigned = three.map((one) => ({ ...one, signOff: null }));
  const state = stateOf("qa", unsigned, { targetAbove: "1.1.0" });
  expect(nextSteps(state)).toEqual([
    {
      command: 'npx ddl promote --stack uat --sandbox --sign --all --by "NAME"',
      why: "1.0.0, 1.1.0: not signed off for uat",
    },
  ]);
  const done = stateOf("qa", unsigned, {
    targetAbove: "1.1.0",
    appliedAbove: new Set(["1.0.0", "1.1.0"]),
  });
  expect(nextSteps(done)).toEqual([
    { command: "$EDITOR Pulumi.uat.yaml", why: "1.2.0: above its targetVersion" },
  ]);
});

it("proves, validates and signs off in uat, in this order, and then asks what prod needs", () => {
  const bare = [applied("1.0.0", { proof: null, signOff: null, validation: null })];
  const state = stateOf("uat", bare, { targetVersion: "1.0.0" });
  expect(commands(state)).toEqual([
    'npx ddl promote --stack prod --sandbox --prove --validate --all --by "NAME"',
    'npx ddl promote --stack prod --sandbox --sign --all --by "NAME"',
  ]);
  expect(commands(stateOf("uat", [applied("1.0.0")], { targetVersion: "1.0.0" }))).toEqual([
    "npx ddl promote --stack prod --sandbox",
  ]);
});

it("says first what is not done, ran by hand or is pending", () => {
  const state = stateOf("prod", [
    applied("1.0.0", { status: "incomplete" }),
    applied("1.1.0", { checksum: null }),
  ]);
  expect(commands(state)).toEqual([
    "make up STACK=prod",
    'npx ddl acknowledge 1.1.0 --stack prod --sandbox --by "NAME" --reason "WHY"',
    "npx ddl promote --stack prod --sandbox",
  ]);
});

it("names what is held, and many versions by the first and the last", () => {
  const state = stateOf("uat", [], { targetVersion: "1.0.0" });
  expect(heldFiles(state).map(({ name }) => name)).toEqual(["002_file", "003_file"]);
  expect(versionSpan(["1", "2", "3"])).toBe("1, 2, 3");
  expect(versionSpan(["1", "2", "3", "4"])).toBe("1 to 4 (4 versions)");
});

it("says of a rebuild which sign-offs went with it, and who asks for them anew", () => {
  expect(rebuiltText("qa", 2, [])).toBe(
    "Schemas dropped and made anew; 2 version(s) were applied and are pending again.",
  );
  expect(rebuiltText("qa", 2, ["1.0.0", "1.1.0"])).toContain(
    "\nSign-offs of 1.0.0, 1.1.0 went with them: they were about what is gone now.\n" +
      'Before uat takes those versions: npx ddl promote --stack uat --sign --all --by "NAME"',
  );
});
