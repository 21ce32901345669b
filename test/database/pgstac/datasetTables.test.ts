// Tables of datasets, made and dropped on call by a login that may do no DDL: what it gets, and what it cannot get by any
// argument or temporary table.
import type { Client } from "pg";

import { readSnapshot } from "../../../migrations/engine/ledger/schemaSnapshot";
import { readCurrentState } from "../../../migrations/engine/ledger/structure";
import { healPrivileges } from "../../../roles/database/heal";
import { datasetDefiners } from "../../../roles/roleRules";
import { applyWithOptional } from "../../support/pgstac/datasetTables";
import { attempt, attemptAlone, refused, works } from "../../support/privileges/attempt";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

/** SQLSTATE of what the functions refuse. */
const invalid = "22023";

describe.each(serverVersions)("tables of datasets on PostgreSQL %d", (major) => {
  const suite = useServer({ major });
  let database: ProgramDatabase;
  let service: Client;

  beforeAll(async () => {
    database = await suite.database({ configuration: { datasetTables: "true" } });
    await applyWithOptional(database);
    service = await database.connect("service");
  });

  const texts = async () => (await database.deviations()).map(({ text }) => text);
  const structure = async () => {
    const { structure: found } = await database.asAdmin((client) =>
      readCurrentState(client, database.settings.schemas),
    );
    return found.kind === "compared" ? found.differences : found;
  };
  const columns = JSON.stringify([
    { name: "title", type: "text" },
    { name: "seen_at", type: "timestamp with time zone" },
    { name: "select", type: "double precision" },
  ]);
  const make = (name: string, ...more: readonly (string | number | null)[]) =>
    service.query(
      `SELECT geoapi.create_dataset_table(${["$1", ...more.map((_, n) => `$${n + 2}`)].join(", ")}) AS made`,
      [name, ...more],
    );

  it("are made with rows' rights and no others, are no drift, and each call is on record", async () => {
    expect((await make("parcels", columns)).rows).toEqual([{ made: "geoapi.ds_parcels" }]);
    await service.query(
      "INSERT INTO geoapi.ds_parcels (batch, title, seen_at, \"select\") VALUES ('b', 't', now(), 1.5)",
    );
    expect((await service.query("SELECT id, batch FROM geoapi.ds_parcels")).rows).toEqual([
      { id: "1", batch: "b" },
    ]);
    for (const statement of [
      "DROP TABLE geoapi.ds_parcels",
      "TRUNCATE geoapi.ds_parcels",
      "ALTER TABLE geoapi.ds_parcels ADD COLUMN more text",
      "COMMENT ON TABLE geoapi.ds_parcels IS 'mine'",
      "CREATE TABLE geoapi.ds_other (a integer)",
    ]) {
      expect([statement, await attempt(service, statement)]).toEqual([statement, refused]);
    }
    expect(await texts()).toEqual([]);
    expect(await structure()).toEqual([]);
    const { infrastructure } = database.settings.roles;
    expect(
      await database.rows(
        "SELECT pg_get_userbyid(relowner) AS owner FROM pg_class WHERE oid = 'geoapi.ds_parcels'::regclass",
      ),
    ).toEqual([{ owner: infrastructure }]);
  });

  it("are dropped by the other function, which drops nothing else", async () => {
    const drop = async (name: string) =>
      (await service.query<object>("SELECT geoapi.drop_dataset_table($1) AS dropped", [name])).rows;
    await make("passing");
    expect(await drop("passing")).toEqual([{ dropped: true }]);
    expect(await drop("passing")).toEqual([{ dropped: false }]);
    const infra = await database.connect("infrastructure");
    await infra.query("CREATE TABLE geoapi.ds_by_hand (a integer)");
    expect(await drop("by_hand")).toEqual([{ dropped: false }]);
    expect(await structure()).toMatchObject([{ object: "table geoapi.ds_by_hand", change: "new" }]);
    await infra.query("DROP TABLE geoapi.ds_by_hand");
    // What others rest on is not taken along.
    await make("used");
    await infra.query("CREATE VIEW geoapi.of_used AS SELECT id FROM geoapi.ds_used");
    await expect(drop("used")).rejects.toMatchObject({ code: "2BP01" });
    await infra.query("DROP VIEW geoapi.of_used");
    await infra.end();
    expect(await drop("used")).toEqual([{ dropped: true }]);
    const said = await database.rows(
      `SELECT kind, login, detail ->> 'table' AS table FROM public.schema_migration_events
        WHERE kind IN ('dataset-made', 'dataset-dropped') ORDER BY id`,
    );
    const login = database.names.service;
    expect(said).toEqual(
      [
        ["dataset-made", "parcels"],
        ["dataset-made", "passing"],
        ["dataset-dropped", "passing"],
        ["dataset-made", "used"],
        ["dataset-dropped", "used"],
      ].map(([kind, name]) => ({ kind, login, table: `geoapi.ds_${name ?? ""}` })),
    );
  });

  const hostile = [
    "x; DROP TABLE dagapp.jobs; --",
    'x"; DROP TABLE dagapp.jobs; --',
    "x'; DROP TABLE dagapp.jobs; --",
    "x (a integer); CREATE TABLE geoapi.stolen (a integer); --",
    "../x",
    "geoapi.x",
    "X",
    "1x",
    "x y",
    "x\ny",
    "",
    "é",
    "x".repeat(51),
  ];

  it("take no name, column, type, geometry or number but plain ones", async () => {
    const before = await database.asAdmin((client) => readSnapshot(client, ["dagapp", "geoapi"]));
    for (const text of hostile) {
      const column = (part: object) => JSON.stringify([{ name: "a", type: "text", ...part }]);
      for (const call of [
        () => make(text),
        () => make("y", column({ name: text })),
        () => make("y", column({ type: text })),
        () => make("y", "[]", text),
        () => make("y", JSON.stringify(text)),
        () => make("y", JSON.stringify([text])),
        () => service.query("SELECT geoapi.drop_dataset_table($1)", [text]),
      ]) {
        await expect(call()).rejects.toMatchObject({ code: invalid });
      }
    }
    for (const type of [
      "text; DROP TABLE dagapp.jobs",
      "serial",
      "text[]",
      "regclass",
      "TEXT",
      "dagapp.mood",
    ]) {
      await expect(make("y", JSON.stringify([{ name: "a", type }]))).rejects.toMatchObject({
        code: invalid,
      });
    }
    for (const [geometry, srid] of [
      ["point", 4326],
      ["POINT", 0],
      ["POINT", 999_000],
    ] as const) {
      await expect(make("y", "[]", geometry, srid)).rejects.toMatchObject({ code: invalid });
    }
    for (const name of ["id", "batch", "geom"]) {
      await expect(make("y", JSON.stringify([{ name, type: "text" }]))).rejects.toMatchObject({
        code: invalid,
      });
    }
    const many = Array.from({ length: 501 }, (_, n) => ({ name: `c${n}`, type: "text" }));
    await expect(make("y", JSON.stringify(many))).rejects.toMatchObject({ code: invalid });
    for (const sql of [
      "SELECT geoapi.create_dataset_table(NULL)",
      "SELECT geoapi.create_dataset_table('y', NULL)",
      "SELECT geoapi.create_dataset_table('y', '{}')",
      "SELECT geoapi.create_dataset_table('y', '[]', 'POINT', NULL)",
      "SELECT geoapi.drop_dataset_table(NULL)",
    ]) {
      expect([sql, await attemptAlone(service, sql)]).toEqual([sql, invalid]);
    }
    expect(await database.asAdmin((client) => readSnapshot(client, ["dagapp", "geoapi"]))).toEqual(
      before,
    );
  });

  it("mean no temporary table, function or operator of the caller's", async () => {
    const other = await database.connect("service");
    for (const sql of [
      `CREATE FUNCTION pg_temp.take_over() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN EXECUTE 'CREATE TABLE geoapi.stolen (a integer)'; RETURN NEW; END $$`,
      "CREATE TEMPORARY TABLE schema_migration_events (kind text, detail jsonb)",
      "CREATE TRIGGER decoy BEFORE INSERT ON pg_temp.schema_migration_events EXECUTE FUNCTION pg_temp.take_over()",
      'CREATE TEMPORARY TABLE pg_class (oid oid, relname name, relnamespace oid, relkind "char")',
      "CREATE TEMPORARY TABLE ds_decoy (a integer)",
      ...["format(text, text)", "jsonb_typeof(jsonb)", "array_to_string(text[], text)"].map(
        (signature) =>
          `CREATE FUNCTION pg_temp.${signature} RETURNS text LANGUAGE plpgsql AS $$
             BEGIN EXECUTE 'CREATE TABLE geoapi.stolen (a integer)'; RETURN 'x'; END $$`,
      ),
      "CREATE FUNCTION pg_temp.obj_description(oid, name) RETURNS text LANGUAGE sql AS $$ SELECT 'A dataset, made by geoapi.create_dataset_table' $$",
      "SET search_path = pg_temp, pg_catalog",
    ]) {
      await other.query(sql);
    }
    expect(await attemptAlone(other, "SELECT geoapi.create_dataset_table('decoy', '[]')")).toBe(
      works,
    );
    expect(await attemptAlone(other, "SELECT geoapi.drop_dataset_table('decoy')")).toBe(works);
    expect((await other.query("SELECT 1 FROM pg_temp.ds_decoy")).rowCount).toBe(0);
    await other.end();
    const stolen = await database.rows("SELECT to_regclass('geoapi.stolen') AS stolen");
    expect(stolen).toEqual([{ stolen: null }]);
    expect(await texts()).toEqual([]);
  });

  it("are nobody else's to make", async () => {
    for (const definer of datasetDefiners) {
      const may = await database.rows(
        `SELECT rolname FROM pg_roles
          WHERE NOT rolsuper AND has_function_privilege(oid, $1, 'EXECUTE')
            AND NOT pg_has_role(oid, $2, 'USAGE') ORDER BY 1`,
        [definer, database.settings.roles.infrastructure],
      );
      expect(may.map(({ rolname }) => rolname)).toEqual([database.names.service]);
    }
  });

  it("are made by nobody where the stack does not ask for them: the audit takes the functions their owner's rights", async () => {
    const off = database.accessWith({ datasetTables: "false" });
    const found = await database.asAdmin(async (client) => {
      const { left, mended } = await healPrivileges(client, off.settings);
      return [...left.map(({ deviation }) => deviation), ...mended].map(({ text }) => text);
    });
    expect(found.map((text) => text.replace(/ should not run with the rights of .*/, ""))).toEqual(
      datasetDefiners.map((definer) => `function ${definer}:`),
    );
    expect(await attemptAlone(service, "SELECT geoapi.create_dataset_table('off')")).toBe(refused);
  });
});
