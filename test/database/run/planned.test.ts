/**
 * What runs is the file that was planned: one that was changed between preview and run, or between check and create, is
 * refused before anything is started. Through the Migration resource, on a real server.
 */
import { migration, type MigrationInputs } from "../../../migrations/engine/entry";
import { loadMigrations, migrationsFolder } from "../../../migrations/engine/survey/load";
import { configureProvider } from "../../support/servers/createLedger";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";

jest.setTimeout(300_000);

const suite = useServer();
let database: ProgramDatabase;
let planned: MigrationInputs;

beforeAll(async () => {
  database = await suite.database();
  const { access, names } = database;
  await configureProvider(database, {
    migratorPassword: (await access.passwordOf("migrator", names.migrator)) ?? "",
  });
  const [first] = (await loadMigrations(migrationsFolder)).migrations;
  if (first?.header === undefined || first.rollback === null) throw new Error("no first file");
  planned = {
    goal: "applied",
    file: first.fileName,
    version: first.header.version,
    ticket: first.header.ticket,
    author: first.header.author,
    reviewedBy: first.header.reviewedBy ?? "",
    checksum: first.checksum,
    rollbackFile: first.rollback.fileName,
    rollbackChecksum: first.rollback.checksum,
    dataRecovery: "",
    statements: [],
    lower: [],
    higher: [],
    wouldLose: [],
  };
});

const started = () =>
  database.rows("SELECT version FROM public.schema_migration_events WHERE kind = 'started'");
const other = `sha256:${"0".repeat(64)}`;

it.each([
  ["another text", { checksum: other }, /001_.* is not what was planned: sha256:0+ then, sha256:/],
  [
    "no such file",
    { file: "001_gone.sql" },
    /001_gone\.sql is not what was planned: .* no such file/,
  ],
  [
    "another rollback",
    { goal: "rolled back", rollbackChecksum: other },
    /001_.*_rollback\.sql is not what was planned/,
  ],
] as const)("refuses %s and starts nothing", async (_, overrides, message) => {
  const reached = migration.create({ ...planned, ...overrides });
  await expect(reached).rejects.toThrow(message);
  await expect(reached).rejects.toThrow("Run up again and read the new preview.");
  expect(await started()).toEqual([]);
});

it("runs what was planned", async () => {
  const { outs } = await migration.create(planned);
  expect(outs.ledger).toBe("applied");
  expect(await started()).toEqual([{ version: planned.version }]);
});
