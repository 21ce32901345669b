/**
 * Describes everything that lies in the governed schemas, in lines that do not depend on object ids, dropped columns or
 * the order of reading. One query, whatever the number of objects.
 * Does NOT read rows of tables, values of sequences or statistics, and compares nothing (see snapshot.ts).
 */
import type { Client } from "pg";

import type { AddressedSnapshot, Touched } from "../history/knownStructure";
import type { SchemaSnapshot, SnapshotLine } from "../history/snapshot";
import { otherItemRows, otherItems, otherLines, own } from "./otherObjects";

/** The acl as text that depends neither on the order of grants nor on whether the default was ever spelled out. */
const acl = (column: string, kind: string, owner: string): string =>
  `'privileges ' || coalesce((SELECT string_agg(item::TEXT, ' ' ORDER BY item::TEXT)
     FROM unnest(coalesce(${column}, acldefault(${kind}, ${owner}))) AS item), 'none')`;

const ownerOf = (column: string): string => `'owner ' || pg_get_userbyid(${column})`;

/**
 * A column's options less what servers note there for themselves (`pg_attver` on patched builds of PostgreSQL 15): no
 * statement of a migration can write these, and so no proof can differ by them.
 * Source: ALTER TABLE … ALTER COLUMN … SET knows n_distinct and n_distinct_inherited only.
 */
const statedOptions = `(SELECT nullif(array_agg(o ORDER BY at), '{}')::TEXT
     FROM unnest(attoptions) WITH ORDINALITY AS given (o, at) WHERE o !~ '^pg_')`;

/** What a table's comment says whose partitions come and go with its rows. */
const runtimeMark = "run-time partitions";

/**
 * Partitions that come and go with the rows are data, not structure: PgSTAC's of its collections, and those of a table
 * whose comment says so. The comment itself is structure, and a partition with a trigger, a rule, a policy or row
 * security of its own is told of all the same.
 */
const runtimePartition = (c: string): string => `${c}.relispartition AND (
    ${c}.relnamespace IN (SELECT n.oid FROM pg_namespace AS n WHERE n.nspname = 'pgstac') AND ${c}.relname ~ '^_items_'
    OR NOT ${c}.relrowsecurity
      AND EXISTS (SELECT FROM pg_inherits AS h JOIN pg_description AS d ON d.classoid = 'pg_class'::REGCLASS
        AND d.objoid = h.inhparent AND d.objsubid = 0
        WHERE h.inhrelid = ${c}.oid AND d.description ~* '\\m${runtimeMark}\\M')
      AND NOT EXISTS (SELECT FROM pg_trigger AS g WHERE g.tgrelid = ${c}.oid AND NOT g.tgisinternal AND g.tgparentid = 0)
      AND NOT EXISTS (SELECT FROM pg_rewrite AS g WHERE g.ev_class = ${c}.oid)
      AND NOT EXISTS (SELECT FROM pg_policy AS g WHERE g.polrelid = ${c}.oid))`;

/** A foreign key to a partitioned table is there once more for each partition. */
const toRuntimePartition = `k.conparentid <> 0 AND k.confrelid <> 0
    AND EXISTS (SELECT FROM pg_class AS f WHERE f.oid = k.confrelid AND ${runtimePartition("f")})`;

/** What geoapi.create_dataset_table says of each table it makes. */
const datasetComment = "A dataset, made by geoapi.create_dataset_table";

/** Which objects are described: conditions on `c`, `p`, `t` and the rest, and what they need in front of them. */
interface Scope {
  readonly first: string;
  /** Once, before anything is looked at. */
  readonly gate: string;
  readonly relations: string;
  readonly routines: string;
  readonly types: string;
  readonly others: string;
  /** Of a table whose rows are looked up one by one: the objects are few. */
  readonly each: string;
}

const everything: Scope = {
  first: "",
  gate: "true",
  relations: "true",
  routines: "true",
  types: "true",
  others: "true",
  each: "",
};

/**
 * Bounds the wait for locks, for this statement alone. Everything that is printed comes after the schemas, so that it is
 * set when the first lock is asked for.
 */
const patient = "(SELECT set_config('lock_timeout', '1s', true)) IS NOT NULL";

