/**
 * The questions to the server: the counts, the measurement, and the picture of what was there before.
 * Does NOT run them (see measure.ts). Every name is qualified: a migration may have put its own in the way.
 * Source: postgresql.org/docs/current/monitoring-stats.html, view-pg-locks.html, functions-info.html
 */
import { transactionMark } from "../../../stack/transactionMark";

/** Object ids below belong to the server itself. Source: access/transam.h, FirstNormalObjectId. */
const firstOwn = 16384;

/** Locks by strength, as pg_locks calls them. */
const modes =
  "'{AccessShareLock,RowShareLock,RowExclusiveLock,ShareUpdateExclusiveLock,ShareLock,ShareRowExclusiveLock,ExclusiveLock,AccessExclusiveLock}'::pg_catalog.text[]";

/**
 * Counters of all relations that the session has locked, as one text. Operators are qualified too: it runs under the
 * search path of the file, whose deferred triggers need it.
 */
const counts = `
SELECT COALESCE(pg_catalog.string_agg(pg_catalog.concat_ws(':', o.relation,
    pg_catalog.pg_stat_get_xact_tuples_inserted(o.relation), pg_catalog.pg_stat_get_xact_tuples_updated(o.relation),
    pg_catalog.pg_stat_get_xact_tuples_deleted(o.relation)), ' ' ORDER BY o.relation), '') AS counts
  FROM (SELECT DISTINCT l.relation FROM pg_catalog.pg_locks AS l
         WHERE l.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid() AND l.relation IS NOT NULL) AS o`;

/** Runs what was put off to the COMMIT, twice, with the counts after each. */
export const settle = [
  ...["SET CONSTRAINTS ALL IMMEDIATE", counts, "SET CONSTRAINTS ALL IMMEDIATE", counts],
] as const;

/** Before the measurement: queries of cursors that would run at COMMIT do not, and names mean the server's own. */
const clear = ["CLOSE ALL", "SET LOCAL search_path = pg_catalog, pg_temp"] as const;

/** Whether the transaction may leave anything behind: it has written, or a cursor would run at its COMMIT. */
export const mayLeave = `
SELECT pg_catalog.pg_current_xact_id_if_assigned() IS NOT NULL
       OR EXISTS (SELECT FROM pg_catalog.pg_cursors AS c WHERE c.is_holdable) AS may`;

/** Empties the counters, when it is a message of its own outside of a transaction. */
export const flush = "SELECT pg_catalog.pg_stat_force_next_flush()";

/** Catalogs in which a migration has no business, beside those of which each row is looked at. */
export const foreignCatalogs = [
  "pg_authid",
  "pg_auth_members",
  "pg_database",
  "pg_db_role_setting",
  "pg_default_acl",
  "pg_event_trigger",
  "pg_extension",
  "pg_foreign_data_wrapper",
  "pg_foreign_server",
  "pg_largeobject",
  "pg_largeobject_metadata",
  "pg_namespace",
  "pg_publication",
  "pg_publication_rel",
  "pg_subscription",
  "pg_user_mapping",
];

/** Catalogs of which each row that was written is looked at. */
const lookedAt = ["pg_class", "pg_attribute", "pg_proc", "pg_trigger", "pg_rewrite", "pg_policy"];

const list = (texts: readonly string[]): string => texts.map((text) => `'${text}'`).join(", ");

/** Whether a visible row was written by this transaction: top, savepoint or EXCEPTION block alike. */
const ours = (row: string): string =>
  `CASE WHEN age(${row}.xmin) <= x.a THEN pg_xact_status((x.top + x.a - age(${row}.xmin))::text::xid8) = 'in progress' ELSE false END`;

const moved = (catalog: string): string =>
  `(SELECT EXISTS (SELECT FROM moved WHERE relname = '${catalog}'))`;

const rows = (columns: string, from: string): string =>
  `coalesce((SELECT json_agg(json_build_object(${columns})) FROM ${from}), '[]')`;

/** What a routine does: a change of owner, comment or privileges is no change of it. */
const meaning = (row: string): string =>
  `md5(concat_ws('|', ${row}.prosrc, ${row}.probin, ${row}.prosqlbody::text, ${row}.prolang, ${row}.prosecdef, ${row}.proconfig::text, ${row}.prorettype, ${row}.provolatile))`;

