// What PgSTAC made itself is known by a digest of each object, on each way to a version; whatever else anybody does in its
// schema is drift, by name.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { withoutPgstacsOwn } from "../../../migrations/engine/history/pgstacOwn";
import { structureOf } from "../../../migrations/engine/history/structureLines";
import { readServerMajor, readSnapshot } from "../../../migrations/engine/ledger/schemaSnapshot";
import { ensurePgstac } from "../../../pgstac/database/install";
import type { PgstacVersion } from "../../../pgstac/hardening/versions";
import type { PostgresServer } from "../../../sandbox/server";
import { collection, item, load, writeRows } from "../../support/pgstac/load";
import { makePgstacDatabase, startPostgisServer } from "../../support/pgstac/pgstacDatabase";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { describeWithPostgis } from "../../support/servers/withPostgis";

jest.setTimeout(300_000);

const routes: readonly (readonly PgstacVersion[])[] = [
  ["0.9.12"],
  ["0.10.0"],
  ["0.9.12", "0.10.0"],
];

const changes: readonly (readonly [statement: string, told: string])[] = [
  ["CREATE TABLE pgstac.notes (a integer)", "with table pgstac.notes"],
  ["CREATE VIEW pgstac.peek AS SELECT 1 AS a", "with view pgstac.peek"],
  [
    "CREATE FUNCTION pgstac.check_partition(text) RETURNS text LANGUAGE sql AS 'SELECT $1'",
    "with function pgstac.check_partition(text)",
  ],
  [
    "CREATE OR REPLACE FUNCTION pgstac.pgstac_hash(_hash text) RETURNS text LANGUAGE sql AS 'SELECT $1'",
    "with function pgstac.pgstac_hash(text)",
  ],
  [
    "CREATE OR REPLACE FUNCTION pgstac.readonly(conf jsonb DEFAULT NULL) RETURNS boolean LANGUAGE sql AS 'SELECT false'",
    "changed function pgstac.readonly(jsonb)",
  ],
  ["DROP ROUTINE pgstac.analyze_items", "without procedure pgstac.analyze_items()"],
  [
    "CREATE TRIGGER spy BEFORE INSERT ON pgstac.collections EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "changed table pgstac.collections",
  ],
  ["ALTER TABLE pgstac.searches ADD COLUMN extra text", "changed table pgstac.searches"],
  ["CREATE INDEX spy ON pgstac.items (id)", "changed table pgstac.items"],
  ["DROP VIEW pgstac.pgstac_indexes CASCADE", "without view pgstac.pgstac_indexes"],
];

describeWithPostgis("PgSTAC's own objects", () => {
  let server: PostgresServer;
  let folder: string;

  beforeAll(async () => {
    server = await startPostgisServer();
    folder = await mkdtemp(join(tmpdir(), "pgstac-own-"));
  });
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  const told = (database: ProgramDatabase) =>
    database.asAdmin(async (client) => {
      const snapshot = await readSnapshot(client, ["pgstac"]);
      return structureOf(snapshot, await readServerMajor(client))
        .filter(({ object }) => object !== "schema pgstac")
        .map(({ object, part }) => `${object}: ${part}`);
    });

  it.each(routes)(
    "are known after %s %s, with items in them, and every change is told by name",
    async (...versions) => {
      const [first = "0.9.12"] = versions;
      const last = versions.at(-1) ?? first;
      const database = await makePgstacDatabase(server, first);
      for (const version of versions) {
        await ensurePgstac(
          database.accessWith({ pgstac: version }),
          version,
          null,
          () => undefined,
        );
      }
      expect(await told(database)).toEqual([]);

      const collections = await writeRows(folder, `c-${versions.join("-")}`, [collection("c")]);
      const rows = Array.from({ length: 50 }, (_, n) => item("c", n));
      const items = await writeRows(folder, `i-${versions.join("-")}`, rows);
      await load(database, last, { table: "collections", file: collections, method: "insert" });
      const { status } = await load(database, last, {
        table: "items",
        file: items,
        method: "insert",
      });
      expect(status).toBe(0);
      // An indexed queryable of the owner's: its index is PgSTAC's to make.
      await database.rows(
        `SET search_path = pgstac, public; SET ROLE pgstac_admin;
       INSERT INTO queryables (name, property_wrapper, property_index_type)
         VALUES ('cloud', 'to_int', 'BTREE');
       SELECT update_partition_stats(partition, false) FROM partitions LIMIT 1;
       RESET ROLE; RESET search_path`,
      );
      expect(await told(database)).toEqual([]);

      for (const [statement, what] of changes) {
        // Everything is PgSTAC's owner's: whose it is excuses nothing.
        await database
          .rows(`BEGIN; SET LOCAL ROLE pgstac_admin; ${statement}`)
          .catch(() => undefined);
        const lines = await withinRows(database);
        await database.rows("ROLLBACK");
        expect([statement, lines]).toEqual([
          statement,
          expect.arrayContaining([`PgSTAC's own: ${what}`]),
        ]);
      }
      expect(await told(database)).toEqual([]);
      await database.close();
    },
  );

  /** As `told`, in the session that made the change. */
  async function withinRows(database: ProgramDatabase): Promise<readonly string[]> {
    const reader = {
      query: async (sql: string, values?: readonly unknown[]) => ({
        rows: await database.rows(sql, values),
      }),
    };
    const snapshot = await readSnapshot(reader as never, ["pgstac"]);
    return withoutPgstacsOwn(snapshot, 15).map(({ object, part }) => `${object}: ${part}`);
  }
});