/** By an array, for which the planner takes the index: what depends on all relations would be read otherwise. */
const dependents = (catalog: string): string =>
  `(SELECT d.objid FROM pg_depend AS d WHERE d.refclassid = 'pg_class'::REGCLASS AND d.classid = '${catalog}'::REGCLASS
     AND d.refobjid = ANY (ARRAY(SELECT oid FROM touched))) AS d`;

/**
 * Relations by object id ($2), of an index its table, and what is printed with their names in it; routines and other types
 * all, or none but those. The arrays let the planner expect few.
 */
const touchedOnly = (routines: boolean, types: boolean): Scope => ({
  first: `touched AS MATERIALIZED (
  SELECT oid FROM unnest($2::OID[]) AS oid UNION SELECT x.indrelid FROM pg_index AS x WHERE x.indexrelid = ANY ($2::OID[])
), wanted AS MATERIALIZED (
  SELECT oid FROM touched
  UNION SELECT d.objid FROM ${dependents("pg_class")}
  UNION SELECT x.indrelid FROM ${dependents("pg_class")} JOIN pg_index AS x ON x.indexrelid = d.objid
  UNION SELECT r.ev_class FROM ${dependents("pg_rewrite")} JOIN pg_rewrite AS r ON r.oid = d.objid
  UNION SELECT k.conrelid FROM ${dependents("pg_constraint")} JOIN pg_constraint AS k ON k.oid = d.objid
  UNION SELECT f.adrelid FROM ${dependents("pg_attrdef")} JOIN pg_attrdef AS f ON f.oid = d.objid
  UNION SELECT g.tgrelid FROM ${dependents("pg_trigger")} JOIN pg_trigger AS g ON g.oid = d.objid
  UNION SELECT y.polrelid FROM ${dependents("pg_policy")} JOIN pg_policy AS y ON y.oid = d.objid
), `,
  gate: patient,
  relations: "c.oid = ANY (ARRAY(SELECT oid FROM wanted))",
  routines: routines ? "true" : `p.oid = ANY (ARRAY(SELECT d.objid FROM ${dependents("pg_proc")}))`,
  types: String(types),
  others: "false",
  each: " OFFSET 0",
});

/**
 * Tables that geoapi.create_dataset_table has made (migrations/optional/), and the sequences of their ids: run-time data,
 * not structure. The words are that function's; nobody but their owner can give them to another table.
 */
const datasetTable = `s.nspname = 'geoapi' AND (
  c.relkind = 'r' AND c.relname ~ '^ds_' AND obj_description(c.oid, 'pg_class') = '${datasetComment}'
  OR c.relkind = 'S' AND EXISTS (SELECT FROM pg_depend AS d
       WHERE d.classid = 'pg_class'::REGCLASS AND d.objid = c.oid AND d.refclassid = 'pg_class'::REGCLASS
         AND d.deptype = 'i' AND obj_description(d.refobjid, 'pg_class') = '${datasetComment}'))`;

/**
 * `item` gives every object its name and address; comments are joined to it, so that none can be forgotten. What stands
 * behind it may read space, rel, col, fun, typ, other, casting, publication and item. The first parameter: names of schemas.
 */
