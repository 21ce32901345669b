/**
 * Going back in prod: the target is lowered, preview says what that costs, up goes newest first.
 * Policy, "Emergency Procedures": a failure during deployment, and an incident after completion.
 */
import { readFile, writeFile } from "node:fs/promises";

import { loadMigrations } from "../../migrations/engine/survey/load";
import { nameOf, smallMigrations, ticketOf, versionOf } from "../support/files/smallMigrations";
import type { InProcessStack } from "../support/program/inProcess/stack";
import { useInProcessStacks } from "../support/program/inProcess/use";
import { diagnostics, done } from "../support/program/outcome";
import { readLedger, type TierDatabase, versionsOf } from "../support/servers/tierDatabase";

jest.setTimeout(300_000);

const stacks = useInProcessStacks();
let database: TierDatabase;
let stack: InProcessStack;

beforeAll(async () => {
  const files = smallMigrations([{}, {}, {}]);
  const config = { ...common, targetVersion: versionOf(3) };
  stack = await stacks.make({ tier: "prod", files, config });
  ({ database } = stack);
  stack.variables = { DDL_TICKETS: [1, 2, 3].map(ticketOf).join(",") };
  // The first one makes the ledger, and runs nothing: there is no tier below.
  await stack.up();
  await database.sql(
    "admin",
    `INSERT INTO public.schema_migration_events (kind, ticket, detail)
     VALUES ('break-glass-opened', 'CHG-2026-0900', '{"reason": "a test", "approvedBy": "Eve"}')`,
  );
  await recordProofs();
  done(await stack.up());
});

/** What `ddl prove` records, which break-glass does not lift. */
async function recordProofs(): Promise<void> {
  const { migrations } = await loadMigrations(stack.file("migrations"));
  for (const { header, checksum, rollback } of migrations) {
    await database.sql(
      "admin",
      `INSERT INTO public.schema_migration_events (kind, version, checksum, rollback_checksum)
       VALUES ('proven', '${header.version}', '${checksum}', '${rollback?.checksum ?? ""}')`,
    );
  }
}

/** Promotes from a stack that is not there, which break-glass lifts. */
const common = { extensions: [], promotesFrom: "nowhere" };
const target = (number: number): Promise<void> =>
  stack.configure({ ...common, targetVersion: versionOf(number) });
const tables = async (): Promise<readonly unknown[]> =>
  (
    await database.sql(
      "superuser",
      "SELECT tablename FROM pg_tables WHERE schemaname = 'dagapp' ORDER BY 1",
    )
  ).map(({ tablename }) => tablename);

it("refuses to go back without a ticket, and shows what goes, newest first, with the rows it would cost", async () => {
  await database.sql("infrastructure", "INSERT INTO dagapp.t3 SELECT generate_series(1, 7)");
  await database.sql("infrastructure", "ANALYZE dagapp.t3");
  await target(1);
  const before = await database.nextTransaction();
  stack.variables = { DDL_PREVIEW_MUST_PASS: "1" };
  const refused = await stack.preview("--diff");
  expect(refused.status).not.toBe(0);
  expect(refused.output).toContain("rule rollback-ticket | tier prod | error");
  expect(refused.output).toContain("003_table_3_rollback.sql: takes back version 0.3.0");
  expect(refused.output).not.toMatch(/~ goal/);

  stack.variables = { ...stack.variables, DDL_TICKETS: "CHG-2026-0999" };
  const planned = done(await stack.preview("--diff"));
  expect(diagnostics(planned)).toContain(
    `goes back, newest first: ${nameOf(3)}_rollback.sql, ${nameOf(2)}_rollback.sql`,
  );
  expect(planned).toMatch(/~ goal\s*: "applied" => "rolled back"/);
  expect(planned).toMatch(/"L\d+ DROP TABLE IF EXISTS dagapp\.t3"/);
  expect(planned).toContain('"about 7 rows (estimate) of dagapp.t3: table"');
  expect(await database.nextTransaction()).toBe(before);
});

