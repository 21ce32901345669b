// An opinion from outside on PgSTAC's schema: what the server's own has_*_privilege answer for each role, object and
// privilege equals what this page says by itself, after the installation, after items came in, and after an upgrade.
// Neither the rules nor the code that reads and mends privileges have a part in it.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ensurePgstac } from "../../../pgstac/database/install";
import { pgstacVersions } from "../../../pgstac/hardening/versions";
import type { PostgresServer } from "../../../sandbox/server";
import { collection, item, load, writeRows } from "../../support/pgstac/load";
import { makePgstacDatabase, startPostgisServer } from "../../support/pgstac/pgstacDatabase";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { describeWithPostgis } from "../../support/servers/withPostgis";

jest.setTimeout(300_000);

const silent = (): void => undefined;

/** Tables that the application writes. All others it reads. */
const written: Readonly<Record<string, readonly string[]>> = {
  "0.9.12": [
    ...["collections", "format_item_cache", "items", "items_staging", "items_staging_ignore"],
    ...["items_staging_upsert", "partition_stats", "search_wheres", "searches"],
  ],
  "0.10.0": [
    ...["collections", "format_item_cache", "items", "items_staging", "items_staging_ignore"],
    ...["items_staging_upsert", "partition_stats", "search_wheres", "searches"],
    ...["base_items", "queryables"],
  ],
};

/** Functions that the application has not, beside those of triggers and the definers but two. */
const kept: Readonly<Record<string, readonly string[]>> = {
  "0.9.12": [
    ...["run_queued_queries", "run_queued_queries_intransaction", "analyze_items"],
    ...["validate_constraints", "pgstac_admin_owns"],
  ],
  "0.10.0": [
    ...["run_queued_queries", "run_queued_queries_intransaction", "analyze_items"],
    ...["validate_constraints", "pgstac_admin_owns", "run_queued_query", "retire_queued_queries"],
  ],
};

const usedDefiners = ["check_partition", "delete_collection"];

interface Cell {
  readonly role: string;
  readonly kind: string;
  readonly name: string;
  readonly privilege: string;
  readonly held: boolean;
  /** Of functions. */
  readonly definer: boolean;
  readonly trigger: boolean;
  readonly procedure: boolean;
}

/** Each role by each relation, column, sequence, routine, type and the schema; PUBLIC is asked through a login of nobody's. */
const cellsQuery = `
  WITH role AS (SELECT oid, rolname FROM pg_roles WHERE rolname = ANY ($1::text[])),
  privilege (kind, name) AS (
    VALUES ('rows', 'SELECT'), ('rows', 'INSERT'), ('rows', 'UPDATE'), ('rows', 'DELETE'), ('rows', 'TRUNCATE'),
           ('rows', 'REFERENCES'), ('rows', 'TRIGGER'))
  SELECT r.rolname AS role, CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'view' ELSE 'table' END AS kind,
         c.relname::text AS name, p.name || g.suffix AS privilege, has_table_privilege(r.oid, c.oid, p.name || g.suffix) AS held,
         false AS definer, false AS trigger, false AS procedure
    FROM role r, pg_class c, privilege p, (VALUES (''), (' WITH GRANT OPTION')) g (suffix)
   WHERE c.relnamespace = 'pgstac'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  UNION ALL
  SELECT r.rolname, 'column', c.relname, p.name, has_any_column_privilege(r.oid, c.oid, p.name), false, false, false
    FROM role r, pg_class c, (VALUES ('INSERT'), ('UPDATE'), ('REFERENCES')) p (name)
   WHERE c.relnamespace = 'pgstac'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  UNION ALL
  SELECT r.rolname, 'sequence', c.relname, p.name, has_sequence_privilege(r.oid, c.oid, p.name), false, false, false
    FROM role r, pg_class c, (VALUES ('USAGE'), ('SELECT'), ('UPDATE')) p (name)
   WHERE c.relnamespace = 'pgstac'::regnamespace AND c.relkind = 'S'
  UNION ALL
  SELECT r.rolname, 'function', f.proname, 'EXECUTE', has_function_privilege(r.oid, f.oid, 'EXECUTE'),
         f.prosecdef, f.prorettype IN ('trigger'::regtype, 'event_trigger'::regtype),
         f.prokind = 'p'
    FROM role r, pg_proc f WHERE f.pronamespace = 'pgstac'::regnamespace
  UNION ALL
  SELECT r.rolname, 'schema', 'pgstac', p.name, has_schema_privilege(r.oid, 'pgstac', p.name), false, false, false
    FROM role r, (VALUES ('USAGE'), ('CREATE')) p (name)
  UNION ALL
  SELECT r.rolname, 'database', 'it', p.name, has_database_privilege(r.oid, current_database(), p.name), false, false, false
    FROM role r, (VALUES ('CONNECT'), ('TEMPORARY'), ('CREATE')) p (name)`;

