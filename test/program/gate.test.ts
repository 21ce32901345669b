/**
 * The gate in a whole run: what it refuses in prod and what is done all the same.
 * Each rule by itself is tested in test/unit/gate/gate.test.ts.
 */
import { stackAccess } from "../../cli/stack/stackAccess";
import { acknowledgeSchema } from "../../migrations/engine/ledger/decisions";
import { smallMigrations, ticketOf, versionOf } from "../support/files/smallMigrations";
import type { InProcessStack } from "../support/program/inProcess/stack";
import { useInProcessStacks } from "../support/program/inProcess/use";
import { diagnostics, done } from "../support/program/outcome";
import { readLedger, type TierDatabase, versionsOf } from "../support/servers/tierDatabase";

jest.setTimeout(300_000);

const stacks = useInProcessStacks();
let database: TierDatabase;
let stack: InProcessStack;

beforeEach(async () => {
  stack = await stacks.make({
    tier: "prod",
    files: smallMigrations([{}, {}, {}]),
    config: { targetVersion: versionOf(2), extensions: [] },
  });
  ({ database } = stack);
});

const occurrences = (output: string, part: string): number =>
  diagnostics(output).split(part).length - 1;
const mayCreate = async (): Promise<unknown> => {
  const [row] = await database.sql(
    "superuser",
    "SELECT has_schema_privilege($1, 'dagapp', 'CREATE') AS may",
    [database.roles.service],
  );
  return row?.may;
};

it("refuses migrations without their tickets, once each, and makes and mends everything else", async () => {
  const refused = await stack.up();
  expect(refused.status).not.toBe(0);
  for (const number of [1, 2]) {
    expect(occurrences(refused.output, `its ticket ${ticketOf(number)} is not among`)).toBe(1);
  }
  expect(refused.output).toContain("The gate found 2 violation(s); no migration is run.");
  expect(
    occurrences(refused.output, "held, above the stack's targetVersion: 003_table_3.sql"),
  ).toBe(1);
  expect(refused.output).not.toContain(ticketOf(3));
  expect(await readLedger(database)).toEqual([]);
  expect(await database.sql("service", "SELECT current_user AS login")).toEqual([
    { login: database.roles.service },
  ]);

  // A gate that refuses must not keep drift from being mended.
  await database.sql("admin", `GRANT CREATE ON SCHEMA dagapp TO "${database.roles.service}"`);
  expect(await mayCreate()).toBe(true);
  expect((await stack.up()).status).not.toBe(0);
  expect(await mayCreate()).toBe(false);
  expect(await readLedger(database)).toEqual([]);

  stack.variables = { DDL_TICKETS: [1, 2].map(ticketOf).join(",") };
  done(await stack.up());
  expect(await versionsOf(database, "applied")).toEqual([1, 2].map(versionOf));
  expect((await readLedger(database)).map((row) => row.version)).toEqual([1, 2].map(versionOf));

  // Prod's everyday state: no ticket, nothing pending, one line about what is held.
  stack.variables = {};
  const quiet = done(await stack.preview("--expect-no-changes"));
  expect(occurrences(quiet, "held, above the stack's targetVersion")).toBe(1);
});

it("names a missing rollback, an unstated target, an edited file and an unknown tier, and runs nothing", async () => {
  stack.variables = { DDL_TICKETS: [1, 2].map(ticketOf).join(",") };
  done(await stack.up());
  const before = await database.nextTransaction();

  await stack.configure({ targetVersion: "latest", extensions: [] });
  await stack.replaceMigrations(
    smallMigrations([
      { body: "CREATE TABLE dagapp.t1 (id BIGINT PRIMARY KEY);" },
      {},
      { hasRollback: false },
    ]),
  );
  // As `make preview` sets it: else only up fails, because the preview that it makes first must not end it.
  stack.variables = { ...stack.variables, DDL_PREVIEW_MUST_PASS: "1" };
  const { status, output } = await stack.preview();
  expect(status).not.toBe(0);
  for (const [rule, text] of [
    ["target-version-required", "set targetVersion in Pulumi.prod.yaml"],
    ["edited-applied-file", "001_table_1.sql: 0.1.0 was applied as sha256:"],
    ["rollback-required", "write migrations/003_table_3_rollback.sql"],
    ["ticket-required", `its ticket ${ticketOf(3)} is not among those of this run`],
    ["idle-ticket", `ticket ${ticketOf(1)} belongs to no pending migration`],
  ] as const) {
    expect(output).toContain(`rule ${rule} | tier prod | error`);
    expect(occurrences(output, text)).toBe(1);
  }
  expect(output).not.toContain("migration-003");

  await stack.configure({ tier: "production" });
  const unknown = await stack.preview();
  expect(unknown.status).not.toBe(0);
  expect(unknown.output).toContain('Tier "production" is unknown.');
  expect(unknown.output).not.toContain("ExactGrants");
  expect(await database.nextTransaction()).toBe(before);
});

it("refuses what comes next after a change by hand, mends privileges all the same, and goes on once it is vouched for", async () => {
  stack.variables = { DDL_TICKETS: [1, 2].map(ticketOf).join(",") };
  done(await stack.up());
  await database.sql("infrastructure", "ALTER TABLE dagapp.t1 ADD COLUMN extra TEXT");
  await database.sql("admin", `GRANT CREATE ON SCHEMA dagapp TO "${database.roles.service}"`);

  stack.variables = { DDL_TICKETS: ticketOf(3) };
  await stack.configure({ targetVersion: versionOf(3), extensions: [] });
  const refused = await stack.up();
  expect(refused.status).not.toBe(0);
  expect(refused.output).toContain("rule schema-drift | tier prod | error");
  expect(occurrences(refused.output, "    table dagapp.t1: column extra is new")).toBe(1);
  expect(await versionsOf(database, "applied")).toEqual([1, 2].map(versionOf));
  expect(await mayCreate()).toBe(false);

  const access = await stackAccess(stack.project, stack.file("Pulumi.prod.yaml"), stack.env);
  await acknowledgeSchema(access, { by: "Eve Holt", reason: "incident 4711" });
  expect(done(await stack.up())).not.toContain("schema-drift");
  expect(await versionsOf(database, "applied")).toEqual([1, 2, 3].map(versionOf));
});

it("refuses a configuration of another tier before anything is declared", async () => {
  stack.variables = { DDL_TICKETS: [1, 2].map(ticketOf).join(",") };
  done(await stack.up());
  const before = await database.nextTransaction();
  await stack.configure({ tier: "dev", targetVersion: "latest" });
  for (const command of ["up", "preview"] as const) {
    const { status, output } = await stack[command]();
    expect(status).not.toBe(0);
    const refusal = `The database ${database.name} is stamped prod, but this stack's tier is dev.`;
    expect(occurrences(output, refusal)).toBe(1);
    expect(output).not.toContain("postgresql:index:Role");
  }
  expect(await database.nextTransaction()).toBe(before);
});