it("goes back after an incident, newest first, for the run's ticket, and forward again", async () => {
  done(await stack.up());
  expect(await versionsOf(database, "rolled-back")).toEqual([3, 2].map(versionOf));
  expect(await tables()).toEqual(["t1"]);
  expect(await readLedger(database)).toEqual([
    {
      version: versionOf(1),
      applied: true,
      executed_by: database.roles.migrator,
      ticket_number: ticketOf(1),
    },
    ...[2, 3].map((number) => ({
      version: versionOf(number),
      applied: false,
      executed_by: database.roles.migrator,
      ticket_number: "CHG-2026-0999",
    })),
  ]);
  const published = async (): Promise<unknown> => (await stack.outputs())["versions"];
  expect(await published()).toEqual([expect.objectContaining({ version: versionOf(1) })]);
  stack.variables = {};
  done(await stack.preview("--expect-no-changes"));

  await target(3);
  stack.variables = { DDL_TICKETS: [2, 3].map(ticketOf).join(",") };
  done(await stack.up());
  expect(await tables()).toEqual(["t1", "t2", "t3"]);
  expect(await published()).toHaveLength(3);
  stack.variables = {};
  done(await stack.preview("--expect-no-changes"));
});

it("goes back by hand too, which a person vouches for, and the state learns of it", async () => {
  const text = await readFile(stack.file(`migrations/${nameOf(3)}_rollback.sql`), "utf8");
  await database.sql("infrastructure", text);
  await target(2);
  const seen = await stack.preview("--expect-no-changes");
  expect(seen.status).not.toBe(0);
  expect(seen.output).not.toContain("goes back");
  expect(seen.output).toContain("rule schema-drift | tier prod | error");
  const reason = ["--by", "Dora Base", "--reason", "rolled back with psql"];
  expect(await stack.ddl("acknowledge", "--schema", ...reason)).toMatchObject({ status: 0 });
  done(await stack.up());
  done(await stack.preview("--expect-no-changes"));
  expect(await versionsOf(database, "rolled-back")).toEqual([3, 2].map(versionOf));
});

it("takes back what a failure during deployment left, in two commands", async () => {
  const failing = {
    body: "CREATE TABLE dagapp.t3 (id INTEGER PRIMARY KEY);\nCOMMIT;\nBEGIN;\nSELECT 1 / 0;",
  };
  await stack.replaceMigrations(smallMigrations([{}, {}, failing]));
  await recordProofs();
  await target(3);
  stack.variables = { DDL_TICKETS: ticketOf(3) };
  const failed = await stack.up();
  expect(failed.status).not.toBe(0);
  expect(failed.output).toContain("division by zero");
  expect(failed.output).toContain(`lower targetVersion below ${versionOf(3)} and run up`);
  expect(await tables()).toEqual(["t1", "t2", "t3"]);

  // The two commands: the key in the stack's file, and up.
  await target(2);
  done(await stack.up());
  expect(await tables()).toEqual(["t1", "t2"]);
  expect(await versionsOf(database, "rolled-back")).toEqual([3, 2, 3].map(versionOf));
  stack.variables = {};
  done(await stack.preview("--expect-no-changes"));
});

it("runs a rollback file only as it was planned, and none where there is none", async () => {
  stack.variables = { DDL_TICKETS: "CHG-2026-0999" };
  await target(1);
  const name = stack.file(`migrations/${nameOf(2)}_rollback.sql`);
  const text = await readFile(name, "utf8");
  await writeFile(name, text.replace("DROP TABLE", "DROP TABLE /* changed */"));
  const edited = await stack.up();
  expect(edited.output).toContain("rule rollback-not-tested | tier prod | error");
  await writeFile(name, text);

  await stack.replaceMigrations(smallMigrations([{}, { hasRollback: false }, {}]));
  const without = await stack.up();
  expect(without.status).not.toBe(0);
  expect(without.output).toContain("rule rollback-file-missing | tier prod | error");
  expect(await tables()).toEqual(["t1", "t2"]);
});