const itemsOf = (scope: Scope): string => `
WITH ${scope.first}space AS (
  SELECT n.*, 'schema ' || quote_ident(nspname) AS object FROM pg_namespace AS n WHERE nspname = ANY ($1) AND ${scope.gate}
), rel AS (
  SELECT c.*, s.nspname, format('%I.%I', s.nspname, c.relname) AS name,
    CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
      WHEN 'f' THEN 'foreign table' WHEN 'S' THEN 'sequence' ELSE 'type' END
      || ' ' || format('%I.%I', s.nspname, c.relname) AS object
  FROM pg_class AS c JOIN space AS s ON s.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c') AND NOT (${runtimePartition("c")}) AND (${datasetTable}) IS NOT TRUE
    AND ${own("pg_class", "c.oid")} AND ${scope.relations}
), col AS (
  SELECT a.*, rel.object, rel.relkind, 'column ' || quote_ident(a.attname) AS part
  FROM rel JOIN pg_attribute AS a ON a.attrelid = rel.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE rel.relkind <> 'S'
), fun AS (
  SELECT p.*, CASE p.prokind WHEN 'p' THEN 'procedure ' WHEN 'a' THEN 'aggregate ' ELSE 'function ' END
    || p.oid::REGPROCEDURE AS object
  FROM pg_proc AS p JOIN space AS s ON s.oid = p.pronamespace WHERE ${own("pg_proc", "p.oid")} AND ${scope.routines}
), typ AS (
  SELECT t.*, 'type ' || t.oid::REGTYPE AS object
  FROM pg_type AS t JOIN space AS s ON s.oid = t.typnamespace
  WHERE (t.typtype IN ('e', 'd', 'r') OR t.typtype = 'b' AND t.typelem = 0) AND ${own("pg_type", "t.oid")} AND ${scope.types}
), ${otherItems(scope.others)}, item (classid, objid, objsubid, object, part) AS (
  SELECT 'pg_namespace'::REGCLASS::OID, oid, 0, object, 'itself' FROM space
  UNION ALL SELECT 'pg_class'::REGCLASS, oid, 0, object, 'itself' FROM rel
  UNION ALL SELECT 'pg_class'::REGCLASS, attrelid, attnum, object, part FROM col
  UNION ALL SELECT 'pg_class'::REGCLASS, x.indexrelid, 0, rel.object, 'index ' || quote_ident(i.relname)
    FROM rel JOIN pg_index AS x ON x.indrelid = rel.oid JOIN pg_class AS i ON i.oid = x.indexrelid
  UNION ALL SELECT 'pg_constraint'::REGCLASS, k.oid, 0, rel.object, 'constraint ' || quote_ident(k.conname)
    FROM rel JOIN pg_constraint AS k ON k.conrelid = rel.oid WHERE NOT (${toRuntimePartition})
  UNION ALL SELECT 'pg_constraint'::REGCLASS, k.oid, 0, typ.object, 'constraint ' || quote_ident(k.conname)
    FROM typ JOIN pg_constraint AS k ON k.contypid = typ.oid
  UNION ALL SELECT 'pg_trigger'::REGCLASS, t.oid, 0, rel.object, 'trigger ' || quote_ident(t.tgname)
    FROM rel JOIN pg_trigger AS t ON t.tgrelid = rel.oid WHERE NOT t.tgisinternal
  UNION ALL SELECT 'pg_policy'::REGCLASS, p.oid, 0, rel.object, 'policy ' || quote_ident(p.polname)
    FROM rel JOIN pg_policy AS p ON p.polrelid = rel.oid
  UNION ALL SELECT 'pg_rewrite'::REGCLASS, r.oid, 0, rel.object, 'rule ' || quote_ident(r.rulename)
    FROM rel JOIN pg_rewrite AS r ON r.ev_class = rel.oid WHERE r.rulename <> '_RETURN'
  UNION ALL SELECT 'pg_proc'::REGCLASS, oid, 0, object, 'itself' FROM fun
  UNION ALL SELECT 'pg_type'::REGCLASS, oid, 0, object, 'itself' FROM typ${otherItemRows}
)`;

/** Of everything, for another query. */
export const catalogItems = itemsOf(everything);

