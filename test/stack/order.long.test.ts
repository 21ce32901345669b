/** Targeting and excluding resources cannot run a migration before the one that it was written to follow. */
import { readFile } from "node:fs/promises";

import { recoverState } from "../../cli/make/recover";
import { silentLog } from "../../toolchain/log";
import { nameOf, smallMigrations, versionOf } from "../support/files/smallMigrations";
import { done, type Outcome, type ProgramStack } from "../support/program/programStack";
import { useProgramStacks } from "../support/program/useProgramStacks";
import { type TierDatabase, versionsOf } from "../support/servers/tierDatabase";

jest.setTimeout(900_000);

const suite = useProgramStacks();
let database: TierDatabase;
let stack: ProgramStack;

beforeAll(async () => {
  database = await suite.database();
  const files = smallMigrations([{}, {}, {}]);
  const config = { targetVersion: versionOf(1), extensions: [] };
  stack = await suite.stack(database, { tier: "dev", files, config });
});

const expectNothingRun = async (
  { status, output }: Outcome,
  started: readonly number[],
): Promise<string> => {
  expect(status).not.toBe(0);
  expect(await versionsOf(database, "started")).toEqual(started.map(versionOf));
  return output;
};
const rollBack = async (number: number): Promise<void> => {
  const text = await readFile(stack.file(`migrations/${nameOf(number)}_rollback.sql`), "utf8");
  await database.sql("infrastructure", text);
};

it("refuses a later migration under --target and --exclude, and a plain up recovers", async () => {
  done(await stack.up());
  await stack.configure({ extensions: [] });
  const first = await stack.urnOf("migration-001");
  const urn = (number: number): string => first.replace(/001$/, `00${number}`);

  // Migrations that the state does not know yet: the engine, or the provider, refuses.
  await expectNothingRun(await stack.up("--target", urn(3)), [1]);
  await expectNothingRun(await stack.up("--exclude", urn(2)), [1]);
  await recoverState(stack.recoveryTarget, silentLog);
  done(await stack.up());
  expect(await versionsOf(database, "applied")).toEqual([1, 2, 3].map(versionOf));

  // Migrations that the state believes applied: only the provider, which asks the ledger, can refuse.
  await rollBack(3);
  await rollBack(2);
  const order = `003_table_3.sql may not run: version ${versionOf(2)} comes first and is not applied.`;
  for (const option of [
    ["--target", urn(3)],
    ["--exclude", urn(2)],
  ]) {
    expect(await expectNothingRun(await stack.up(...option), [1, 2, 3])).toContain(order);
  }
  await recoverState(stack.recoveryTarget, silentLog);
  done(await stack.up());
  expect(await versionsOf(database, "applied")).toEqual([1, 2, 3, 2, 3].map(versionOf));
  done(await stack.preview("--expect-no-changes"));
});

it("stores the settings that the stack declares, names what was changed by hand, and mends it", async () => {
  const config = {
    extensions: [],
    databaseSettings: { work_mem: "64MB", random_page_cost: 1.1 },
    roleSettings: { service: { statement_timeout: "30s", jit: false } },
  };
  await stack.configure(config);
  const { name, roles } = database;
  const declared = `database ${name}: setting work_mem=64MB is missing`;
  expect(done(await stack.preview("--diff"))).toContain(declared);
  done(await stack.up());
  const [session] = await database.sql(
    "service",
    "SELECT current_setting('work_mem') AS mem, current_setting('statement_timeout') AS time, current_setting('jit') AS jit",
  );
  expect(session).toEqual({ mem: "64MB", time: "30s", jit: "off" });
  done(await stack.preview("--expect-no-changes"));

  await database.sql("admin", `ALTER DATABASE "${name}" SET work_mem = '1GB'`);
  await database.sql("admin", `ALTER DATABASE "${name}" SET temp_buffers = '1GB'`);
  await database.sql("admin", `ALTER ROLE "${roles.service}" IN DATABASE "${name}" SET jit = on`);
  expect((await stack.preview("--expect-no-changes")).status).not.toBe(0);
  const plan = done(await stack.preview("--diff"));
  expect(plan).toContain(declared);
  expect(plan).toContain(`database ${name}: should not set temp_buffers=1GB for every login`);
  expect(plan).toContain(`role ${roles.service}: setting jit=off in database ${name} is missing`);
  done(await stack.up());
  done(await stack.preview("--expect-no-changes"));
});
