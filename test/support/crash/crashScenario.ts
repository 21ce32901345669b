/**
 * What the crash matrix runs and compares: a version with every kind of segment, applied and rolled back.
 * Does NOT disturb anything (see crashPoints.ts).
 */
import { describeDifference } from "../../../migrations/engine/history/snapshot";
import { readCurrentState } from "../../../migrations/engine/ledger/structure";
import { makeMigration } from "../files/makeMigration";
import { arrange } from "../program/runs";
import { readCatalog } from "../servers/catalog";
import type { ProgramDatabase } from "../servers/programDatabase";

/** Every kind of segment, each such that running it twice would show. */
export const crashMigration = () =>
  makeMigration({
    body: `
SET search_path = dagapp;
BEGIN;
CREATE TABLE dagapp.one (id INTEGER PRIMARY KEY, note TEXT, kind TEXT, changes INTEGER DEFAULT 0);
INSERT INTO dagapp.one (id, note) SELECT n, 'n' || n FROM generate_series(1, 400) n;
INSERT INTO trace (what) VALUES ('made');
COMMIT;
-- batch rows=100
UPDATE dagapp.one SET kind = 'k', changes = changes + 1 WHERE kind IS NULL;
CREATE INDEX CONCURRENTLY one_note ON dagapp.one (note);
DROP INDEX CONCURRENTLY dagapp.trace_what;
ALTER TABLE dagapp.one ADD CONSTRAINT kind_set CHECK (kind IS NOT NULL) NOT VALID;`,
    rollbackBody: `COMMIT;
CREATE INDEX CONCURRENTLY trace_what ON dagapp.trace (what);
DROP INDEX CONCURRENTLY dagapp.one_note;
-- batch rows=100
DELETE FROM dagapp.one WHERE id > 100;
BEGIN;
INSERT INTO dagapp.trace (what) SELECT 'gone, ' || count(*) || ' were left' FROM dagapp.one;
DROP TABLE dagapp.one;`,
  });

/** Makes the database as if the version had never been here. */
export async function startOver(database: ProgramDatabase): Promise<void> {
  await database.rows("DROP TABLE IF EXISTS dagapp.one, dagapp.trace");
  await database.rows("DELETE FROM public.schema_migration_events WHERE version IS NOT NULL");
  await database.rows("DELETE FROM public.schema_migrations");
  await arrange(
    database,
    "CREATE TABLE dagapp.trace (id INTEGER GENERATED ALWAYS AS IDENTITY, what TEXT)",
    "CREATE INDEX trace_what ON dagapp.trace (what)",
  );
}

/** Catalog, ledger and data, without times, identifiers and names of roles. */
export async function stateOf(database: ProgramDatabase): Promise<readonly string[]> {
  const client = await database.connect("superuser");
  try {
    const { infrastructure, service } = database.settings.roles;
    const catalog = (await readCatalog(client, database.settings.schemas)).map((line) =>
      line.replaceAll(infrastructure, "infra").replaceAll(service, "service"),
    );
    const list = async (sql: string): Promise<readonly string[]> =>
      (await client.query<{ line: string }>(sql)).rows.map(({ line }) => line);
    const hasOne = await client.query("SELECT FROM pg_class WHERE oid = to_regclass('dagapp.one')");
    return [
      ...catalog,
      ...(await list(
        `SELECT concat_ws(' ', 'index', c.relname, i.indisvalid) AS line FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
          WHERE c.relnamespace = 'dagapp'::regnamespace ORDER BY 1`,
      )),
      ...(await list(
        `SELECT concat_ws(' ', 'ledger', version, applied, completed_at IS NOT NULL, rolled_back_at IS NOT NULL) AS line
           FROM public.schema_migrations ORDER BY 1`,
      )),
      ...(await list("SELECT 'trace ' || what AS line FROM dagapp.trace ORDER BY id")),
      ...(hasOne.rows.length === 0
        ? []
        : await list(
            "SELECT concat_ws(' ', 'one', kind, changes, count(*), sum(id)) AS line FROM dagapp.one GROUP BY kind, changes ORDER BY 1",
          )),
    ];
  } finally {
    await client.end();
  }
}

/**
 * The batch in front of the constraint: a run that resumes between the two looks once more whether rows match, and records
 * that. That no row is changed twice, the data tell (`changes`).
 */
const lookedAtAgain = { segment: 3, direction: "forward" } as const;

/** What is wrong with the record of a scenario that has come to its end, or nothing. */
export async function faultsOfRecord(database: ProgramDatabase): Promise<readonly string[]> {
  const rows = await database.rows(
    `SELECT kind, segment, coalesce(detail->>'direction', 'forward') AS direction, count(*)::int AS n
       FROM public.schema_migration_events WHERE version = '1.0.0' GROUP BY 1, 2, 3`,
  );
  return rows
    .filter(
      ({ kind, n }) => ["segment-done", "applied", "rolled-back"].includes(String(kind)) && n !== 1,
    )
    .filter(
      ({ segment, direction, n }) =>
        segment !== lookedAtAgain.segment || direction !== lookedAtAgain.direction || n === 0,
    )
    .map(
      ({ kind, segment, direction, n }) =>
        `${String(n)} events ${String(kind)} ${String(segment)} ${String(direction)}`,
    );
}

/** What the program takes for a change by hand after it, though nobody made one. */
export async function faultsOfStructure(database: ProgramDatabase): Promise<readonly string[]> {
  const { structure } = await database.asAdmin((client) =>
    readCurrentState(client, database.settings.schemas),
  );
  if (structure.kind !== "compared") return [`the structure: ${JSON.stringify(structure)}`];
  return structure.differences.map(
    (difference) => `taken for a change by hand: ${describeDifference(difference)}`,
  );
}
