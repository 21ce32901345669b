/**
 * The questions to the catalogs beside that about objects: default privileges, roles, memberships, settings and
 * owners. Text only. Does NOT run them (catalog.ts).
 */
import { explodedAcl, isOfSession } from "./catalogSources";
import { ownTableNames } from "./ownRelations";

/**
 * $1: governed schemas, $2: roles that make objects there, $3: the admin. Default privileges that are stored, whoever
 * the creator, and those that should be. Of a schema nothing stored is an empty list: acldefault of a column is one;
 * '{}' has no dimension and is refused.
 *
 * PgSTAC's owner is of the whole server: where it may make nothing here, it is the PgSTAC of another database, and from
 * PostgreSQL 16 on this database's admin may not speak for it.
 */
export const defaultsQuery = `
  WITH maker AS (
    SELECT oid, rolname FROM pg_roles r
     WHERE rolname = ANY ($2::text[])
       AND (rolname <> 'pgstac_admin' OR EXISTS (
             SELECT FROM pg_namespace n WHERE n.nspname = ANY ($1::text[]) AND has_schema_privilege(r.oid, n.oid, 'CREATE')))
  ), wanted AS (
    SELECT r.oid AS creator, n.oid AS schema, code
      FROM maker r, pg_namespace n, unnest('{r,S,f}'::"char"[]) code
     WHERE n.nspname = ANY ($1::text[])
       AND (r.rolname <> 'pgstac_admin' OR n.nspname = 'pgstac')
    UNION
    SELECT oid, 0::oid, 'f' FROM maker
    UNION
    SELECT oid, 0::oid, 'f' FROM pg_roles WHERE rolname = $3
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

/** Every role, with what it is and whether it reaches this database. 10 is the role that the server was made with. */
export const rolesQuery = `
  SELECT r.rolname AS name, r.oid = 10 AS bootstrap, r.rolsuper AS superuser, r.rolinherit AS inherit, r.rolcreaterole AS "createRole",
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

/** Catalogs of what has an owner and a schema, and no privileges: [catalog, schema's column, owner's column]. */
const ownedOnly: readonly (readonly [string, string, string])[] = [
  ["pg_operator", "oprnamespace", "oprowner"],
  ["pg_opclass", "opcnamespace", "opcowner"],
  ["pg_opfamily", "opfnamespace", "opfowner"],
  ["pg_collation", "collnamespace", "collowner"],
  ["pg_conversion", "connamespace", "conowner"],
  ["pg_ts_dict", "dictnamespace", "dictowner"],
  ["pg_ts_config", "cfgnamespace", "cfgowner"],
  ["pg_statistic_ext", "stxnamespace", "stxowner"],
];

/** What pg_class, pg_proc and pg_type hold in some schemas, less what belongs to an extension. */
const inSchemas = (schemas: string): string =>
  (
    [
      ["pg_class", "relnamespace"],
      ["pg_proc", "pronamespace"],
      ["pg_type", "typnamespace"],
    ] as const
  )
    .map(
      ([catalog, namespace]) => `
    SELECT '${catalog}'::regclass, o.oid FROM ${catalog} o
     WHERE o.${namespace} IN (SELECT oid FROM ${schemas})
       AND NOT EXISTS (SELECT FROM member m WHERE m.classid = '${catalog}'::regclass AND m.objid = o.oid)`,
    )
    .join("\n    UNION ALL");

/**
 * $1: governed schemas, $2: owners who may own things. What any other role owns in this database or of the server, less
 * the objects that objectsQuery brings, what is temporary, and default privileges and user mappings, which are not owned
 * in that sense; and, whoever owns it, what is in a governed schema and has no privileges. Members of an extension are
 * among it. A column's sequence follows its table. Only a superuser may own an event trigger, a wrapper, a subscription,
 * or a publication of all tables.
 */
export const ownedQuery = `
  WITH governed AS MATERIALIZED (SELECT oid FROM pg_namespace WHERE nspname = ANY ($1::text[])),
  member AS MATERIALIZED (SELECT classid, objid FROM pg_depend WHERE deptype = 'e'),
  settled (class, oid) AS MATERIALIZED (
    SELECT 'pg_namespace'::regclass, oid FROM governed
    UNION ALL
    SELECT 'pg_namespace'::regclass, 'public'::regnamespace::oid
    UNION ALL
    SELECT 'pg_class'::regclass, oid FROM pg_class
     WHERE relnamespace = 'public'::regnamespace
       AND relname IN (${ownTableNames})
    UNION ALL${inSchemas("governed")}
    UNION ALL
    SELECT 'pg_database'::regclass, oid FROM pg_database WHERE datname = current_database()
    UNION ALL
    SELECT classid, objid FROM pg_depend
     WHERE classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass AND deptype IN ('a', 'i')
  ),
  owned (class, oid, sub, owner, shared) AS (
    SELECT d.classid, d.objid, d.objsubid, d.refobjid, d.dbid = 0
      FROM pg_shdepend d
      JOIN pg_roles r ON r.oid = d.refobjid AND NOT r.rolsuper AND r.rolname !~ '^pg_' AND r.rolname <> ALL ($2::text[])
      LEFT JOIN settled s ON s.class = d.classid AND s.oid = d.objid
     WHERE d.refclassid = 'pg_authid'::regclass AND d.deptype = 'o' AND s.oid IS NULL
       AND d.dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
       AND d.classid NOT IN ('pg_default_acl'::regclass, 'pg_user_mapping'::regclass)
    ${ownedOnly
      .map(
        ([catalog, namespace, owner]) => `UNION
    SELECT '${catalog}'::regclass, o.oid, 0, o.${owner}, false FROM ${catalog} o
     WHERE o.${namespace} IN (SELECT oid FROM governed)
       AND NOT EXISTS (SELECT FROM member m WHERE m.classid = '${catalog}'::regclass AND m.objid = o.oid)`,
      )
      .join("\n    ")}
  )
  SELECT i.type, i.schema, CASE i.type WHEN 'type' THEN quote_ident(i.schema) || '.' || i.name ELSE i.identity END AS identity,
         pg_get_userbyid(o.owner) AS owner, o.shared,
         o.class IN ('pg_event_trigger'::regclass, 'pg_foreign_data_wrapper'::regclass, 'pg_subscription'::regclass)
           OR o.class = 'pg_publication'::regclass
              AND (EXISTS (SELECT FROM pg_publication p WHERE p.oid = o.oid AND p.puballtables)
                   OR EXISTS (SELECT FROM pg_publication_namespace p WHERE p.pnpubid = o.oid)) AS "superuserOnly"
    FROM owned o CROSS JOIN LATERAL pg_identify_object(o.class, o.oid, o.sub) i
   WHERE i.identity IS NOT NULL AND NOT (${isOfSession("coalesce(i.schema, '')")} OR coalesce(i.schema, '') IN ('pg_temp', 'pg_toast_temp'))
     AND NOT (i.type = 'schema' AND ${isOfSession("i.name")})
   ORDER BY i.type <> 'schema', 1, 3`;

/** What an owner has on a new object of each kind, by acldefault's code. */
export const ownerPrivilegesQuery = `
  SELECT c.code::text AS code, array_agg(e.privilege_type) AS privileges
    FROM unnest('{d,n,r,s,f,T}'::"char"[]) AS c (code), aclexplode(acldefault(c.code, 10)) e
   WHERE e.grantee = 10 GROUP BY 1`;
