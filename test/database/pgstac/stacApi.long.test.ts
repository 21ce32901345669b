// The application's day through the real STAC API, as the service role; then everything that would be DDL, directly and
// through every function that it may execute.
import type { Client } from "pg";

import { ensurePgstac } from "../../../pgstac/database/install";
import { pgstacVersions } from "../../../pgstac/hardening/versions";
import type { PostgresServer } from "../../../sandbox/server";
import { collection, item } from "../../support/pgstac/load";
import { makePgstacDatabase, startPostgisServer } from "../../support/pgstac/pgstacDatabase";
import { describeWithStacApi, type StacApi, startStacApi } from "../../support/pgstac/stacApi";
import { attemptAlone } from "../../support/privileges/attempt";
import type { ProgramDatabase } from "../../support/servers/programDatabase";

jest.setTimeout(300_000);

const silent = (): void => undefined;
const refused = "42501";

/** Text that makes a table, if it ever becomes part of a statement: in a literal, an identifier, a list, or by itself. */
const injections = [
  "x'; CREATE TABLE pgstac.stolen (a integer); --",
  'x"; CREATE TABLE pgstac.stolen (a integer); --',
  "x); CREATE TABLE pgstac.stolen (a integer); --",
  "CREATE TABLE pgstac.stolen (a integer)",
  "pgstac.items",
];

/** An argument of a type, that carries the text where the type can. */
function argument(type: string, text: string): string {
  const literal = `'${text.replaceAll("'", "''")}'`;
  if (/^(text|character varying|name)$/.test(type)) return `${literal}::${type}`;
  if (/^(text|name)\[\]$/.test(type)) return `ARRAY[${literal}]::${type}`;
  if (type === "jsonb" || type === "json") {
    const body = {
      ...{ id: text, collection: text, type: "Feature", geometry: null, properties: {} },
      ...{ op: text, args: [{ property: text }, text], filter: { op: text, args: [text] } },
      ...{ sortby: [{ field: text, direction: text }], fields: { include: [text] }, ids: [text] },
      ...{ token: text, datetime: text, conf: { [text]: text } },
    };
    return `'${JSON.stringify(body).replaceAll("'", "''")}'::${type}`;
  }
  if (type === "boolean") return "true";
  return `NULL::${type}`;
}