/** Each branch yields (object, part, text, is_privilege). */
const structureQuery = (scope: Scope): string => `${itemsOf(scope)}
SELECT object, part, 'exists' AS text, false AS "isPrivilege" FROM item WHERE part = 'itself'
UNION ALL
SELECT object, part, 'comment ' || d.description, false FROM item CROSS JOIN LATERAL (
  SELECT description FROM pg_description AS d
   WHERE d.classoid = item.classid AND d.objoid = item.objid AND d.objsubid = item.objsubid${scope.each}) AS d
UNION ALL
SELECT object, 'itself', concat_ws(' ', 'kind', relkind, 'persistence', relpersistence, 'options', reloptions,
    'row security', relrowsecurity, relforcerowsecurity, 'replica identity', relreplident, 'access method',
    (SELECT amname FROM pg_am WHERE pg_am.oid = relam), 'of', nullif(reloftype, 0)::REGTYPE), false FROM rel
UNION ALL
SELECT object, 'order of columns', string_agg(quote_ident(attname), ', ' ORDER BY attnum), false
FROM col GROUP BY object
UNION ALL
SELECT object, 'itself', 'partitioned by ' || pg_get_partkeydef(oid), false FROM rel WHERE relkind = 'p'
UNION ALL
SELECT object, 'itself', concat_ws(' ', 'inherits', h.inhparent::REGCLASS, h.inhseqno, pg_get_expr(rel.relpartbound, rel.oid)), false
FROM rel JOIN pg_inherits AS h ON h.inhrelid = rel.oid
UNION ALL
SELECT object, 'definition', pg_get_viewdef(oid), false FROM rel WHERE relkind IN ('v', 'm')
UNION ALL
SELECT object, 'itself', concat_ws(' ', format_type(q.seqtypid, NULL), 'start', q.seqstart, 'by', q.seqincrement,
    'from', q.seqmin, 'to', q.seqmax, 'cycle', q.seqcycle, 'cache', q.seqcache), false
FROM rel JOIN pg_sequence AS q ON q.seqrelid = rel.oid
UNION ALL
SELECT object, 'itself', 'owned by ' || pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid), false
FROM rel JOIN pg_depend AS d ON d.classid = 'pg_class'::REGCLASS AND d.objid = rel.oid
  AND d.refclassid = 'pg_class'::REGCLASS AND d.deptype IN ('a', 'i') WHERE rel.relkind = 'S'
UNION ALL
SELECT object, part, concat_ws(' ', format_type(atttypid, atttypmod), CASE WHEN attnotnull THEN 'NOT NULL' END,
    'default ' || pg_get_expr(d.adbin, d.adrelid), 'identity ' || nullif(attidentity::TEXT, ''),
    'generated ' || nullif(attgenerated::TEXT, ''), 'collation ' || nullif(attcollation, 0)::REGCOLLATION::TEXT, 'storage',
    attstorage, 'compression ' || nullif(attcompression::TEXT, ''), 'statistics ' || nullif(attstattarget, -1),
    'options ' || ${statedOptions}, attfdwoptions::TEXT), false
FROM col LEFT JOIN pg_attrdef AS d ON d.adrelid = attrelid AND d.adnum = attnum
UNION ALL
SELECT rel.object, 'constraint ' || quote_ident(k.conname), concat_ws(' ', pg_get_constraintdef(k.oid),
    'validated', k.convalidated, 'trigger', (SELECT string_agg(DISTINCT t.tgenabled::TEXT, '') FROM pg_trigger AS t
      WHERE t.tgconstraint = k.oid)), false
FROM rel JOIN pg_constraint AS k ON k.conrelid = rel.oid
WHERE (k.contype <> 'n' OR NOT k.convalidated) AND NOT (${toRuntimePartition})
UNION ALL
SELECT typ.object, 'constraint ' || quote_ident(k.conname), pg_get_constraintdef(k.oid), false
FROM typ JOIN pg_constraint AS k ON k.contypid = typ.oid WHERE k.contype <> 'n'
UNION ALL
SELECT object, 'index ' || quote_ident(i.relname), concat_ws(' ', pg_get_indexdef(x.indexrelid), 'valid', x.indisvalid,
    'ready', x.indisready, 'clustered', x.indisclustered, 'replica identity', x.indisreplident, 'part of',
    (SELECT h.inhparent::REGCLASS FROM pg_inherits AS h WHERE h.inhrelid = i.oid)), false
FROM rel JOIN pg_index AS x ON x.indrelid = rel.oid JOIN pg_class AS i ON i.oid = x.indexrelid
UNION ALL
SELECT object, 'trigger ' || quote_ident(t.tgname), concat_ws(' ', pg_get_triggerdef(t.oid), 'enabled', t.tgenabled), false
FROM rel JOIN pg_trigger AS t ON t.tgrelid = rel.oid WHERE NOT t.tgisinternal
UNION ALL
SELECT object, 'policy ' || quote_ident(p.polname), concat_ws(' ', 'for', p.polcmd, 'permissive', p.polpermissive, 'to',
    (SELECT string_agg(CASE r WHEN 0 THEN 'public' ELSE pg_get_userbyid(r)::TEXT END, ', ' ORDER BY r) FROM unnest(p.polroles) AS r),
    'using ' || pg_get_expr(p.polqual, p.polrelid), 'check ' || pg_get_expr(p.polwithcheck, p.polrelid)), false
FROM rel JOIN pg_policy AS p ON p.polrelid = rel.oid
UNION ALL
SELECT object, 'rule ' || quote_ident(r.rulename), concat_ws(' ', pg_get_ruledef(r.oid), 'enabled', r.ev_enabled), false
FROM rel JOIN pg_rewrite AS r ON r.ev_class = rel.oid WHERE r.rulename <> '_RETURN'
UNION ALL
SELECT object, 'itself', pg_get_functiondef(oid), false FROM fun WHERE prokind <> 'a'
UNION ALL
SELECT object, 'itself', concat_ws(' ', to_jsonb(g) - 'aggfnoid' - 'aggtranstype' - 'aggmtranstype' - 'aggsortop',
    'state', g.aggtranstype::REGTYPE, g.aggmtranstype::REGTYPE, g.aggsortop::REGOPERATOR), false
FROM fun JOIN pg_aggregate AS g ON g.aggfnoid = fun.oid
UNION ALL
SELECT object, 'itself', concat_ws(' ', 'kind', typtype, 'base', nullif(typbasetype, 0)::REGTYPE,
    format_type(nullif(typbasetype, 0), typtypmod), CASE WHEN typnotnull THEN 'NOT NULL' END, 'default ' || typdefault,
    'collation ' || nullif(typcollation, 0)::REGCOLLATION::TEXT, 'labels ' || (SELECT string_agg(quote_literal(e.enumlabel), ', '
      ORDER BY e.enumsortorder) FROM pg_enum AS e WHERE e.enumtypid = typ.oid),
    'range of ' || (SELECT r.rngsubtype::REGTYPE::TEXT FROM pg_range AS r WHERE r.rngtypid = typ.oid)), false
FROM typ
UNION ALL
SELECT object, 'itself', pg_get_statisticsobjdef(objid), false FROM other WHERE classid = 'pg_statistic_ext'::REGCLASS
UNION ALL${otherLines}`;

