/**
 * The question about everything that lets a role do what its privileges do not say. Text only. Does NOT run it
 * (catalog.ts) or judge the answer (compare/bypassDeviations.ts).
 */

import { escapeLiteral } from "pg";

import { addedConstraints, closedSearchPath } from "../../pgstac/hardening/hardening";
import { pgstacSchema } from "../../pgstac/hardening/versions";
import { isOfSession, routineIdentity } from "./catalogSources";
import { ownTablePlaces } from "./ownRelations";

/** Rows of (table, name, definition). */
const constraintRows = (): string =>
  addedConstraints
    .map(
      ({ table, name, definition }) =>
        `(${[table.slice(pgstacSchema.length + 1), name, definition].map(escapeLiteral).join(", ")})`,
    )
    .join(", ");

/** Whether a row was written by a later transaction than another. Transaction numbers go round. */
const isLater = (one: string, other: string): string =>
  `(${one}.xmin::text::bigint - ${other}.xmin::text::bigint + 4294967296) % 4294967296 BETWEEN 1 AND 2147483648`;

/** A server that this database itself can be reached through as somebody else, by its options and its wrapper. */
const reachesHere = `(
  'dbname=' || current_database() = ANY (s.srvoptions)
  OR (w.fdwname IN ('postgres_fdw', 'dblink_fdw') OR w.fdwhandler::regproc::text ~ 'postgres_fdw_handler$')
     AND NOT EXISTS (SELECT FROM unnest(s.srvoptions) o WHERE o LIKE 'dbname=%'))`;

/**
 * $1: governed schemas. Functions that run with their owner's rights, outside of the server's rules (LEAKPROOF) or as
 * the operating system's user; triggers and event triggers with the owner of their code; rules; views that show the
 * program's tables, however many lie between; tables whose rows would be read with theirs, or theirs with whose; row security of the tables
 * that are ours; members that an extension was given later, and functions of one that were changed later; languages;
 * foreign tables and user mappings; a database that may be copied; subscriptions.
 *
 * What an extension's script makes is written in the transaction that writes the extension's own row, and so is what an
 * update makes; what is older than its own membership was no script's. After pg_upgrade, which makes each member by
 * itself, nothing can be told; it makes plpgsql anew too, which else is as old as the server. Moving an extension to another
 * schema writes all its functions and its own row: none of them is then taken for as its script made it.
 */
