/** What goes wrong while migrations run, and how the next command goes on from there. */
import { setTimeout as sleep } from "node:timers/promises";

import { recoverState, removeDeadLocks } from "../../cli/make/recover";
import type { PublishedVersion } from "../../migrations/engine/history/promotion";
import { silentLog } from "../../toolchain/log";
import { smallMigrations, ticketOf, versionOf } from "../support/files/smallMigrations";
import { done, type ProgramStack } from "../support/program/programStack";
import { isStillThere, providersBelow } from "../support/program/providers";
import { useProgramStacks } from "../support/program/useProgramStacks";
import { readLedger, type TierDatabase, versionsOf } from "../support/servers/tierDatabase";

jest.setTimeout(900_000);

const suite = useProgramStacks();
let database: TierDatabase;
let stack: ProgramStack;

async function makeStack(middle: string): Promise<void> {
  database = await suite.database();
  const files = smallMigrations([{}, { body: middle }, {}]);
  stack = await suite.stack(database, { tier: "dev", files, config: { extensions: [] } });
}

const published = async (): Promise<readonly PublishedVersion[]> =>
  ((await stack.outputs()).versions ?? []) as readonly PublishedVersion[];

it("stops at a migration that fails, publishes exactly what was applied, and goes on once it is corrected", async () => {
  await makeStack("CREATE TABLE dagapp.t2 (id INTEGER);\nSELECT missing FROM dagapp.t2;");
  const { status, output } = await stack.up();
  expect(status).not.toBe(0);
  expect(output).toContain("002_table_2.sql");
  expect(output).toContain('column "missing" does not exist');
  expect(await versionsOf(database, "applied")).toEqual([versionOf(1)]);
  expect(await versionsOf(database, "failed")).toEqual([versionOf(2)]);
  expect(await database.sql("superuser", "SELECT to_regclass('dagapp.t2') AS t2")).toEqual([
    { t2: null },
  ]);
  expect((await published()).map(({ version }) => version)).toEqual([versionOf(1)]);

  await stack.replaceMigrations(smallMigrations([{}, {}, {}]));
  done(await stack.up());
  expect(await versionsOf(database, "applied")).toEqual([1, 2, 3].map(versionOf));
  expect(await published()).toEqual(
    [1, 2, 3].map((number) => ({
      ...{ version: versionOf(number), login: database.roles.migrator, ticket: ticketOf(number) },
      ...{
        appliedAt: expect.any(String) as string,
        proven: {
          at: expect.any(String) as string,
          rollbackChecksum: expect.stringMatching(/^sha256:/) as string,
          rows: expect.objectContaining({ empty: [], real: 0 }) as object,
        },
        ...{ signedOff: null, validated: null },
        // What is new in each file is no effect on what was there.
        ...{ measured: [], unannounced: [] },
      },
      checksum: expect.stringMatching(/^sha256:/) as string,
      rollbackChecksum: expect.stringMatching(/^sha256:/) as string,
    })),
  );
});

it("ends its provider and its statement when pulumi is killed, and the next up completes", async () => {
  await makeStack("CREATE TABLE dagapp.t2 (id INTEGER PRIMARY KEY);\nSELECT pg_sleep(120);");
  const child = stack.start("up", "--yes", "--skip-preview");
  await until("the long statement runs", async () => (await sleeping()).length === 1);
  const providers = await providersBelow(child.pid ?? 0);
  expect(providers.length).toBeGreaterThan(0);

  child.kill("SIGKILL");
  await until("the statement has ended", async () => (await sleeping()).length === 0, 15_000);
  await until(
    "its processes have ended",
    () => Promise.resolve(!providers.some(isStillThere)),
    15_000,
  );
  expect(await readLedger(database)).toMatchObject([
    { version: versionOf(1), applied: true },
    { version: versionOf(2), applied: false },
  ]);

  const locked = await stack.up();
  expect(locked.status).not.toBe(0);
  expect(locked.output).toContain("locked");
  expect(await removeDeadLocks(stack.recoveryTarget, silentLog)).toBeUndefined();
  await recoverState(stack.recoveryTarget, silentLog);
  await stack.replaceMigrations(smallMigrations([{}, {}, {}]));
  done(await stack.up());
  expect(await versionsOf(database, "applied")).toEqual([1, 2, 3].map(versionOf));
  done(await stack.preview("--expect-no-changes"));
});

const sleeping = (): ReturnType<TierDatabase["sql"]> =>
  database.sql(
    "superuser",
    "SELECT pid FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active' AND datname = $1",
    [database.name],
  );

async function until(
  what: string,
  isTrue: () => Promise<boolean>,
  withinMs = 60_000,
): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await sleep(200);
  }
}