const owners = `
SELECT object, 'itself', ${ownerOf("nspowner")}, true FROM space
UNION ALL
SELECT object, 'itself', ${ownerOf("relowner")}, true FROM rel
UNION ALL
SELECT object, 'itself', ${ownerOf("proowner")}, true FROM fun
UNION ALL
SELECT object, 'itself', ${ownerOf("typowner")}, true FROM typ
UNION ALL
SELECT o.object, 'itself', ${ownerOf("x.stxowner")}, true
FROM other AS o JOIN pg_statistic_ext AS x ON x.oid = o.objid WHERE o.classid = 'pg_statistic_ext'::REGCLASS`;

const privileges = `
SELECT object, 'itself', ${acl("nspacl", "'n'", "nspowner")}, true FROM space
UNION ALL
SELECT object, 'itself', ${acl("relacl", `CASE relkind WHEN 'S' THEN 's'::"char" ELSE 'r'::"char" END`, "relowner")}, true FROM rel
  WHERE relkind <> 'c'
UNION ALL
SELECT object, part, ${acl("attacl", `'c'`, "0::OID")}, true FROM col WHERE attacl IS NOT NULL
UNION ALL
SELECT object, 'itself', ${acl("proacl", "'f'", "proowner")}, true FROM fun
UNION ALL
SELECT object, 'itself', ${acl("typacl", "'T'", "typowner")}, true FROM typ
UNION ALL
SELECT s.object, 'default privileges', concat_ws(' ', 'by', pg_get_userbyid(d.defaclrole), 'for', d.defaclobjtype,
    (SELECT string_agg(item::TEXT, ' ' ORDER BY item::TEXT) FROM unnest(d.defaclacl) AS item)), true
FROM pg_default_acl AS d JOIN space AS s ON s.oid = d.defaclnamespace`;

