// What the files are said to have made is what the server has after running them: relations, columns, constraints, partitions.
import type { RelationModel, SchemaModel } from "../../../migrations/engine/schema/schemaModel";
import { replayModels } from "../../../migrations/engine/schema/schemaReplay";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { fileOf } from "../../support/files/impacts";
import { BASE } from "../../support/locks/base";
import { type GovernedServer, startGovernedServer } from "../../support/servers/governedServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

/** Files after the base: each makes the model follow something else. */
const FILES: readonly string[] = [
  BASE,
  `ALTER TABLE m.plain RENAME TO plainer;
   ALTER TABLE m.plainer RENAME COLUMN a TO z;
   ALTER TABLE m.plainer ADD CHECK (z < 1000), ADD UNIQUE (z, b), ADD COLUMN x serial;
   ALTER TABLE m.plainer ADD CHECK (z < 2000), ALTER COLUMN e SET NOT NULL;
   ALTER TABLE m.plainer ADD CHECK (z + e < 3000), ADD EXCLUDE (c WITH =);
   CREATE INDEX ON m.plainer (lower(b), z) INCLUDE (c);
   CREATE INDEX ON m.plainer (lower(b), z) INCLUDE (c);
   ALTER TABLE m.keyless ADD CONSTRAINT keyless_key PRIMARY KEY USING INDEX keyless_a;
   CREATE TABLE m.a_table_with_a_name_that_is_quite_long_for_what_it_holds (
     and_a_column_that_is_no_shorter_than_it_has_to_be integer UNIQUE CHECK (and_a_column_that_is_no_shorter_than_it_has_to_be > 0));`,
  `ALTER TABLE m.parent DROP COLUMN code CASCADE;
   ALTER TABLE m.parent DROP CONSTRAINT nullable_set;
   ALTER TABLE m.parent DROP CONSTRAINT parent_pkey CASCADE;
   ALTER TABLE m.parent ADD PRIMARY KEY (id);
   ALTER TABLE m.child ADD CONSTRAINT child_parent FOREIGN KEY (parent_id) REFERENCES m.parent;
   ALTER TABLE m.parent VALIDATE CONSTRAINT unchecked;
   ALTER TABLE m.child RENAME CONSTRAINT child_parent TO to_parent;
   ALTER INDEX m.parent_big RENAME TO parent_large;
   DROP VIEW m.seen CASCADE;
   DROP MATERIALIZED VIEW m.kept_view;
   ALTER SEQUENCE m.numbers SET SCHEMA other;
   ALTER TABLE m.counted SET SCHEMA other;
   DROP TABLE m.below;
   DROP INDEX m.parent_nullable;
   ALTER TABLE m.viewed ADD COLUMN IF NOT EXISTS a integer NOT NULL;
   CREATE TABLE IF NOT EXISTS m.viewed (b integer);
   CREATE TABLE m.copy AS SELECT * FROM m.empty;
   DO $$ BEGIN CREATE TABLE m.inside (a integer); END $$;`,
  `ALTER TABLE m.split ATTACH PARTITION m.loose FOR VALUES FROM (200) TO (300);
   ALTER TABLE m.keyed ATTACH PARTITION m.keyed_new FOR VALUES FROM (100) TO (200);
   ALTER TABLE m.part ADD UNIQUE (k, v);
   ALTER TABLE m.part ADD CONSTRAINT w_set CHECK (w <> ''), ALTER COLUMN v SET NOT NULL;
   CREATE INDEX named ON m.part (w);
   CREATE TABLE m.part_3 PARTITION OF m.part FOR VALUES FROM (200) TO (300);
   ALTER INDEX m.half_v ATTACH PARTITION m.half_1_v;
   ALTER TABLE m.part DETACH PARTITION m.part_2;
   DROP INDEX m.part_v;
   DROP TABLE m.lone;
   ALTER TABLE m.above ADD COLUMN extra integer DEFAULT 1;`,
];

const RELATIONS = `
SELECT format('%s %s.%s', CASE relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'table' WHEN 'i' THEN 'index' WHEN 'I' THEN 'index'
         WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' WHEN 'f' THEN 'foreign table' END,
       nspname, relname) AS name
  FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
 WHERE nspname IN ('m', 'other') AND relkind <> 'c'`;