export const bypassesQuery = (): string => `
  WITH RECURSIVE governed AS (SELECT oid, nspname FROM pg_namespace WHERE nspname = ANY ($1::text[])),
  transient AS MATERIALIZED (SELECT oid FROM pg_namespace WHERE ${isOfSession("nspname")}),
  member AS MATERIALIZED (
    SELECT d.classid, d.objid, d.objsubid, e.oid AS extension, e.extname, e.extowner,
           ${isLater("d", "e")} OR coalesce(${isLater("d", "c")}, ${isLater("d", "p")}, ${isLater("d", "t")}, false) AS later
      FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
      LEFT JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
      LEFT JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
      LEFT JOIN pg_type t ON d.classid = 'pg_type'::regclass AND t.oid = d.objid
     WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
  ),
  restored AS MATERIALIZED (
    SELECT extension FROM member GROUP BY 1
    HAVING bool_and(later) OR EXISTS (SELECT FROM pg_extension WHERE extname = 'plpgsql' AND oid >= 16384)
  ),
  own AS (
    SELECT c.oid, v.place
      FROM (VALUES ${ownTablePlaces}) AS v (name, place)
      JOIN pg_class c ON c.relname = v.name AND c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
  ),
  ours AS (
    SELECT c.oid, c.relkind, c.relowner, c.relrowsecurity, c.relforcerowsecurity, c.reloptions, c.relnamespace,
           coalesce(own.place, 'governed') AS place
      FROM pg_class c LEFT JOIN own ON own.oid = c.oid
     WHERE own.oid IS NOT NULL OR c.relnamespace IN (SELECT oid FROM governed)
  ),
  reaching (oid) AS (
    SELECT oid FROM own
    UNION
    SELECT r.ev_class FROM reaching b
      JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = b.oid AND d.classid = 'pg_rewrite'::regclass
      JOIN pg_rewrite r ON r.oid = d.objid AND r.ev_class <> b.oid AND r.ev_type = '1'
  ),
  moved (extension) AS MATERIALIZED (
    SELECT e.oid FROM pg_extension e
      JOIN pg_depend d ON d.classid = 'pg_extension'::regclass AND d.objid = e.oid AND d.refclassid = 'pg_namespace'::regclass
     WHERE d.xmin = e.xmin
       AND EXISTS (SELECT FROM pg_depend m
                    WHERE m.refclassid = 'pg_extension'::regclass AND m.refobjid = e.oid AND m.deptype = 'e'
                      AND m.xmin <> e.xmin)
  ),
  routine AS MATERIALIZED (
    SELECT p.oid, ${routineIdentity("p")} AS identity, p.proname::text AS name,
           n.nspname::text AS schema, p.proowner AS owner, p.prosecdef, p.proleakproof,
           l.lanname, l.lanpltrusted OR p.prokind = 'a' AS trusted, m.extname::text AS extension,
           m.extension IS NULL
             OR (${isLater("p", "e")} OR m.extension IN (SELECT extension FROM moved))
                AND m.extension NOT IN (SELECT extension FROM restored) AS later
      FROM pg_proc p
      JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
      LEFT JOIN member m ON m.classid = 'pg_proc'::regclass AND m.objid = p.oid
      LEFT JOIN pg_extension e ON e.oid = m.extension
     WHERE (p.prosecdef OR p.oid >= 16384 AND (p.proleakproof OR p.prokind <> 'a' AND NOT l.lanpltrusted))
       AND p.pronamespace NOT IN (SELECT oid FROM transient)
       AND NOT EXISTS (SELECT FROM pg_depend i
                        WHERE i.classid = 'pg_proc'::regclass AND i.objid = p.oid AND i.deptype = 'i')
  ),
  found AS (
    SELECT 'security definer' AS kind, 'elsewhere' AS place, schema, identity, name, owner,
           later AS enabled, false AS forced, extension AS detail
      FROM routine WHERE prosecdef
    UNION ALL
    SELECT 'open search path', 'elsewhere', n.nspname, ${routineIdentity("p")}, p.proname::text, p.proowner, true, false,
           NULL
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
      LEFT JOIN LATERAL (SELECT max(substr(s, 13)) AS path FROM unnest(p.proconfig) s WHERE s LIKE 'search_path=%') c ON true
     WHERE n.nspname = ${escapeLiteral(pgstacSchema)} AND n.oid IN (SELECT oid FROM governed)
       AND (p.prosecdef OR c.path IS NOT NULL) AND c.path IS DISTINCT FROM ${escapeLiteral(closedSearchPath)}
    UNION ALL
    SELECT 'missing constraint', 'elsewhere', n.nspname, c.oid::regclass::text, w.name, c.relowner, true, false, NULL
      FROM (VALUES ${constraintRows()}) AS w (relation, name, definition)
      JOIN governed n ON n.nspname = ${escapeLiteral(pgstacSchema)}
      JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.relation AND c.relkind IN ('r', 'p')
     WHERE NOT EXISTS (SELECT FROM pg_constraint k
                        WHERE k.conrelid = c.oid AND k.conname = w.name AND k.convalidated
                          AND pg_get_constraintdef(k.oid) = w.definition)
    UNION ALL
    SELECT 'leakproof', 'elsewhere', schema, identity, name, owner, true, false, extension
      FROM routine WHERE proleakproof AND oid >= 16384 AND extension IS NULL
    UNION ALL
    SELECT 'untrusted language', 'elsewhere', schema, identity, name, owner, true, false, lanname
      FROM routine WHERE NOT trusted AND oid >= 16384 AND extension IS NULL
    UNION ALL
    SELECT 'extension member', 'elsewhere', i.schema, i.identity, m.extname, m.extowner, true, false, i.type
      FROM member m CROSS JOIN LATERAL pg_identify_object(m.classid, m.objid, m.objsubid) i
     WHERE m.later AND m.extension NOT IN (SELECT extension FROM restored) AND i.identity IS NOT NULL
       -- The types of a table's rows and of its arrays come and go with it.
       AND NOT (m.classid = 'pg_type'::regclass AND EXISTS (
             SELECT FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid
              WHERE t.oid = m.objid AND (t.typelem <> 0 OR c.relkind <> 'c')))
    UNION ALL
    SELECT 'language', 'elsewhere', NULL, quote_ident(lanname), lanname, lanowner, true, false, NULL
      FROM pg_language WHERE lanpltrusted AND lanname NOT IN ('sql', 'plpgsql')
    UNION ALL
    SELECT 'trigger', coalesce(own.place, 'elsewhere'), n.nspname, t.tgrelid::regclass::text, t.tgname, p.proowner,
           t.tgenabled <> 'D', false, NULL
      FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
      JOIN pg_class c ON c.oid = t.tgrelid AND c.relpersistence <> 't' JOIN pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN own ON own.oid = c.oid
     WHERE NOT t.tgisinternal AND (t.tgenabled <> 'D' OR own.oid IS NOT NULL)
    UNION ALL
    SELECT 'event trigger', 'elsewhere', NULL, quote_ident(t.evtname), t.evtname, p.proowner, true, false, NULL
      FROM pg_event_trigger t JOIN pg_proc p ON p.oid = t.evtfoid WHERE t.evtenabled <> 'D'
    UNION ALL
    SELECT 'rule', o.place, NULL, o.oid::regclass::text, r.rulename, o.relowner, r.ev_enabled <> 'D', false,
           CASE WHEN o.relkind = 'v' THEN 'view' END
      FROM ours o JOIN pg_rewrite r ON r.ev_class = o.oid
     WHERE r.ev_type <> '1' AND (r.ev_enabled <> 'D' OR o.place <> 'governed')
    UNION ALL
    SELECT CASE o.relkind WHEN 'v' THEN 'view of the ledger' ELSE 'materialized view of the ledger' END, o.place, NULL,
           o.oid::regclass::text, '', o.relowner, true, false, NULL
      FROM ours o
     WHERE o.oid IN (SELECT oid FROM reaching) AND o.relkind IN ('v', 'm')
       AND NOT EXISTS (SELECT FROM pg_options_to_table(o.reloptions)
                        WHERE option_name = 'security_invoker' AND option_value::boolean)
    UNION ALL
    SELECT 'child of the ledger', own.place, n.nspname, i.inhrelid::regclass::text, i.inhparent::regclass::text,
           c.relowner, true, false, NULL
      FROM own JOIN pg_inherits i ON i.inhparent = own.oid
      JOIN pg_class c ON c.oid = i.inhrelid AND c.relpersistence <> 't' JOIN pg_namespace n ON n.oid = c.relnamespace
    UNION ALL
    SELECT 'parent of the ledger', own.place, n.nspname, i.inhparent::regclass::text, i.inhrelid::regclass::text,
           c.relowner, true, false, CASE WHEN l.relispartition THEN 'partition' END
      FROM own JOIN pg_inherits i ON i.inhrelid = own.oid JOIN pg_class l ON l.oid = own.oid
      JOIN pg_class c ON c.oid = i.inhparent JOIN pg_namespace n ON n.oid = c.relnamespace
    UNION ALL
    SELECT CASE WHEN w.fdwhandler::regproc::text ~ 'file_fdw_handler$' THEN 'foreign table of files'
                ELSE 'foreign table of the ledger' END,
           o.place, NULL, o.oid::regclass::text, s.srvname, o.relowner, true, false, NULL
      FROM ours o JOIN pg_foreign_table f ON f.ftrelid = o.oid
      JOIN pg_foreign_server s ON s.oid = f.ftserver JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
      JOIN pg_class c ON c.oid = o.oid
     WHERE w.fdwhandler::regproc::text ~ 'file_fdw_handler$'
        OR ${reachesHere} AND coalesce((SELECT substr(t, 12) FROM unnest(f.ftoptions) t WHERE t LIKE 'table_name=%'),
                                       c.relname) ~ '^schema_migration'
    UNION ALL
    SELECT 'user mapping', 'elsewhere', NULL, quote_ident(s.srvname), coalesce(u.usename, 'public'), s.srvowner,
           u.umuser <> 0, false, NULL
      FROM pg_user_mappings u JOIN pg_foreign_server s ON s.oid = u.srvid
      JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw WHERE ${reachesHere}
    UNION ALL
    SELECT 'template', 'database', NULL, quote_ident(datname), datname, datdba, true, false, NULL
      FROM pg_database WHERE datname = current_database() AND datistemplate
    UNION ALL
    SELECT 'subscription', 'elsewhere', NULL, quote_ident(subname), subname, subowner, subenabled, false, NULL
      FROM pg_subscription WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
    UNION ALL
    SELECT 'row security', o.place, NULL, o.oid::regclass::text, '', o.relowner, o.relrowsecurity, o.relforcerowsecurity,
           NULL
      FROM ours o
     WHERE o.relkind IN ('r', 'p') AND (o.relrowsecurity OR o.relforcerowsecurity OR o.place <> 'governed')
  )
  SELECT kind, place, schema, identity, name, pg_get_userbyid(owner) AS owner, enabled, forced, detail
    FROM found ORDER BY 1, 4, 5`;
