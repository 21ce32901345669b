/**
 * The maintenance window at the moment of the run, under the runner lock and by the server's clock: whatever was shown
 * and decided before.
 */
import { impactsAmong } from "../../../migrations/engine/impact/classify";
import { closeBreakGlass, openBreakGlass } from "../../../migrations/engine/ledger/decisions";
import { OutsideWindowError } from "../../../migrations/engine/run/outsideWindow";
import { applyMigration } from "../../../migrations/engine/run/run";
import { withRunner } from "../../../migrations/engine/server/runner";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { makeMigration } from "../../support/files/makeMigration";
import { eventsOf, exists, failureOf, ledgerRows } from "../../support/program/runs";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

const hour = 60 * 60 * 1000;

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major });
  let database: ProgramDatabase;

  beforeAll(loadParser);
  beforeEach(async () => {
    database = await suite.database({ configuration: { tier: "uat" } });
  });

  /** An interval in hours from now, by this machine's clock: the server is on it. */
  const windowFrom = (from: number, to: number): string =>
    [from, to].map((hours) => new Date(Date.now() + hours * hour).toISOString()).join("/");
  const runIn = (
    where: ProgramDatabase,
    tier: "dev" | "uat",
    file: ReturnType<typeof makeMigration>,
    windows: readonly string[],
  ) => {
    const window = JSON.stringify(windows.map((text) => text.replace(/\.\d+Z/g, "Z")));
    const expected = impactsAmong([file], file);
    return withRunner(where.accessWith({ tier, window }), (runner) =>
      applyMigration(runner, { migration: file, lower: [], expected }, () => undefined),
    );
  };
  const run = (file: ReturnType<typeof makeMigration>, ...windows: readonly string[]) =>
    runIn(database, "uat", file, windows);
  const down = () => makeMigration({ downtime: "Yes" });

  it("refuses what needs downtime outside of it, and writes nothing", async () => {
    for (const windows of [[], [windowFrom(-3, -1)], [windowFrom(1, 3), windowFrom(5, 7)]]) {
      const error = await failureOf(run(down(), ...windows));
      expect(error).toBeInstanceOf(OutsideWindowError);
    }
    expect(await ledgerRows(database)).toEqual([]);
    expect(await eventsOf(database, "1.0.0")).toEqual([]);
    expect(await exists(database, "dagapp.jobs")).toBe(false);
  });

  it("refuses what writes a table anew that may be there", async () => {
    const body = "BEGIN;\nALTER TABLE dagapp.jobs ALTER COLUMN id TYPE BIGINT;\nCOMMIT;";
    const error = await failureOf(run(makeMigration({ body })));
    expect(error.message).toContain("it writes dagapp.jobs anew");
  });

  it("lets it run inside", async () => {
    expect(await run(down(), windowFrom(-3, -2), windowFrom(-1, 1))).toMatchObject({
      ranNow: true,
    });
  });

  it("does not ask for it where neither downtime nor a rewrite is to come", async () => {
    expect(await run(makeMigration())).toMatchObject({ ranNow: true });
  });

  it("does not ask for it in dev, where a window may be set all the same", async () => {
    const dev = await suite.database({ configuration: { tier: "dev" } });
    expect(await runIn(dev, "dev", down(), [windowFrom(1, 3)])).toMatchObject({ ranNow: true });
  });

  it("is lifted while break-glass is open, and only then", async () => {
    const { access } = database;
    const emergency = { reason: "disk full", ticket: "CHG-2026-0911", approvedBy: "Ann Duty" };
    await openBreakGlass(access, emergency);
    await closeBreakGlass(access, { by: "Ann Duty", note: "false alarm" });
    expect(await failureOf(run(down()))).toBeInstanceOf(OutsideWindowError);
    await openBreakGlass(access, emergency);
    expect(await run(down())).toMatchObject({ ranNow: true });
  });
});
