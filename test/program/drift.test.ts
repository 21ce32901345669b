/** What others do to the database behind Pulumi's back is seen, named and put right; an old state does no harm. */
import { readFile } from "node:fs/promises";

import { nameOf, smallMigrations, versionOf } from "../support/files/smallMigrations";
import type { InProcessStack } from "../support/program/inProcess/stack";
import { useInProcessStacks } from "../support/program/inProcess/use";
import { CHANGES_FOUND, done } from "../support/program/outcome";
import { readLedger, type TierDatabase, versionsOf } from "../support/servers/tierDatabase";

jest.setTimeout(300_000);

const stacks = useInProcessStacks();
let database: TierDatabase;
let stack: InProcessStack;

beforeEach(async () => {
  const files = smallMigrations([{}, {}, {}]);
  stack = await stacks.make({ tier: "dev", files, config: { extensions: [] } });
  ({ database } = stack);
});

const tableExists = async (name: string): Promise<unknown> => {
  const [row] = await database.sql("superuser", "SELECT to_regclass($1) IS NOT NULL AS yes", [
    name,
  ]);
  return row?.yes;
};
const rollBack = async (number: number): Promise<void> => {
  const text = await readFile(stack.file(`migrations/${nameOf(number)}_rollback.sql`), "utf8");
  await database.sql("infrastructure", text);
};

it("names a privilege too many by table and role, takes it back, and then finds nothing", async () => {
  done(await stack.up());
  const catalog = await database.catalog();
  const { service } = database.roles;
  await database.sql("infrastructure", `GRANT TRUNCATE ON dagapp.t2 TO "${service}"`);
  await database.sql("admin", `ALTER ROLE "${service}" CONNECTION LIMIT 7`);

  const before = await database.nextTransaction();
  const { status, output } = await stack.preview("--expect-no-changes", "--diff");
  expect(status).toBe(CHANGES_FOUND);
  const named = output.split("\n").filter((line) => line.includes("dagapp.t2"));
  expect(named[0]).toContain(service);
  expect(named[0]).toContain("TRUNCATE");
  expect(await database.nextTransaction()).toBe(before);

  done(await stack.up("--refresh"));
  expect(await database.catalog()).toEqual(catalog);
  done(await stack.preview("--expect-no-changes"));

  // New passwords touch nothing else, memberships included.
  await stack.configure({ extensions: [], passwordVersion: "2" });
  done(await stack.up());
  expect(await database.catalog()).toEqual(catalog);
});

it("sees without a refresh what roles are and what code may do, and mends it by a plain up", async () => {
  const { service, infrastructure } = database.roles;
  const reader = `reader of ${database.name}`;
  const furtherRoles = [{ name: reader, kind: "reader", schemas: ["geoapi"], connectionLimit: 9 }];
  await stack.configure({ extensions: [], furtherRoles });
  done(await stack.up());
  done(await stack.preview("--expect-no-changes"));
  const catalog = await database.catalog();
  expect(catalog.join("\n")).toContain(`role ${reader} `);

  const geo = `"${database.name}"`;
  await database.sql(
    "superuser",
    `ALTER ROLE "${service}" IN DATABASE ${geo} SET role = "${infrastructure}"`,
  );
  await database.sql("superuser", `ALTER ROLE "${reader}" CREATEDB CONNECTION LIMIT -1`);
  await database.sql("superuser", `GRANT SELECT ON dagapp.t1 TO "${reader}"`);
  await database.sql(
    "infrastructure",
    "CREATE FUNCTION dagapp.sly() RETURNS INTEGER LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
  );
  const { status, output } = await stack.preview("--expect-no-changes", "--diff");
  expect(status).toBe(CHANGES_FOUND);
  for (const text of [
    `role ${service}: should not set role=${infrastructure} in database ${database.name}`,
    `role ${reader}: should not have CREATEDB`,
    `role ${reader}: connection limit is -1, not 9`,
    `table dagapp.t1: ${reader} should not have SELECT`,
    "function dagapp.sly(): should not run with the rights of",
  ]) {
    expect(output).toContain(text);
  }

  done(await stack.up());
  done(await stack.preview("--expect-no-changes"));
  done(await stack.preview("--refresh", "--expect-no-changes"));
  await database.sql("infrastructure", "DROP FUNCTION dagapp.sly()");
  expect(await database.catalog()).toEqual(catalog);
});

it("applies again what was rolled back by hand, and refuses to guess while a row alone was deleted", async () => {
  done(await stack.up());
  const old = await stack.exportState();

  await rollBack(3);
  const plan = await stack.preview("--expect-no-changes", "--diff");
  expect(plan.status).toBe(CHANGES_FOUND);
  expect(plan.output).toMatch(/~ ledger\s*: "\w+" => "rolled back"/);
  done(await stack.up());
  expect(await tableExists("dagapp.t3")).toBe(true);
  expect(await versionsOf(database, "applied")).toEqual([1, 2, 3, 3].map(versionOf));

  await database.sql("admin", "DELETE FROM public.schema_migrations WHERE version = $1", [
    versionOf(3),
  ]);
  const refreshed = done(await stack.refresh("--diff"));
  expect(refreshed).toMatch(/ledger\s*: "applied" => "pending"/);
  const failed = await stack.up();
  expect(failed.status).not.toBe(0);
  expect(failed.output).toContain('relation "t3" already exists');
  await rollBack(3);
  done(await stack.up());
  expect(await versionsOf(database, "applied")).toEqual([1, 2, 3, 3, 3].map(versionOf));

  // The state of before all this comes back from a backup.
  await stack.importState(old);
  const catalog = await database.catalog();
  done(await stack.up());
  expect(await database.catalog()).toEqual(catalog);
  expect(await versionsOf(database, "started")).toHaveLength(6);
  expect(await readLedger(database)).toMatchObject(
    [1, 2, 3].map((n) => ({ version: versionOf(n), applied: true })),
  );
  done(await stack.preview("--expect-no-changes"));
});

it("warns of a change by hand, and of what stands in the way of the next run, whatever became of the state", async () => {
  done(await stack.up());
  expect(done(await stack.preview())).not.toContain("schema-drift");
  await database.sql("infrastructure", "ALTER TABLE dagapp.t1 ADD COLUMN extra TEXT");
  const body =
    "CREATE TABLE dagapp.t4 (id INTEGER PRIMARY KEY);\nALTER TABLE dagapp.t1 ADD COLUMN more TEXT;";
  const rollback =
    "ALTER TABLE dagapp.t1 DROP COLUMN IF EXISTS more;\nDROP TABLE IF EXISTS dagapp.t4;";
  await stack.replaceMigrations(smallMigrations([{}, {}, {}, { body, rollback }]));
  const holder = await database.hold("service", "DELETE FROM dagapp.t1");
  const preview = done(await stack.preview());
  expect(preview).toContain("rule schema-drift | tier dev | warning");
  expect(preview).toContain("    table dagapp.t1: column extra is new");
  expect(preview).toMatch(
    /pre-flight, as the server is now: 004_table_4\.sql: warning: lock-in-the-way: dagapp\.t1 is locked by process \d+/,
  );
  await holder.letGo();

  await stack.forgetState();
  expect(done(await stack.up())).toContain("    table dagapp.t1: column extra is new");
  expect(await versionsOf(database, "applied")).toEqual([1, 2, 3, 4].map(versionOf));
  await database.sql("infrastructure", "ALTER TABLE dagapp.t1 DROP COLUMN extra");
  const undone = done(await stack.preview("--expect-no-changes"));
  expect(undone).not.toContain("column extra");
});