const COLUMNS = `
SELECT format('%s.%s.%s%s', nspname, relname, attname, CASE WHEN attnotnull THEN ' not null' END) AS name
  FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid JOIN pg_namespace ON pg_namespace.oid = relnamespace
 WHERE nspname IN ('m', 'other') AND relkind IN ('r', 'p', 'f') AND attnum > 0 AND NOT attisdropped`;

/** Without the rows that a foreign key to a partitioned table has beside its own, one for each partition there. */
const CONSTRAINTS = `
SELECT format('%s.%s %s %s%s', nspname, relname, conname, contype, CASE WHEN NOT convalidated THEN ' not valid' END) AS name
  FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid JOIN pg_namespace ON pg_namespace.oid = relnamespace
 WHERE nspname IN ('m', 'other') AND contype IN ('c', 'f', 'p', 'u', 'x')
   AND NOT EXISTS (SELECT FROM pg_constraint AS above
                    WHERE above.oid = pg_constraint.conparentid AND above.conrelid = pg_constraint.conrelid)`;

const PARENTS = `
SELECT format('%s below %s', inhrelid::regclass, inhparent::regclass) AS name FROM pg_inherits`;

const types: Readonly<Record<string, string>> = {
  check: "c",
  "foreign key": "f",
  "primary key": "p",
  unique: "u",
  exclusion: "x",
};

const full = ({ ref }: RelationModel): string => `${ref.schema ?? "?"}.${ref.name}`;

/** The model in the words of the queries. */
function said(model: SchemaModel): Readonly<Record<string, readonly string[]>> {
  const relations = model.relations();
  const tables = relations.filter(({ ref }) => /table$/.test(ref.kind));
  // Of tables with columns from elsewhere only those that the SQL lists are known.
  const known = tables.filter(({ columnsKnown }) => columnsKnown);
  return {
    relations: relations.map((one) => `${one.ref.kind} ${full(one)}`),
    columns: known.flatMap((one) =>
      [...one.columns.values()].map(
        ({ name, notNull }) => `${full(one)}.${name}${notNull ? " not null" : ""}`,
      ),
    ),
    constraints: tables.flatMap((one) =>
      one.constraints
        .filter(({ type }) => type !== "not null")
        .map(
          ({ name, type, valid }) =>
            `${full(one)} ${name} ${types[type] ?? type}${valid ? "" : " not valid"}`,
        ),
    ),
    parents: relations.flatMap((one) =>
      model.all(one.parents).map((parent) => `${full(one)} below ${full(parent)}`),
    ),
  };
}

describe.each(serverVersions)("PostgreSQL %d", (major) => {
  let server: GovernedServer;
  beforeAll(async () => {
    await loadParser();
    server = await startGovernedServer(major);
  });
  afterAll(() => server.stop());

  const names = async (sql: string): Promise<readonly string[]> =>
    (await server.rows(sql)).map((row) => String(row["name"])).sort();

  it.each(FILES.map((_, index) => index + 1))("is told by %d file(s)", async (count) => {
    await server.rows("BEGIN");
    try {
      for (const sql of FILES.slice(0, count)) await server.rows(sql);
      const files = FILES.map((sql, index) => fileOf(index + 1, sql));
      const models = replayModels([...files, fileOf(files.length + 1, "SELECT 1")]);
      const model = said(models.get(count + 1) as SchemaModel);
      const unlisted = (name: string): boolean => !/^m\.(of_pair|copy)\./.test(name);
      expect([...(model["relations"] ?? [])].sort()).toEqual(await names(RELATIONS));
      expect([...(model["columns"] ?? [])].sort()).toEqual((await names(COLUMNS)).filter(unlisted));
      expect([...(model["constraints"] ?? [])].sort()).toEqual(await names(CONSTRAINTS));
      expect([...(model["parents"] ?? [])].sort()).toEqual(await names(PARENTS));
    } finally {
      await server.rows("ROLLBACK");
    }
  });
});