/** The locks are read once, and each relation is looked up by its index: few are expected, whatever the planner thinks. */
const measurement = `
WITH mine AS MATERIALIZED (
  SELECT l.locktype, l.relation, array_position(${modes}, l.mode) AS level FROM pg_locks AS l WHERE l.pid = pg_backend_pid()
), own AS MATERIALIZED (
  SELECT relation AS oid, max(level) AS level FROM mine WHERE locktype = 'relation' AND relation >= ${firstOwn} GROUP BY 1
), written AS MATERIALIZED (
  SELECT c.relname, pg_stat_get_xact_tuples_inserted(c.oid) AS inserted, pg_stat_get_xact_tuples_updated(c.oid) AS updated,
         pg_stat_get_xact_tuples_deleted(c.oid) AS deleted
    FROM pg_class AS c WHERE c.oid < ${firstOwn} AND c.relkind = 'r' AND c.relnamespace = 11
)
SELECT json_build_object(
  'transaction', ${transactionMark},
  'counts', current_setting('track_counts') = 'on' AND NOT has_parameter_privilege('track_counts', 'SET'),
  'written', coalesce((SELECT json_object_agg(relname, json_build_array(inserted, updated, deleted)) FROM written
     WHERE inserted + updated + deleted > 0), '{}'),
  'locked', coalesce((SELECT json_agg(oid::bigint) FROM own WHERE level >= 4), '[]'),
  'domains', EXISTS (SELECT FROM pg_constraint AS k WHERE k.contypid >= ${firstOwn}),
  'marked', EXISTS (SELECT FROM mine WHERE locktype = 'object' AND level = 4),
  'relations', ${rows(
    `'oid', o.oid::bigint, 'level', o.level, 'schema', c.nspname, 'name', c.relname, 'kind', c.relkind, 'file', c.relfilenode::bigint,
     'inserted', pg_stat_get_xact_tuples_inserted(o.oid), 'updated', pg_stat_get_xact_tuples_updated(o.oid), 'deleted', pg_stat_get_xact_tuples_deleted(o.oid)`,
    `own AS o LEFT JOIN LATERAL (
       SELECT c.oid, c.relname, c.relkind, c.relfilenode, n.nspname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.oid = o.oid OFFSET 0) AS c ON true
      WHERE o.level >= 3 AND (c.oid IS NULL OR c.relkind IN ('r', 'p', 'm', 'f', 'S', 'v', 'c'))`,
  )}) AS measured`;

/** Closes cursors, then measures. The last of them tells it as JSON. */
export const measure = [...clear, measurement] as const;

/** Single rows of catalogs that the transaction has written. */
const detail = {
  columns: `'columns', ${rows(
    "'relation', a.attrelid::bigint, 'number', a.attnum, 'dropped', a.attisdropped, 'type', format_type(a.atttypid, a.atttypmod), 'typeId', concat(a.atttypid, ' ', a.atttypmod), 'acl', a.attacl::text",
    `x, pg_attribute AS a WHERE pg_stat_get_xact_tuples_updated('pg_attribute'::regclass) > 0 AND a.attrelid >= ${firstOwn} AND a.attnum > 0 AND ${ours("a")}`,
  )}`,
  rights: `'rights', ${rows(
    "'oid', c.oid::bigint, 'owner', c.relowner::bigint, 'acl', c.relacl::text",
    `x, pg_class AS c WHERE ${moved("pg_class")} AND c.relkind IN ('r', 'p', 'm', 'f', 'S', 'v') AND ${ours("c")}`,
  )}`,
  routines: `'routines', ${rows(
    `'oid', p.oid::bigint, 'owner', p.proowner::bigint, 'acl', p.proacl::text, 'meaning', ${meaning("p")}`,
    `x, pg_proc AS p WHERE ${moved("pg_proc")} AND ${ours("p")}`,
  )}`,
  parts: `'parts', (SELECT coalesce(json_agg(json_build_object('kind', kind, 'relation', relation, 'name', name)), '[]') FROM (
      SELECT 'trigger' AS kind, t.tgrelid::bigint AS relation, t.tgname AS name FROM x, pg_trigger AS t
       WHERE ${moved("pg_trigger")} AND NOT t.tgisinternal AND ${ours("t")}
      UNION ALL
      SELECT 'rule', r.ev_class::bigint, r.rulename FROM x, pg_rewrite AS r WHERE ${moved("pg_rewrite")} AND ${ours("r")}
      UNION ALL
      SELECT 'policy', y.polrelid::bigint, y.polname FROM x, pg_policy AS y WHERE ${moved("pg_policy")} AND ${ours("y")}) AS part)`,
  goneObjects: `'goneObjects', coalesce((SELECT json_agg(json_build_array(l.classid::regclass::text, l.objid::bigint)) FROM pg_locks AS l
     WHERE l.pid = pg_backend_pid() AND l.locktype = 'object' AND l.mode = 'AccessExclusiveLock' AND l.objid >= ${firstOwn}
       AND CASE l.classid WHEN 'pg_proc'::regclass THEN NOT EXISTS (SELECT FROM pg_proc AS p WHERE p.oid = l.objid)
                          WHEN 'pg_type'::regclass THEN NOT EXISTS (SELECT FROM pg_type AS t WHERE t.oid = l.objid)
                          ELSE false END), '[]')`,
} as const;