describeWithStacApi("the STAC API on PgSTAC", () => {
  let server: PostgresServer;

  beforeAll(async () => {
    server = await startPostgisServer();
  });
  afterAll(() => server.stop());

  describe.each(pgstacVersions)("%s", (version) => {
    let database: ProgramDatabase;
    let api: StacApi;

    beforeAll(async () => {
      database = await makePgstacDatabase(server, version);
      await ensurePgstac(database.access, version, null, silent);
      api = await startStacApi(database);
    });
    afterAll(async () => {
      await api.stop();
      await database.close();
    });

    /** Calls, and makes sure of the status; what went wrong there is told. */
    async function ok(status: number, method: string, path: string, body?: object) {
      const answer = await api.call(method, path, body);
      if (answer.status !== status) {
        const tail = api.said().split("\n").slice(-12).join("\n");
        throw new Error(`${method} ${path}: ${JSON.stringify(answer).slice(0, 500)}\n${tail}`);
      }
      return answer.body ?? {};
    }
    const idsIn = (body: Readonly<Record<string, unknown>>): readonly string[] =>
      ((body["features"] ?? []) as readonly { readonly id: string }[]).map(({ id }) => id).sort();

    it("makes, changes and lists collections", async () => {
      for (const id of ["c", "d"]) await ok(201, "POST", "/collections", collection(id));
      await ok(409, "POST", "/collections", collection("c"));
      const changed = { ...collection("c"), title: "changed" };
      await ok(200, "PUT", "/collections/c", changed);
      expect(await ok(200, "GET", "/collections/c")).toMatchObject({ title: "changed" });
      const { collections } = await ok(200, "GET", "/collections");
      expect((collections as object[]).length).toBe(2);
      for (const path of ["/", "/conformance", "/queryables", "/collections/c/queryables"]) {
        await ok(200, "GET", path);
      }
    });

    it("makes, changes and deletes items, one, several and in bulk", async () => {
      await ok(201, "POST", "/collections/c/items", item("c", 0));
      const features = [1, 2, 3].map((n) => item("c", n));
      await ok(201, "POST", "/collections/c/items", { type: "FeatureCollection", features });
      const bulk = Array.from({ length: 300 }, (_, n) => n + 4);
      const items = Object.fromEntries(bulk.map((n) => [`c-${n}`, item("c", n)]));
      for (const method of ["insert", "upsert"]) {
        await ok(200, "POST", "/collections/c/bulk_items", { items, method });
      }
      const changed = {
        ...item("c", 0),
        properties: { datetime: "2025-01-01T00:00:00Z", kept: 1 },
      };
      await ok(200, "PUT", "/collections/c/items/c-0", changed);
      expect(await ok(200, "GET", "/collections/c/items/c-0")).toMatchObject({
        properties: { kept: 1 },
      });
      await ok(200, "PATCH", "/collections/c/items/c-0", { properties: { kept: 2 } });
      expect(await ok(200, "GET", "/collections/c/items/c-0")).toMatchObject({
        properties: { kept: 2 },
      });
      await ok(200, "DELETE", "/collections/c/items/c-3");
      await ok(404, "GET", "/collections/c/items/c-3");
      expect(idsIn(await ok(200, "GET", "/collections/c/items?limit=5"))).toHaveLength(5);
    });

    it("searches by GET and POST, with CQL2 in both", async () => {
      expect(idsIn(await ok(200, "GET", "/search?ids=c-1,c-2"))).toEqual(["c-1", "c-2"]);
      expect(idsIn(await ok(200, "GET", "/search?collections=d"))).toEqual([]);
      const near = await ok(200, "GET", "/search?collections=c&bbox=-180,-90,-175,-85&limit=100");
      expect(idsIn(near).length).toBeGreaterThan(0);
      const filter = encodeURIComponent("\"eo:cloud_cover\" < 2 AND collection = 'c'");
      const byText = await ok(200, "GET", `/search?filter-lang=cql2-text&filter=${filter}`);
      const byJson = await ok(200, "POST", "/search", {
        "filter-lang": "cql2-json",
        filter: {
          op: "and",
          args: [
            { op: "<", args: [{ property: "eo:cloud_cover" }, 2] },
            { op: "=", args: [{ property: "collection" }, "c"] },
          ],
        },
      });
      expect(idsIn(byJson)).toEqual(idsIn(byText));
      expect(idsIn(byJson)).toContain("c-100");
      const page = await ok(200, "POST", "/search", { collections: ["c"], limit: 10 });
      const next = (page["links"] as { rel: string; body?: object }[]).find(
        (l) => l.rel === "next",
      );
      expect(idsIn(await ok(200, "POST", "/search", next?.body ?? {}))).toHaveLength(10);
      const sorted = { collections: ["c"], sortby: [{ field: "id", direction: "desc" }], limit: 1 };
      expect(idsIn(await ok(200, "POST", "/search", sorted))).toEqual(["c-99"]);
      const within = { type: "Point", coordinates: [-179, 1] };
      await ok(200, "POST", "/search", { intersects: within, datetime: "2025-01-01T00:00:00Z/.." });
      await ok(200, "POST", "/search", { collections: ["c"], fields: { include: ["id"] } });
    });

    it("leaves privileges exact, and deletes a collection with what is in it", async () => {
      expect((await database.deviations()).map(({ text }) => text)).toEqual([]);
      await ok(200, "DELETE", "/collections/d");
      await ok(200, "DELETE", "/collections/c");
      await ok(404, "GET", "/collections/c");
      const partitions = await database.rows(
        "SELECT relname FROM pg_class WHERE relname ~ '^_items_[0-9]' AND relkind IN ('r', 'p')",
      );
      expect(partitions).toEqual([]);
      expect((await database.deviations()).map(({ text }) => text)).toEqual([]);
    });

    it("has DDL on nothing in the schema: each statement ends with 42501, and no list of privileges changes", async () => {
      await ok(201, "POST", "/collections", collection("e"));
      await ok(201, "POST", "/collections/e/items", item("e", 1));
      const lists = () =>
        database.rows(
          "SELECT relname, relacl::text FROM pg_class WHERE relnamespace = 'pgstac'::regnamespace ORDER BY 1",
        );
      const before = await lists();
      const relations = await database.rows(
        `SELECT oid::regclass::text AS name, relkind AS kind FROM pg_class
          WHERE relnamespace = 'pgstac'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')`,
      );
      const session = await database.connect("service");
      for (const { name, kind } of relations) {
        const relation = String(name);
        const word =
          kind === "v" ? "VIEW" : kind === "m" ? "MATERIALIZED VIEW" : ("TABLE" as const);
        const isTable = word === "TABLE";
        const statements = [
          `DROP ${word} ${relation} CASCADE`,
          `ALTER ${word} ${relation} RENAME TO stolen`,
          `ALTER ${word} ${relation} OWNER TO ${database.names.service}`,
          `COMMENT ON ${word} ${relation} IS 'stolen'`,
          ...(isTable
            ? [
                `TRUNCATE ${relation}`,
                `ALTER TABLE ${relation} ADD COLUMN stolen integer`,
                `CREATE INDEX stolen ON ${relation} ((1))`,
                `CREATE TRIGGER stolen BEFORE INSERT ON ${relation} EXECUTE FUNCTION suppress_redundant_updates_trigger()`,
                `LOCK TABLE ${relation} IN ACCESS EXCLUSIVE MODE`,
              ]
            : []),
          ...(word === "MATERIALIZED VIEW" ? [`REFRESH MATERIALIZED VIEW ${relation}`] : []),
        ];
        for (const statement of statements) {
          const code = await attemptAlone(session, statement);
          const isLock = statement.startsWith("LOCK");
          // UPDATE or DELETE suffice for the lock, which ends with its transaction.
          if (!isLock) expect([statement, code]).toEqual([statement, refused]);
        }
        // Those that own nothing are warned, and nothing is given.
        await attemptAlone(session, `GRANT ALL ON ${relation} TO PUBLIC`);
        await attemptAlone(session, `REVOKE ALL ON ${relation} FROM pgstac_admin`);
      }
      const references = await database.rows(
        `SELECT oid::regclass::text AS name FROM pg_class
          WHERE relnamespace = 'pgstac'::regnamespace AND relkind IN ('r', 'p')
            AND (has_table_privilege($1, oid, 'REFERENCES') OR has_any_column_privilege($1, oid, 'REFERENCES'))`,
        [database.names.service],
      );
      expect(references).toEqual([]);
      for (const statement of [
        "CREATE TABLE pgstac.stolen (a integer)",
        "CREATE VIEW pgstac.stolen AS SELECT 1",
        "CREATE SEQUENCE pgstac.stolen",
        "CREATE TYPE pgstac.stolen AS (a integer)",
        "CREATE FUNCTION pgstac.stolen() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "CREATE SCHEMA stolen",
        "DROP SCHEMA pgstac CASCADE",
        "CREATE TABLE public.stolen (a integer)",
      ]) {
        expect([statement, await attemptAlone(session, statement)]).toEqual([statement, refused]);
      }
      await session.end();
      expect(await lists()).toEqual(before);
    });

    it("has DDL through none of the functions that it may execute", async () => {
      const functions = await database.rows(
        `SELECT p.oid::regprocedure::text AS name, p.proname AS bare, p.prokind AS kind,
                ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) t)::text[] AS types
           FROM pg_proc p
          WHERE p.pronamespace = 'pgstac'::regnamespace AND p.prokind IN ('f', 'p')
            AND has_function_privilege($1, p.oid, 'EXECUTE') AND NOT p.proretset IS NULL
          ORDER BY 1`,
        [database.names.service],
      );
      expect(functions.length).toBeGreaterThan(100);
      const session = await database.connect("service");
      await session.query("SET statement_timeout = '2s'");
      let calls = 0;
      for (const { bare, kind, types } of functions) {
        for (const text of injections) {
          const given = (types as readonly string[]).map((type) => argument(type, text)).join(", ");
          const call = kind === "p" ? "CALL" : "SELECT";
          await rolledBack(session, `${call} pgstac.${String(bare)}(${given})`);
          calls += 1;
        }
      }
      await session.end();
      expect(calls).toBe(functions.length * injections.length);
      expect((await database.deviations()).map(({ text }) => text)).toEqual([]);
    });

    /** Runs a call in a transaction, and looks in it for what the call would have made. */
    async function rolledBack(session: Client, call: string): Promise<void> {
      await session.query("BEGIN");
      const failed = await session.query(call).then(
        () => false,
        () => true,
      );
      if (!failed) {
        const { rows } = await session.query<{ made: boolean }>(
          `SELECT to_regclass('pgstac.stolen') IS NOT NULL OR to_regclass('pgstac.items') IS NULL
                  OR pg_has_role('pgstac_admin', 'MEMBER') AS made`,
        );
        expect([call, rows[0]?.made]).toEqual([call, false]);
      }
      await session.query("ROLLBACK");
    }
  });
});
