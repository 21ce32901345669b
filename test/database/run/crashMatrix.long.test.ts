/**
 * A sample of the crash matrix: a run with transactions, batches and CONCURRENTLY is disturbed at some of its points, in
 * each way, forwards and back. A rerun ends in the catalog, ledger and data of an undisturbed run. `make crash-matrix`
 * goes through all points.
 */
import {
  CrashWorld,
  type Disturbance,
  disturbances,
  type Step,
  steps,
} from "../../support/crash/crashPoints";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

/** Shares of a run at which it is disturbed. A process or a server takes long to start, so those have one each. */
const shares: Readonly<Record<Disturbance, readonly number[]>> = {
  // The last two questions only end the sessions: a run that is cut off there has come through.
  connection: [0.15, 0.5, 0.72, 0.95],
  backend: [0.3, 0.6, 0.85],
  cancel: [0.4, 0.7],
  process: [0.55],
  server: [0.8],
};

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  let world: CrashWorld;

  beforeAll(async () => {
    world = await CrashWorld.start(major);
  });
  afterAll(() => world.close());

  const cases = steps.flatMap((step) =>
    disturbances.map((disturbance): [Step, Disturbance] => [step, disturbance]),
  );

  it.each(cases)("%s ends as if undisturbed after a broken %s", async (step, disturbance) => {
    expect(world.questionsOf(step)).toBeGreaterThan(40);
    for (const [index, share] of shares[disturbance].entries()) {
      const question = Math.max(1, Math.round(world.questionsOf(step) * share));
      const moment = (index + (step === "apply" ? 0 : 1)) % 2 === 0 ? "after" : "before";
      const point = { step, disturbance, question, moment } as const;
      const { fault, ended } = await world.disturb(point);
      expect({ ...point, fault }).toEqual({ ...point, fault: null });
      // A cancel between two statements has nothing to cancel.
      if (disturbance !== "cancel") expect(ended).toBe("failed");
    }
  });
});
