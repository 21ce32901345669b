/**
 * The questions to the catalogs beside that about objects: default privileges, roles, memberships, settings, owners, and
 * what runs with another's rights. Text only. Does NOT run them (catalog.ts).
 */
import { explodedAcl } from "./catalogSources";

/**
 * $1: governed schemas, $2: roles that make objects there, $3: the admin. Default privileges that are stored, whoever
 * the creator, and those that should be. Of a schema nothing stored is an empty list: acldefault of a column is one;
 * '{}' has no dimension and is refused.
 */
export const defaultsQuery = `
  WITH wanted AS (
    SELECT r.oid AS creator, n.oid AS schema, code
      FROM pg_roles r, pg_namespace n, unnest('{r,S,f}'::"char"[]) code
     WHERE r.rolname = ANY ($2::text[]) AND n.nspname = ANY ($1::text[])
       AND (r.rolname <> 'pgstac_admin' OR n.nspname = 'pgstac')
    UNION
    SELECT r.oid, 0::oid, 'f' FROM pg_roles r WHERE r.rolname = ANY ($2::text[] || $3::text)
    UNION
    SELECT d.defaclrole, d.defaclnamespace, d.defaclobjtype FROM pg_default_acl d
  )
  SELECT pg_get_userbyid(w.creator) AS creator, (SELECT nspname FROM pg_namespace WHERE oid = w.schema) AS schema,
         w.code::text AS code, ${explodedAcl("coalesce(d.defaclacl, i.acl)")} AS acl, ${explodedAcl("i.acl")} AS initial
    FROM wanted w
    LEFT JOIN pg_default_acl d
      ON d.defaclrole = w.creator AND d.defaclnamespace = w.schema AND d.defaclobjtype = w.code
   CROSS JOIN LATERAL (
     SELECT CASE WHEN w.schema = 0 THEN acldefault(CASE w.code WHEN 'S' THEN 's'::"char" ELSE w.code END, w.creator)
                 ELSE acldefault('c', w.creator) END AS acl) i
   ORDER BY 1, 2, 3`;

/** Every role, with what it is and whether it reaches this database. */
export const rolesQuery = `
  SELECT r.rolname AS name, r.rolsuper AS superuser, r.rolinherit AS inherit, r.rolcreaterole AS "createRole",
         r.rolcreatedb AS "createDatabase", r.rolcanlogin AS login, r.rolreplication AS replication,
         r.rolbypassrls AS "bypassRowSecurity", r.rolconnlimit AS "connectionLimit",
         r.rolvaliduntil::text AS "validUntil",
         has_database_privilege(r.oid, current_database(), 'CONNECT') AS connects,
         EXISTS (SELECT FROM pg_database d WHERE d.datdba = r.oid) AS "ownsDatabase",
         pg_has_role(current_user, r.oid, 'USAGE') AS usable
    FROM pg_roles r ORDER BY 1`;

/** Every membership, one row a grantor. The options are read through jsonb because 15 does not have them. */
export const membershipsQuery = `
  SELECT pg_get_userbyid(m.member) AS member, pg_get_userbyid(m.roleid) AS role, pg_get_userbyid(m.grantor) AS grantor,
         m.admin_option AS grantable,
         coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, false) AS inherits,
         coalesce((to_jsonb(m) ->> 'set_option')::boolean, true) AS sets
    FROM pg_auth_members m ORDER BY 1, 2, 3`;

/** Settings stored with roles and with this database. */
export const settingsQuery = `
  SELECT CASE WHEN s.setrole = 0 THEN NULL ELSE pg_get_userbyid(s.setrole) END AS role, s.setdatabase <> 0 AS here,
         unnest(s.setconfig) AS setting
    FROM pg_db_role_setting s
   WHERE s.setdatabase = 0 OR s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
   ORDER BY 1, 2, 3`;

/**
 * $1: governed schemas, $2: owners who may own things. What any other role owns in this database or of the server, less
 * the objects that objectsQuery brings, what is temporary, and default privileges and user mappings, which are not owned
 * in that sense. Objects of an extension belong to whoever made it; a column's sequence follows its table.
 */
