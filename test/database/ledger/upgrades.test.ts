/**
 * The tables of every released version become this release's in one `up`, with their rows; preview names the steps before
 * and nothing else. What was changed by hand stays a difference. On a real server, through the Ledger resource.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { ledger, type LedgerInputs } from "../../../migrations/engine/entry";
import { describeTables, inspectTables } from "../../../migrations/engine/ledger/ledger";
import {
  ensureLedgerShape,
  ensureUpgraded,
  LedgerShapeError,
  OutdatedTablesError,
} from "../../../migrations/engine/survey/survey";
import { configureProvider, createLedger } from "../../support/servers/createLedger";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";

jest.setTimeout(300_000);

const folder = join(__dirname, "..", "..", "fixtures", "tables");
const releases = readdirSync(folder).filter((name) => /^release-\d+\.sql$/.test(name));
const events = "public.schema_migration_events";

const suite = useServer();

/** A database with the tables of a release, stamped, with one applied version. */
async function databaseOf(release: string): Promise<ProgramDatabase> {
  const database = await suite.database({ governed: false });
  await database.asAdmin(async (client) => {
    await client.query(readFileSync(join(folder, release), "utf8"));
    await client.query(
      `INSERT INTO ${events} (kind, detail) VALUES ('stamped', '{"tier": "dev"}')`,
    );
    await client.query(
      `INSERT INTO ${events} (kind, version, checksum) VALUES ('applied', '0.1.0', 'sha256:1')`,
    );
    await client.query(
      "INSERT INTO public.schema_migrations (version, applied) VALUES ('0.1.0', true)",
    );
  });
  return database;
}

it("knows at least the first release", () => {
  expect(releases).toContain("release-1.sql");
});

describe.each(releases)("tables of %s", (release) => {
  let database: ProgramDatabase;
  const look = () => database.asAdmin((client) => inspectTables(client, database.settings.roles));
  beforeAll(async () => {
    database = await databaseOf(release);
  });

  it("differ in nothing, and have steps ahead that a preview names", async () => {
    const state = await look();
    expect(state).toMatchObject({ missing: [], differences: [] });
    expect(state.upgrades.length).toBeGreaterThan(0);
    await configureProvider(database);
    const { infrastructure } = database.settings.roles;
    const { inputs } = await ledger.check({ infrastructureRole: infrastructure, tier: "dev" });
    expect(inputs?.drift).toEqual(describeTables(state));
    expect(inputs?.drift?.join("\n")).toMatch(/upgrade 2: events of the kind "upgraded"/);
    // Without this the engine would never call update.
    expect(ledger.diff(inputs as LedgerInputs)).toEqual({ changes: true });
    expect(ledger.diff({ ...(inputs as LedgerInputs), drift: [] })).toEqual({ changes: false });
  });

  it("may be read as they are, and let no run begin", async () => {
    const { roles } = database.settings;
    const upgrades = await database.asAdmin((client) => ensureLedgerShape(client, roles));
    const begin = (): void => {
      ensureUpgraded(upgrades);
    };
    expect(begin).toThrow(OutdatedTablesError);
    expect(begin).toThrow(/upgrade 2/);
  });

  it("become this release's, with their rows, and say who did it", async () => {
    const { upgrades } = await look();
    const rowsBefore = await database.rows(`SELECT id, kind, version FROM ${events} ORDER BY id`);
    await createLedger(database);
    expect(await look()).toMatchObject({ missing: [], differences: [], upgrades: [] });
    const rows = await database.rows(
      `SELECT id, kind, version, login, (detail ->> 'to')::int AS "to" FROM ${events} ORDER BY id`,
    );
    expect(rows.slice(0, rowsBefore.length)).toMatchObject(rowsBefore);
    expect(rows.slice(rowsBefore.length)).toMatchObject(
      upgrades.map(({ to }) => ({ kind: "upgraded", to, login: database.settings.roles.admin })),
    );
  });

  it("are upgraded once", async () => {
    const count = `SELECT count(*)::int AS count FROM ${events}`;
    const before = await database.rows(count);
    await createLedger(database);
    expect(await database.rows(count)).toEqual(before);
  });
});

it("leaves tables alone that somebody changed, and names the change alone", async () => {
  const database = await databaseOf("release-1.sql");
  const { roles } = database.settings;
  await database.asAdmin((client) => client.query(`ALTER TABLE ${events} ADD note text`));
  await expect(createLedger(database)).rejects.toThrow(LedgerShapeError);
  const state = await database.asAdmin((client) => inspectTables(client, roles));
  expect(state).toMatchObject({
    differences: [`${events}: unexpected: column note text`],
    upgrades: [],
  });
});

it("takes no step when a later one fails", async () => {
  const database = await databaseOf("release-1.sql");
  // A constraint by the new one's name that the step does not drop.
  await database.asAdmin((client) =>
    client.query(
      `ALTER TABLE ${events} RENAME CONSTRAINT schema_migration_events_kind_check TO other`,
    ),
  );
  await expect(createLedger(database)).rejects.toThrow(/schema_migration_events_kind_check/);
  const rows = await database.rows(`SELECT kind FROM ${events} ORDER BY id`);
  expect(rows).toEqual([{ kind: "stamped" }, { kind: "applied" }]);
});
