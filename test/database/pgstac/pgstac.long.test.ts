// Real PgSTAC under the policy: installed, hardened, used by a role that may only write rows, attacked, and upgraded.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { publishedPgstac, readLowerTier } from "../../../migrations/engine/history/promotion";
import { signOff } from "../../../migrations/engine/ledger/decisions";
import { readHistory } from "../../../migrations/engine/ledger/ledger";
import { ensurePgstac } from "../../../pgstac/database/install";
import { lookAtPgstac } from "../../../pgstac/database/look";
import { pgstacAccess } from "../../../pgstac/hardening/access";
import { type PgstacVersion, pgstacVersions } from "../../../pgstac/hardening/versions";
import { inspectPrivileges } from "../../../roles/database/inspection";
import type { PostgresServer } from "../../../sandbox/server";
import type { Access } from "../../../stack/connection";
import { pgstacAttacks } from "../../support/pgstac/attacks";
import { collection, item, load, writeRows } from "../../support/pgstac/load";
import { makePgstacDatabase, startPostgisServer } from "../../support/pgstac/pgstacDatabase";
import { attemptAlone } from "../../support/privileges/attempt";
import type { Configuration } from "../../support/program/makeSettings";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { describeWithPostgis } from "../../support/servers/withPostgis";

jest.setTimeout(300_000);

const silent = (): void => undefined;