export const ownedQuery = `
  WITH left_out AS MATERIALIZED (
    SELECT oid FROM pg_namespace WHERE nspname = ANY ($1::text[]) OR nspname ~ '^pg_(toast_)?temp_'
  ),
  settled (class, oid) AS MATERIALIZED (
    SELECT 'pg_namespace'::regclass, oid FROM left_out
    UNION ALL
    SELECT 'pg_namespace'::regclass, 'public'::regnamespace::oid
    UNION ALL
    SELECT 'pg_class'::regclass, oid FROM pg_class
     WHERE relnamespace = 'public'::regnamespace
       AND relname IN ('schema_migrations', 'schema_migration_events', 'schema_migration_lock')
    UNION ALL
    SELECT 'pg_class'::regclass, oid FROM pg_class WHERE relnamespace IN (SELECT oid FROM left_out)
    UNION ALL
    SELECT 'pg_proc'::regclass, oid FROM pg_proc WHERE pronamespace IN (SELECT oid FROM left_out)
    UNION ALL
    SELECT 'pg_type'::regclass, oid FROM pg_type WHERE typnamespace IN (SELECT oid FROM left_out)
    UNION ALL
    SELECT 'pg_database'::regclass, oid FROM pg_database WHERE datname = current_database()
    UNION ALL
    SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
    UNION ALL
    SELECT classid, objid FROM pg_depend
     WHERE classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass AND deptype IN ('a', 'i')
  )
  SELECT i.type, i.schema, i.identity, r.rolname AS owner, d.dbid = 0 AS shared
    FROM pg_shdepend d
    JOIN pg_roles r ON r.oid = d.refobjid AND NOT r.rolsuper AND r.rolname !~ '^pg_' AND r.rolname <> ALL ($2::text[])
    LEFT JOIN settled s ON s.class = d.classid AND s.oid = d.objid
   CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, d.objsubid) i
   WHERE d.refclassid = 'pg_authid'::regclass AND d.deptype = 'o' AND s.oid IS NULL
     AND d.dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
     AND d.classid NOT IN ('pg_default_acl'::regclass, 'pg_user_mapping'::regclass)
   ORDER BY i.type <> 'schema', 1, 3`;

/**
 * $1: governed schemas. Functions that run with their owner's rights, anywhere but in the system's schemas and
 * extensions; triggers and event triggers with the owner of their code; rules; views that show the program's tables,
 * however many views lie between; and row security of the tables that are ours.
 */
export const bypassesQuery = `
  WITH RECURSIVE governed AS (SELECT oid, nspname FROM pg_namespace WHERE nspname = ANY ($1::text[])),
  own AS (
    SELECT c.oid, CASE c.relname WHEN 'schema_migrations' THEN 'ledger'
                                 WHEN 'schema_migration_events' THEN 'events' ELSE 'runner lock' END AS place
      FROM pg_class c
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
       AND c.relname IN ('schema_migrations', 'schema_migration_events', 'schema_migration_lock')
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
  found AS (
    SELECT 'security definer' AS kind, 'elsewhere' AS place, n.nspname AS schema, p.oid::regprocedure::text AS identity,
           p.proname::text AS name, p.proowner AS owner, true AS enabled, false AS forced
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_temp_'
       AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e')
    UNION ALL
    SELECT 'trigger', 'elsewhere', n.nspname, t.tgrelid::regclass::text, t.tgname, p.proowner, true, false
      FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
      JOIN pg_class c ON c.oid = t.tgrelid AND c.relpersistence <> 't' JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE NOT t.tgisinternal AND t.tgenabled <> 'D'
    UNION ALL
    SELECT 'event trigger', 'elsewhere', NULL, quote_ident(t.evtname), t.evtname, p.proowner, true, false
      FROM pg_event_trigger t JOIN pg_proc p ON p.oid = t.evtfoid WHERE t.evtenabled <> 'D'
    UNION ALL
    SELECT 'rule', o.place, NULL, o.oid::regclass::text, r.rulename, o.relowner, true, false
      FROM ours o JOIN pg_rewrite r ON r.ev_class = o.oid WHERE r.ev_type <> '1' AND r.ev_enabled <> 'D'
    UNION ALL
    SELECT CASE o.relkind WHEN 'v' THEN 'view of the ledger' ELSE 'materialized view of the ledger' END, o.place, NULL,
           o.oid::regclass::text, '', o.relowner, true, false
      FROM ours o
     WHERE o.oid IN (SELECT oid FROM reaching) AND o.relkind IN ('v', 'm')
       AND NOT coalesce(o.reloptions && '{security_invoker=true,security_invoker=on,security_invoker=1}', false)
    UNION ALL
    SELECT 'row security', o.place, NULL, o.oid::regclass::text, '', o.relowner, o.relrowsecurity, o.relforcerowsecurity
      FROM ours o
     WHERE o.relkind IN ('r', 'p') AND (o.relrowsecurity OR o.relforcerowsecurity OR o.place <> 'governed')
  )
  SELECT kind, place, schema, identity, name, pg_get_userbyid(owner) AS owner, enabled, forced
    FROM found ORDER BY 1, 4, 5`;

/** What an owner has on a new object of each kind, by acldefault's code. */
export const ownerPrivilegesQuery = `
  SELECT c.code::text AS code, array_agg(e.privilege_type) AS privileges
    FROM unnest('{d,n,r,s,f,T}'::"char"[]) AS c (code), aclexplode(acldefault(c.code, 10)) e
   WHERE e.grantee = 10 GROUP BY 1`;
