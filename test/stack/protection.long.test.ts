/** What Pulumi can take away: nothing in prod, however it is asked; in dev no table. */
import { smallMigrations, ticketOf } from "../support/files/smallMigrations";
import { done, type Outcome, type ProgramStack } from "../support/program/programStack";
import { useProgramStacks } from "../support/program/useProgramStacks";
import { readLedger, type TierDatabase } from "../support/servers/tierDatabase";

jest.setTimeout(900_000);

const suite = useProgramStacks({ settings: { autovacuum: "off" } });
let database: TierDatabase;
let stack: ProgramStack;

async function makeStack(tier: "dev" | "prod", config: Readonly<Record<string, unknown>>) {
  database = await suite.database();
  stack = await suite.stack(database, { tier, config, files: smallMigrations([{}]) });
  stack.variables = { DDL_TICKETS: ticketOf(1) };
  done(await stack.up());
}

it("keeps roles, owners, privileges and the ledger in prod whatever is destroyed or left out of the program", async () => {
  const config = { targetVersion: "0.1.0", extensions: ["unaccent"] };
  await makeStack("prod", config);
  stack.variables = {};
  const catalog = await database.catalog();
  const ledger = await readLedger(database);
  const expectRefused = async ({ status, output }: Outcome): Promise<void> => {
    expect(status).not.toBe(0);
    expect(output).toContain("protect");
    expect(await database.catalog()).toEqual(catalog);
  };

  await expectRefused(await stack.destroy());
  for (const name of ["service-role", "infrastructure-role", "schema-dagapp", "privileges"]) {
    const urn = await stack.urnOf(name);
    await expectRefused(await stack.destroy("--target", urn, "--target-dependents"));
  }

  await stack.configure({ ...config, extensions: [] });
  await expectRefused(await stack.up());
  await stack.edit("index.ts", lastGrants, leftOut);
  await expectRefused(await stack.up());
  await stack.edit("index.ts", leftOut, lastGrants);

  // Who is not listed any more loses access at once, but the role stays until an administrator drops it.
  await stack.configure({ ...config, migrators: [], migrator: "" });
  const left = await stack.up();
  expect(left.status).not.toBe(0);
  expect(left.output).toContain("protect");
  const { migrator, infrastructure } = database.roles;
  const isAccess = (line: string): boolean =>
    line.startsWith(`member ${migrator} of ${infrastructure}`);
  expect(catalog.filter(isAccess)).toHaveLength(1);
  expect(withoutConnect(await database.catalog())).toEqual(
    withoutConnect(catalog.filter((line) => !isAccess(line))),
  );
  await stack.configure(config);
  done(await stack.up());
  expect(await database.catalog()).toEqual(catalog);

  // Protection can be lifted by whoever may write the state; the database still keeps everything.
  done(await stack.pulumi("state", "unprotect", "--all", "--yes"));
  done(await stack.destroy());
  expect(await database.catalog()).toEqual(catalog);
  expect(await readLedger(database)).toEqual(ledger);

  done(await stack.up());
  expect(await database.catalog()).toEqual(catalog);
  done(await stack.preview("--expect-no-changes"));
});

/** As index.ts has it. */
const lastGrants = 'new ExactGrants("privileges-after", args, behind(privileges, migrations))';
const leftOut = "privileges /* left out */";

const withoutConnect = (catalog: readonly string[]): readonly string[] =>
  catalog.map((line) => line.replace(`,${database.roles.migrator}=c/${database.roles.admin}`, ""));

it("never drops a table when migrations are destroyed in dev", async () => {
  await makeStack("dev", { extensions: [] });
  await database.sql("infrastructure", "INSERT INTO dagapp.t1 VALUES (1)");
  done(await stack.destroy("--target", await stack.urnOf("migrations"), "--target-dependents"));
  expect(await stack.exportState()).not.toContain("migration-001");
  expect(await database.sql("service", "SELECT id FROM dagapp.t1")).toEqual([{ id: 1 }]);
  expect(await readLedger(database)).toMatchObject([{ version: "0.1.0", applied: true }]);
  done(await stack.up());
  expect(await database.sql("service", "SELECT id FROM dagapp.t1")).toEqual([{ id: 1 }]);
});