/** What can be looked at of single rows. */
export type Detail = keyof typeof detail;

/** Asks for some of them, at least one. */
export const detailsOf = (wanted: readonly Detail[]): string => `
WITH x AS MATERIALIZED (
  SELECT pg_current_xact_id_if_assigned()::text::bigint AS top, age(pg_current_xact_id_if_assigned()::xid) AS a
), moved AS MATERIALIZED (
  SELECT c.relname FROM pg_class AS c
   WHERE c.relnamespace = 11 AND c.relname IN (${list(lookedAt)})
     AND pg_stat_get_xact_tuples_inserted(c.oid) + pg_stat_get_xact_tuples_updated(c.oid) + pg_stat_get_xact_tuples_deleted(c.oid) > 0
)
SELECT json_build_object(${wanted.map((name) => detail[name]).join(",\n")}) AS details`;

const written = (row: string): string =>
  ["inserted", "updated", "deleted"]
    .map((what) => `pg_catalog.pg_stat_get_xact_tuples_${what}(${row}.oid)`)
    .join(" OPERATOR(pg_catalog.+) ");

/**
 * Rows written since the counters were emptied, and catalogs moved, for a statement that no transaction may hold and that
 * has let go of its locks: in one batch with it. It runs under the search path of the file, so operators are qualified.
 */
export const measureAlone = `
SELECT pg_catalog.json_build_object(
  'counts', pg_catalog.current_setting('track_counts') OPERATOR(pg_catalog.=) 'on'
            AND NOT pg_catalog.has_parameter_privilege('track_counts', 'SET'),
  'catalogs', COALESCE((SELECT pg_catalog.json_agg(c.relname) FROM pg_catalog.pg_class AS c
     WHERE c.relnamespace OPERATOR(pg_catalog.=) 11::pg_catalog.oid
       AND c.relname OPERATOR(pg_catalog.=) ANY (ARRAY[${list(foreignCatalogs)}]::pg_catalog.name[])
       AND (${written("c")}) OPERATOR(pg_catalog.>) 0::pg_catalog.int8), '[]'::pg_catalog.json),
  'written', COALESCE((SELECT pg_catalog.json_agg(pg_catalog.json_build_object('oid', c.oid::pg_catalog.int8,
     'inserted', pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid), 'updated', pg_catalog.pg_stat_get_xact_tuples_updated(c.oid),
     'deleted', pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid)))
    FROM pg_catalog.pg_class AS c
   WHERE c.oid OPERATOR(pg_catalog.>=) ${firstOwn}::pg_catalog.oid
     AND c.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'm']::pg_catalog."char"[])
     AND (${written("c")}) OPERATOR(pg_catalog.>) 0::pg_catalog.int8), '[]'::pg_catalog.json)) AS measured`;