/** Where each relation is to be found: its object id as text. Neither structure nor privilege. */
const addresses = "SELECT object, 'itself', oid::TEXT, NULL::BOOLEAN FROM rel";

const union = (...branches: readonly string[]): string => branches.join("\nUNION ALL\n");

const query = union(structureQuery(everything), owners, privileges);
const structure = (scope: Scope): string => union(structureQuery(scope), owners, addresses);
const wholeStructure = structure({ ...everything, gate: patient });

/** What a session may have set otherwise, and what would then be printed in other words. */
const printed: Readonly<Record<string, string>> = {
  // Names outside the search path come out qualified.
  search_path: "pg_catalog",
  DateStyle: "ISO, YMD",
  IntervalStyle: "postgres",
  // The one zone that PostgreSQL knows without its files of time zones.
  TimeZone: "GMT",
  bytea_output: "hex",
  extra_float_digits: "1",
  lc_monetary: "C",
  quote_all_identifiers: "off",
  standard_conforming_strings: "on",
  // Not for the words: compiling so long a query would take longer than running it.
  jit: "off",
};

/**
 * Reads a snapshot, in whatever transaction the caller has open, and leaves the session's parameters as they were. A
 * schema that does not exist adds no line. The server locks each view, and what it reads, in the weakest mode.
 *
 * @param schemas     Names of the governed schemas.
 * @param parameters  Further parameters while it reads, such as lock_timeout.
 */
export const readSnapshot = (
  client: Client,
  schemas: readonly string[],
  parameters: Readonly<Record<string, string>> = {},
): Promise<SchemaSnapshot> =>
  printing(
    client,
    parameters,
    async () => (await client.query<SnapshotLine>(query, [schemas])).rows,
  );

/** Runs `work` under parameters that print every definition in the same words, and puts the session's own back. */
export async function printing<T>(
  client: Client,
  parameters: Readonly<Record<string, string>>,
  work: () => Promise<T>,
): Promise<T> {
  const wanted = { ...printed, ...parameters };
  const { rows: before } = await client.query<{ name: string; value: string }>(
    "SELECT name, current_setting(name) AS value FROM unnest($1::text[]) AS name",
    [Object.keys(wanted)],
  );
  const set = (values: Readonly<Record<string, string>>): Promise<unknown> =>
    client.query(
      "SELECT set_config(name, value, false) FROM unnest($1::text[], $2::text[]) AS s (name, value)",
      [Object.keys(values), Object.values(values)],
    );
  await set(wanted);
  try {
    return await work();
  } finally {
    // Of a transaction that failed, the server has undone it already.
    await set(Object.fromEntries(before.map(({ name, value }) => [name, value]))).catch(
      () => undefined,
    );
  }
}

/**
 * Reads the structure, without privileges, in one statement that the session keeps planned.
 *
 * @param client   A session of this program's that no file has run in: it prints as `printed` says (see Beside).
 * @param touched  Null for everything.
 * @throws {DatabaseError} a lock was in the way for a second, or the server cannot print what there is.
 */
export async function readAddressed(
  client: Client,
  schemas: readonly string[],
  touched: Touched | null,
): Promise<AddressedSnapshot> {
  type Line = Omit<SnapshotLine, "isPrivilege"> & { readonly isPrivilege: boolean | null };
  const { rows } = await client.query<Line>(
    touched === null
      ? { name: "structure", text: wholeStructure, values: [schemas] }
      : {
          name: `touched structure, ${touched.routines} ${touched.types}`,
          text: structure(touchedOnly(touched.routines, touched.types)),
          values: [schemas, touched.relations],
        },
  );
  const isAddress = ({ isPrivilege }: Line): boolean => isPrivilege === null;
  return {
    lines: rows.filter((line): line is SnapshotLine => !isAddress(line)),
    relations: new Map(rows.filter(isAddress).map(({ object, text }) => [Number(text), object])),
  };
}

/** The server's major version. */
export async function readServerMajor(client: Client): Promise<number> {
  const { rows } = await client.query<{ major: number }>(
    "SELECT current_setting('server_version_num')::INTEGER / 10000 AS major",
  );
  return rows[0]?.major ?? 0;
}