describeWithPostgis("an outside look at PgSTAC's privileges", () => {
  let server: PostgresServer;
  let folder: string;

  beforeAll(async () => {
    server = await startPostgisServer();
    folder = await mkdtemp(join(tmpdir(), "pgstac-oracle-"));
  });
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  const furtherRoles = JSON.stringify([
    { name: "tiles", kind: "reader", schemas: ["geoapi", "pgstac"], tiles: true },
    { name: "elsewhere", kind: "reader", schemas: ["geoapi"] },
  ]);

  /** What this page says: whether a role has it. Null: PgSTAC's own roles have what PgSTAC gives them. */
  function expected({ names, settings }: ProgramDatabase, version: string, cell: Cell) {
    const { role, kind, name, privilege, definer, trigger, procedure } = cell;
    if (privilege.endsWith("WITH GRANT OPTION")) return false;
    const isService = role === names.service;
    const isReader = role === "tiles" || role === "elsewhere";
    const seesPgstac = isService || role === "tiles";
    switch (kind) {
      case "database":
        return (
          (privilege === "CONNECT" &&
            role !== settings.roles.infrastructure &&
            role !== names.outsider) ||
          (privilege === "TEMPORARY" && (isService || role === "tiles"))
        );
      case "schema":
        return role === settings.roles.infrastructure || (privilege === "USAGE" && seesPgstac);
      case "view":
        return seesPgstac && privilege === "SELECT";
      case "table":
      case "column": {
        if (role === settings.roles.infrastructure)
          return name === "migrations" && privilege === "SELECT";
        if (privilege === "SELECT") return seesPgstac;
        const isWritten = /^_items_\d/.test(name) || (written[version] ?? []).includes(name);
        return isService && isWritten && ["INSERT", "UPDATE", "DELETE"].includes(privilege);
      }
      case "sequence":
        return isService && privilege === "USAGE";
      default: {
        const isKept = trigger || (kept[version] ?? []).includes(name);
        if (isService) return !isKept && (!definer || usedDefiners.includes(name));
        return isReader && role === "tiles" && !isKept && !definer && !procedure;
      }
    }
  }

  async function ensureAgreed(database: ProgramDatabase, version: string): Promise<number> {
    const { names, settings } = database;
    const roles = [names.service, names.migrator, names.approver, names.outsider, "tiles"];
    const all = [...roles, "elsewhere", settings.roles.infrastructure];
    const cells = (await database.rows(cellsQuery, [all])) as unknown as readonly Cell[];
    const wrong = cells
      .filter((cell) => cell.held !== expected(database, version, cell))
      .map(({ role, kind, name, privilege, held }) =>
        [held ? "too much" : "missing", role, privilege, kind, name].join(" "),
      );
    expect(wrong).toEqual([]);
    expect(new Set(cells.map(({ role }) => role)).size).toBe(7);
    return cells.length;
  }

  async function ingest(database: ProgramDatabase, version: (typeof pgstacVersions)[number]) {
    await database.rows("SELECT 1");
    const collections = await writeRows(folder, `c-${version}`, [collection("c")]);
    const rows = Array.from({ length: 400 }, (_, n) => item("c", n));
    const items = await writeRows(folder, `i-${version}`, rows);
    for (const [table, file] of [
      ["collections", collections],
      ["items", items],
    ] as const) {
      const { status } = await load(database, version, { table, file, method: "upsert" });
      expect(status).toBe(0);
      if (table === "collections") {
        await database.rows(
          `SET search_path = pgstac, public; UPDATE collections SET partition_trunc = 'month' WHERE id = 'c';
           RESET search_path`,
        );
      }
    }
  }

  it("agrees before and after items came in, and after the upgrade; and with no hand's change", async () => {
    const database = await makePgstacDatabase(server, "0.9.12", { furtherRoles });
    await ensurePgstac(database.access, "0.9.12", null, silent);
    const bare = await ensureAgreed(database, "0.9.12");
    await ingest(database, "0.9.12");
    expect(await ensureAgreed(database, "0.9.12")).toBeGreaterThan(bare + 12 * 7 * 14);
    await ensurePgstac(database.accessWith({ pgstac: "0.10.0" }), "0.10.0", null, silent);
    expect(await ensureAgreed(database, "0.10.0")).toBeGreaterThan(4_000);
    await ingest(database, "0.10.0");
    await ensureAgreed(database, "0.10.0");
    await database.rows("GRANT TRUNCATE ON pgstac.items TO tiles");
    await expect(ensureAgreed(database, "0.10.0")).rejects.toThrow(
      /too much tiles TRUNCATE table items/,
    );
    await database.close();
  });
});