describeWithPostgis("PgSTAC", () => {
  let server: PostgresServer;
  let folder: string;

  beforeAll(async () => {
    server = await startPostgisServer();
    folder = await mkdtemp(join(tmpdir(), "pgstac-test-"));
  });
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  const deviationsOf = (database: ProgramDatabase, { settings }: Access) =>
    database.asAdmin(async (client) =>
      (await inspectPrivileges(client, settings)).deviations.map(({ text }) => text),
    );

  /** Privileges of the application on every relation of the schema that hold rows, as the server tells them. */
  const heldByService = (database: ProgramDatabase) =>
    database.rows(
      `SELECT c.oid::regclass::text AS name, string_agg(p, ' ' ORDER BY p) AS held
         FROM pg_class c CROSS JOIN unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) p
        WHERE c.relnamespace = 'pgstac'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
          AND has_table_privilege($1, c.oid, p)
        GROUP BY 1 ORDER BY 1`,
      [database.names.service],
    );

  async function tryAttacks(database: ProgramDatabase, version: PgstacVersion): Promise<void> {
    for (const { title, statements, refused, only } of pgstacAttacks) {
      if (only !== undefined && only !== version) continue;
      const session = await database.connect("service");
      try {
        let last = "";
        for (const statement of statements) last = await attemptAlone(session, statement);
        if (refused.length > 0)
          expect([title, refused.includes(last), last]).toEqual([title, true, last]);
      } finally {
        await session.end();
      }
      const stolen = await database.rows(
        "SELECT to_regclass('pgstac.stolen') IS NOT NULL AS stolen",
      );
      expect([title, stolen]).toEqual([title, [{ stolen: false }]]);
    }
  }

  describe.each(pgstacVersions)("%s", (version) => {
    let database: ProgramDatabase;
    const suffix = version.replaceAll(".", "_");
    const readers = { tiles: `tiles_${suffix}`, reports: `reports_${suffix}` };

    beforeAll(async () => {
      const furtherRoles = JSON.stringify([
        { name: readers.tiles, kind: "reader", schemas: ["pgstac"], tiles: true },
        { name: readers.reports, kind: "reader", schemas: ["pgstac"] },
      ]);
      database = await makePgstacDatabase(server, version, { furtherRoles });
    });
    afterAll(() => database.close());

    it("is installed by an admin who is no superuser, ends sessions, and is exact at once", async () => {
      const session = await database.connect("service");
      const ended = new Promise((done) => session.once("end", done));
      const outcome = await ensurePgstac(database.access, version, "CHG-2026-0001", silent);
      await ended;
      expect(outcome.change).toMatchObject({ kind: "install", from: null, to: version });
      expect(await database.deviations()).toEqual([]);
      const events = await database.rows(
        `SELECT version, ticket, login, checksum, detail -> 'hardened' ->> 'searchPaths' AS paths
           FROM public.schema_migration_events WHERE kind = 'pgstac-migrated'`,
      );
      expect(events).toEqual([
        {
          ...{ version: `pgstac-${version}`, ticket: "CHG-2026-0001" },
          login: database.names.admin,
          checksum: `sha256:${outcome.change?.digest ?? ""}`,
          paths: version === "0.9.12" ? "26" : "36",
        },
      ]);
      expect((await ensurePgstac(database.access, version, null, silent)).change).toBeNull();
    });

    it("lets the application execute of the definers only those two, and no function of a trigger", async () => {
      const rows = await database.rows(
        `SELECT p.oid::regprocedure::text AS name FROM pg_proc p
          WHERE p.pronamespace = 'pgstac'::regnamespace AND (p.prosecdef OR p.prorettype = 'trigger'::regtype)
            AND has_function_privilege($1, p.oid, 'EXECUTE') ORDER BY 1`,
        [database.names.service],
      );
      expect(rows.map(({ name }) => name)).toEqual([
        "pgstac.check_partition(text,tstzrange,tstzrange)",
        "pgstac.delete_collection(text)",
      ]);
      const known = pgstacAccess[version].definers;
      const definers = await database.rows(
        "SELECT oid::regprocedure::text AS name FROM pg_proc WHERE pronamespace = 'pgstac'::regnamespace AND prosecdef",
      );
      expect(definers.map(({ name }) => name).sort()).toEqual([...known].sort());
    });

    it("takes items from the application, in partitions that have the parent's privileges", async () => {
      const before = await heldByService(database);
      const files = {
        collections: await writeRows(folder, `collections-${version}`, [collection("c")]),
        items: await writeRows(
          folder,
          `items-${version}`,
          Array.from({ length: 1000 }, (_, n) => item("c", n)),
        ),
      };
      expect(
        await load(database, version, {
          table: "collections",
          file: files.collections,
          method: "insert",
        }),
      ).toMatchObject({ status: 0 });
      await database.rows(
        `SET search_path = pgstac, public; UPDATE collections SET partition_trunc = 'month' WHERE id = 'c';
         RESET search_path`,
      );
      for (const method of ["insert", "upsert", "ignore"]) {
        expect(
          await load(database, version, { table: "items", file: files.items, method }),
        ).toMatchObject({ status: 0 });
      }
      const service = await database.connect("service");
      const { rows } = await service.query(
        `SELECT (SELECT count(*)::int FROM items) AS items,
                jsonb_array_length(search('{"collections": ["c"], "limit": 5}') -> 'features') AS found`,
      );
      await service.end();
      expect(rows).toEqual([{ items: 1000, found: 5 }]);
      const known = new Set(before.map(({ name }) => name));
      const made = (await heldByService(database)).filter(({ name }) => !known.has(name));
      expect(made.length).toBeGreaterThanOrEqual(12);
      expect(new Set(made.map(({ held }) => held))).toEqual(
        new Set(["DELETE INSERT SELECT UPDATE"]),
      );
      expect(await database.deviations()).toEqual([]);
    });

    it("withstands what made the application its owner", async () => {
      await tryAttacks(database, version);
      expect(await database.deviations()).toEqual([]);
    });

    it("would not have withstood the first of them with the search path that PgSTAC comes with", async () => {
      const [first] = pgstacAttacks;
      await database.rows(
        "ALTER FUNCTION pgstac.delete_collection(text) SET search_path = pgstac, public",
      );
      const session = await database.connect("service");
      for (const statement of first?.statements ?? []) await attemptAlone(session, statement);
      await session.end();
      const stolen = await database.rows(
        "SELECT pg_get_userbyid(relowner) AS owner FROM pg_class WHERE oid = to_regclass('pgstac.stolen')",
      );
      expect(stolen).toEqual([{ owner: "pgstac_admin" }]);
      await database.rows("DROP TABLE pgstac.stolen");
      expect((await database.heal()).left).toEqual([]);
    });

    it("lets readers search, and make temporary tables only where they serve tiles", async () => {
      const search = `SELECT jsonb_array_length(search('{"collections": ["c"], "limit": 5}') -> 'features') AS found`;
      const tiles = `SELECT geojsonsearch('{"type": "Point", "coordinates": [-180, -90]}', search_hash, NULL, 5)
                       FROM (SELECT hash AS search_hash FROM searches LIMIT 1) s`;
      const asReader = async (reader: string, sql: string): Promise<string> => {
        const session = await database.connect("superuser");
        await session.query(`SET SESSION AUTHORIZATION ${reader}`);
        await session.query("SET search_path = pgstac, public; SET pgstac.readonly = 'true'");
        const code = await attemptAlone(session, sql);
        await session.end();
        return code;
      };
      for (const reader of [readers.tiles, readers.reports]) {
        expect([reader, await asReader(reader, search)]).toEqual([reader, "00000"]);
        for (const sql of [
          "DELETE FROM items",
          "SELECT delete_collection('c')",
          "SELECT check_partition('c', NULL, NULL)",
          `SELECT create_collection('{"id": "x"}')`,
        ]) {
          expect([sql, await asReader(reader, sql)]).toEqual([sql, "42501"]);
        }
      }
      expect(await asReader(readers.tiles, "CREATE TEMPORARY TABLE t (a integer)")).toBe("00000");
      expect(await asReader(readers.reports, "CREATE TEMPORARY TABLE t (a integer)")).toBe("42501");
      expect(await asReader(readers.tiles, tiles)).toBe("00000");
      expect(await asReader(readers.reports, tiles)).toBe("42501");
    });

    it("lets the application delete a collection", async () => {
      const service = await database.connect("service");
      await service.query("SELECT delete_collection('c')");
      expect((await service.query("SELECT count(*)::int AS n FROM items")).rows).toEqual([
        { n: 0 },
      ]);
      await service.end();
    });

    it("shows as drift what undoes the hardening, and mends it", async () => {
      for (const sql of [
        "ALTER FUNCTION pgstac.check_partition(text, tstzrange, tstzrange) SET search_path = pgstac, public",
        "ALTER TABLE pgstac.partition_stats DROP CONSTRAINT partition_stats_names_a_partition",
        `GRANT INSERT ON pgstac.query_queue TO ${database.names.service}`,
        `CREATE FUNCTION pgstac.check_partition(text) RETURNS text LANGUAGE sql SECURITY DEFINER
           SET search_path = pgstac, public, pg_temp AS 'SELECT $1'`,
        "ALTER FUNCTION pgstac.check_partition(text) OWNER TO pgstac_admin",
      ]) {
        await database.rows(sql);
      }
      expect((await database.deviations()).map(({ text }) => text)).toEqual(
        expect.arrayContaining([
          "function pgstac.check_partition(text,tstzrange,tstzrange): should search pg_temp last, and not before the tables that it means",
          expect.stringContaining("should have the constraint partition_stats_names_a_partition"),
          `table pgstac.query_queue: ${database.names.service} should not have INSERT`,
          "function pgstac.check_partition(text): should not run with the rights of pgstac_admin (SECURITY DEFINER)",
        ]),
      );
      expect((await database.heal()).left).toEqual([]);
      await database.rows("DROP FUNCTION pgstac.check_partition(text)");
      expect(await database.deviations()).toEqual([]);
    });
  });

  describe("upgraded with items in it", () => {
    let database: ProgramDatabase;
    let newer: Access;

    beforeAll(async () => {
      database = await makePgstacDatabase(server, "0.9.12");
      newer = database.accessWith({ pgstac: "0.10.0" });
      await ensurePgstac(database.access, "0.9.12", null, silent);
      const file = await writeRows(folder, "before", [collection("c")]);
      await load(database, "0.9.12", { table: "collections", file, method: "insert" });
      const items = await writeRows(
        folder,
        "many",
        Array.from({ length: 500 }, (_, n) => item("c", n)),
      );
      await load(database, "0.9.12", { table: "items", file: items, method: "insert" });
    });
    afterAll(() => database.close());

    it("is refused while statements are queued, which the upgrade would run as the admin", async () => {
      await database.rows(
        `INSERT INTO pgstac.query_queue (query) VALUES ('ALTER ROLE ${database.names.service} CREATEROLE')`,
      );
      await expect(ensurePgstac(newer, "0.10.0", null, silent)).rejects.toThrow(
        /query_queue holds 1 statement[^]*DELETE FROM pgstac.query_queue/,
      );
      await database.rows("DELETE FROM pgstac.query_queue");
    });

    it("is refused where something stands for the table of versions, and runs none of it", async () => {
      await database.rows("ALTER TABLE pgstac.migrations RENAME TO migrations_away");
      await database.rows(
        `CREATE FUNCTION public.trap() RETURNS text LANGUAGE plpgsql AS
           'BEGIN RAISE EXCEPTION ''sprung''; END'`,
      );
      await database.rows(
        "CREATE VIEW pgstac.migrations AS SELECT public.trap() AS version, now() AS datetime",
      );
      await expect(ensurePgstac(newer, "0.10.0", null, silent)).rejects.toThrow(
        /cannot be read: pgstac.migrations is not an ordinary table/,
      );
      await database.rows("DROP VIEW pgstac.migrations; DROP FUNCTION public.trap()");
      await database.rows("ALTER TABLE pgstac.migrations_away RENAME TO migrations");
    });

    it("comes through an older hardening, keeps items and is exact", async () => {
      await database.rows(
        `ALTER TABLE pgstac.queryables ADD CONSTRAINT q_safe
           CHECK (coalesce(property_path, 'x') ~ '^[A-Za-z0-9_.:-]+$')`,
      );
      const { change } = await ensurePgstac(newer, "0.10.0", null, silent);
      expect(change).toMatchObject({ kind: "upgrade", from: "0.9.12", to: "0.10.0" });
      expect(await deviationsOf(database, newer)).toEqual([]);
      const service = await database.connect("service");
      expect((await service.query("SELECT count(*)::int AS n FROM items")).rows).toEqual([
        { n: 500 },
      ]);
      await service.end();
      expect(await database.asAdmin(lookAtPgstac)).toMatchObject({ version: "0.10.0", queued: 0 });
    });

    it("withstands the attacks after it too", () => tryAttacks(database, "0.10.0"));

    it("does not go back", async () => {
      await expect(ensurePgstac(database.access, "0.9.12", null, silent)).rejects.toThrow(
        /0\.10\.0 is installed, and 0\.9\.12 is older/,
      );
    });
  });

  it("asks again under the lock for ticket and window in a tier that has them", async () => {
    const database = await makePgstacDatabase(server, "0.9.12");
    await database.rows(
      `UPDATE public.schema_migration_events SET detail = '{"tier": "uat"}' WHERE kind = 'stamped'`,
    );
    const uat = { tier: "uat", targetVersion: "0.1.0", tickets: "CHG-2026-0001" };
    const run = (more: Configuration, ticket: string | null) =>
      ensurePgstac(database.accessWith({ ...uat, ...more }), "0.9.12", ticket, silent);
    const open = { window: '["2020-01-01T00:00Z/P9999D"]' };
    await expect(run(open, null)).rejects.toThrow(/no ticket is not among the tickets/);
    await expect(run(open, "CHG-2026-0002")).rejects.toThrow(/CHG-2026-0002 is not among/);
    await expect(run({}, "CHG-2026-0001")).rejects.toThrow(/no maintenance window is open/);
    await expect(ensurePgstac(database.access, "0.9.12", null, silent)).rejects.toThrow(/uat/);
    expect((await run(open, "CHG-2026-0001")).change).toMatchObject({ kind: "install" });
    await database.close();
  });

  it("is signed off by its own name, by another login than the one that brought it", async () => {
    const database = await makePgstacDatabase(server, "0.9.12");
    const approval = { version: "pgstac-0.9.12", by: "Eve Holt" };
    await expect(signOff(database.access, approval)).rejects.toThrow(
      /is not what this stack's PgSTAC is/,
    );
    await ensurePgstac(database.access, "0.9.12", null, silent);
    expect(await signOff(database.access, approval)).toMatchObject({
      ...approval,
      login: database.names.approver,
    });
    await expect(signOff(database.access, approval)).rejects.toThrow(/already/);
    const published = publishedPgstac(await database.asAdmin(readHistory));
    expect(published).toMatchObject({
      version: "0.9.12",
      signedOff: { by: "Eve Holt" },
      validated: null,
    });
    const outputs = JSON.parse(
      JSON.stringify({ tier: "qa", versions: [], pgstac: published }),
    ) as unknown;
    expect(readLowerTier("s", outputs)).toMatchObject({ pgstac: published });
    // An upgrade takes the word back: it was about another version.
    await ensurePgstac(database.accessWith({ pgstac: "0.10.0" }), "0.10.0", null, silent);
    expect(publishedPgstac(await database.asAdmin(readHistory))).toMatchObject({
      version: "0.10.0",
      signedOff: null,
    });
    await database.close();
  });

  it("leaves the other databases of the server their admins", async () => {
    const { rows } = {
      rows: await Promise.all([
        makePgstacDatabase(server, "0.9.12"),
        makePgstacDatabase(server, "0.9.12"),
      ]),
    };
    for (const database of rows) await ensurePgstac(database.access, "0.9.12", null, silent);
    for (const database of rows) expect(await database.deviations()).toEqual([]);
    for (const database of rows) await database.close();
  });
});