/** Tables and materialized views with their files: to be read before such a statement and after it. */
export const filesOfTables = `
SELECT c.oid::pg_catalog.int8::pg_catalog.float8 AS oid, n.nspname AS schema, c.relname AS name, c.relkind::pg_catalog.text AS kind,
       c.relfilenode::pg_catalog.int8::pg_catalog.float8 AS file
  FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
 WHERE c.oid OPERATOR(pg_catalog.>=) ${firstOwn}::pg_catalog.oid
   AND c.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'm']::pg_catalog."char"[])
   AND c.relpersistence OPERATOR(pg_catalog.<>) 't'::pg_catalog."char"`;

/**
 * What was there before, as seen by a session beside the one that works. Raw rows only: whatever asks for definitions or
 * sizes would wait for that session's locks, which the server would not see as a deadlock.
 * Each argument is an array of oids in SQL: relations; those whose columns are asked for; routines; types.
 */
export const pictureBefore = (
  relations: string,
  columnsOf: string,
  routines: string,
  types: string,
): string => `
WITH RECURSIVE wanted AS (
  SELECT DISTINCT oid FROM unnest(${relations}) AS oid
), through AS (
  SELECT w.oid AS of, w.oid AS at FROM wanted AS w
  UNION
  SELECT t.of, next.oid FROM through AS t CROSS JOIN LATERAL (
    SELECT h.inhparent AS oid FROM pg_catalog.pg_inherits AS h WHERE h.inhrelid = t.at
    UNION
    SELECT r.ev_class FROM pg_catalog.pg_depend AS d JOIN pg_catalog.pg_rewrite AS r ON r.oid = d.objid
     WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass
       AND d.refobjid = t.at AND r.ev_class <> t.at AND r.rulename = '_RETURN') AS next
), named AS NOT MATERIALIZED (
  SELECT c.oid, n.nspname AS schema, c.relname AS name FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
)
SELECT
  coalesce((SELECT json_agg(json_build_object('oid', c.oid::bigint, 'schema', n.nspname, 'name', c.relname, 'kind', c.relkind,
     'file', c.relfilenode::bigint, 'owner', c.relowner::bigint, 'acl', c.relacl::text,
     'through', coalesce((SELECT json_agg(json_build_object('schema', m.schema, 'name', m.name))
        FROM through AS t JOIN named AS m ON m.oid = t.at WHERE t.of = c.oid AND t.at <> c.oid), '[]'),
     'of', (SELECT json_build_object('schema', m.schema, 'name', m.name) FROM named AS m WHERE m.oid = coalesce(
        (SELECT i.indrelid FROM pg_catalog.pg_index AS i WHERE i.indexrelid = c.oid),
        (SELECT d.refobjid FROM pg_catalog.pg_depend AS d WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid
            AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.deptype IN ('a', 'i') AND c.relkind = 'S' LIMIT 1)))))
     FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.oid = ANY (ARRAY(SELECT oid FROM wanted)) AND c.relkind <> 't'), '[]') AS relations,
  coalesce((SELECT json_agg(json_build_object('relation', a.attrelid::bigint, 'number', a.attnum, 'name', a.attname,
     'type', pg_catalog.format_type(a.atttypid, a.atttypmod), 'typeId', pg_catalog.concat(a.atttypid, ' ', a.atttypmod), 'acl', a.attacl::text))
     FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = ANY (${columnsOf}) AND a.attnum > 0 AND NOT a.attisdropped), '[]') AS columns,
  coalesce((SELECT json_agg(json_build_object('oid', p.oid::bigint, 'schema', n.nspname, 'name', p.proname,
     'signature', pg_catalog.format('%I.%I(%s)', n.nspname, p.proname, pg_catalog.oidvectortypes(p.proargtypes)),
     'owner', p.proowner::bigint, 'acl', p.proacl::text, 'meaning', ${meaning("p")}))
     FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace WHERE p.oid = ANY (${routines})), '[]') AS routines,
  coalesce((SELECT json_agg(json_build_object('oid', t.oid::bigint, 'schema', n.nspname, 'name', t.typname))
     FROM pg_catalog.pg_type AS t JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
    WHERE t.oid = ANY (${types}) AND t.typelem = 0 AND t.typrelid = 0), '[]') AS types`;
