/**
 * A governed database that is worth attacking: the project's migrations, an object of every kind, a row, and sessions of
 * others. Does NOT attack it.
 */
import { impactsAmong } from "../../../migrations/engine/impact/classify";
import { applyMigration } from "../../../migrations/engine/run/run";
import { withRunner } from "../../../migrations/engine/server/runner";
import { loadMigrations } from "../../../migrations/engine/survey/load";
import type { PostgresServer } from "../../../sandbox/server";
import { migrationsFolder } from "../files/migrationFiles";
import { addForeignTable, addSampleObjects } from "../privileges/sampleObjects";
import { makeProgramDatabase, type ProgramDatabase } from "../servers/programDatabase";

/** Makes it. The server must run with autovacuum off, so that only who is looked at writes. */
export async function makeAttackedDatabase(server: PostgresServer): Promise<ProgramDatabase> {
  const database = await makeProgramDatabase(server);
  const { migrations } = await loadMigrations(migrationsFolder);
  for (const migration of migrations) {
    await withRunner(database.access, (runner) =>
      applyMigration(
        runner,
        { migration, lower: [], expected: impactsAmong([migration], migration) },
        () => undefined,
      ),
    );
  }
  await addSampleObjects(database);
  await addForeignTable(database);
  const { left } = await database.heal();
  if (left.length > 0) throw new Error(`not governed: ${JSON.stringify(left, null, 2)}`);
  await database.rows("INSERT INTO dagapp.item (note) VALUES ('first')");
  await database.rows(
    "CREATE INDEX item_words ON dagapp.item USING gin (to_tsvector('simple', note))",
  );
  // Healings are told apart from attacks by their events: those of the making are none.
  await database.rows("DELETE FROM public.schema_migration_events WHERE kind = 'healed'");
  await database.connect("admin");
  await database.connect("migrator");
  return database;
}
