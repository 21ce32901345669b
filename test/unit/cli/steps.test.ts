// Which versions a rollback takes back, and how far a run goes.
import { rollbackSteps } from "../../../cli/stack/rollbackSteps";
import { withTarget } from "../../../cli/stack/target";
import type { MigrationFile } from "../../../migrations/engine/files/file";
import {
  foldHistory,
  type History,
  type LedgerRow,
} from "../../../migrations/engine/history/history";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { makeMigration } from "../../support/files/makeMigration";
import { makeSettings } from "../../support/program/makeSettings";

let files: readonly MigrationFile[];
beforeAll(async () => {
  await loadParser();
  files = [1, 2, 3].map((n) => makeMigration({ name: `00${n}_a`, version: `0.${n}.0` }));
});

const at = new Date("2026-04-22T09:00:00Z");
const row = (version: string, state: "applied" | "incomplete" | "rolled back"): LedgerRow => ({
  version,
  startedAt: at,
  completedAt: state === "applied" ? at : null,
  applied: state === "applied",
  rolledBackAt: state === "rolled back" ? at : null,
  executedBy: "m",
  ticket: null,
});
const history = (...rows: readonly LedgerRow[]): History => foldHistory(rows, []);

describe("rollbackSteps", () => {
  const numbers = (steps: ReturnType<typeof rollbackSteps>): readonly number[] =>
    steps.map(({ migration }) => migration.number);

  it("takes back all above the one that stays, newest first, begun ones too", () => {
    const now = history(
      row("0.1.0", "applied"),
      row("0.2.0", "applied"),
      row("0.3.0", "incomplete"),
    );
    expect(numbers(rollbackSteps(files, now, { to: "0.1.0" }))).toEqual([3, 2]);
  });

  it("leaves out what was never started or is rolled back", () => {
    const now = history(row("0.1.0", "applied"), row("0.2.0", "rolled back"));
    expect(numbers(rollbackSteps(files, now, { to: "0.1.0" }))).toEqual([]);
  });

  it("names what must be gone before: higher files, and higher versions of the ledger that no file has", () => {
    const now = history(
      row("0.2.0", "applied"),
      row("0.9.0", "applied"),
      row("0.0.1", "applied"),
      row("v7", "applied"),
    );
    const [step] = rollbackSteps(files, now, { version: "0.2.0" });
    expect(step?.higher).toEqual(["0.3.0", "0.9.0"]);
  });

  it("refuses to go below a version that no file has", () => {
    const now = history(row("0.1.0", "applied"), row("0.9.0", "applied"));
    expect(() => rollbackSteps(files, now, { to: "0.1.0" })).toThrow(
      "Version 0.9.0 is in the ledger, but no file has it",
    );
  });
});

describe("withTarget", () => {
  const settings = (tier: string, targetVersion: string) => makeSettings({ tier, targetVersion });

  it.each([
    ["dev", "0.1.0", "0.3.0"],
    ["qa", "latest", "0.2.0"],
    ["uat", "0.3.0", "0.2.0"],
    ["prod", "0.2.0", "0.2.0"],
  ])("in %s with target %s goes to %s", (tier, target, to) => {
    expect(withTarget(settings(tier, target), files, to).run.targetVersion).toBe(to);
  });

  it.each(["uat", "prod"])("in %s does not go above the stack's target", (tier) => {
    expect(() => withTarget(settings(tier, "0.2.0"), files, "0.3.0")).toThrow(
      `0.3.0 is above the stack's targetVersion 0.2.0.\n  Hint: raising it in Pulumi.${tier}.yaml`,
    );
  });

  it("does not stand in for a target that is not stated: the gate asks for it", () => {
    expect(withTarget(settings("prod", "latest"), files, "0.1.0").run.targetVersion).toBe("latest");
  });

  it("leaves the target alone when nothing is named", () => {
    expect(withTarget(settings("uat", "0.2.0"), files, undefined).run.targetVersion).toBe("0.2.0");
  });
});
