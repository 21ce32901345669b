/**
 * Where each kind of object that has privileges is found: one row a catalog, from which the one query is made.
 * Text only. Does NOT run it (catalog.ts).
 */
import { ownRelationPlaces } from "./ownRelations";

/** A catalog of PostgreSQL whose rows have owners and privileges. Every value is an SQL expression over `o`. */
interface Source {
  readonly catalog: string;
  /** One of ObjectKind, as text. */
  readonly kind: string;
  /** OID of its schema, or 0. */
  readonly namespace: string;
  readonly name: string;
  /** As SQL, quoted. */
  readonly identity: string;
  readonly owner: string;
  readonly acl: string;
  /** First argument of acldefault. */
  readonly code: string;
  readonly where: string;
  /** Whether it changes nothing and runs with its caller's rights; absent: false. */
  readonly readOnly?: string;
}

const relationKind = `CASE o.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'f' THEN 'foreign table'
  WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' ELSE 'table' END`;

/** A source of things that are in no schema and have a name. */
const named = (
  catalog: string,
  prefix: string,
  kind: string,
  code: string,
  where = "true",
): Source => ({
  catalog,
  kind: `'${kind}'`,
  namespace: "0::oid",
  name: `o.${prefix}name`,
  identity: `quote_ident(o.${prefix}name)`,
  owner: `o.${prefix}owner`,
  acl: `o.${prefix}acl`,
  code: `'${code}'::"char"`,
  where,
});

/** Whether a schema is one of a session's own, which come and go with it. Only its number makes it one. */
export const isOfSession = (name: string): string => `${name} ~ '^pg_(toast_)?temp_[0-9]+$'`;

/**
 * A function or procedure as SQL names it, of a row of pg_proc. Types alone do not tell an argument that goes into a
 * procedure from one that comes out of it.
 */
export const routineIdentity = (row: string): string => `
  CASE WHEN ${row}.prokind = 'p' AND EXISTS (
         SELECT FROM pg_proc other
          WHERE other.proname = ${row}.proname AND other.pronamespace = ${row}.pronamespace AND other.prokind = 'p'
            AND other.oid <> ${row}.oid)
       THEN (SELECT format('%I.%I(%s)', space.nspname, ${row}.proname, pg_get_function_identity_arguments(${row}.oid))
               FROM pg_namespace space WHERE space.oid = ${row}.pronamespace)
       ELSE ${row}.oid::regprocedure::text END`;

/** A function that runs with its caller's rights and is promised to change nothing, of a row of pg_proc. */
const readsOnly = (row: string): string => `NOT ${row}.prosecdef AND ${row}.provolatile <> 'v'`;

/** The functions that an aggregate is made of, of a row of pg_aggregate. */
const aggregateParts = [
  "trans",
  "final",
  "combine",
  "serial",
  "deserial",
  "mtrans",
  "minvtrans",
  "mfinal",
]
  .map((part) => `a.agg${part}fn`)
  .join(", ");

/**
 * Row, array and multirange types follow their table, element or range and are left out, as PostgreSQL leaves them out
 * of GRANT. So are the constructors of a range type: they belong to the server's first superuser, and read nothing.
 * Schemas of sessions (pg_temp_3) come and go with them.
 */
const sources: readonly Source[] = [
  {
    ...named("pg_database", "dat", "database", "d", "o.datname = current_database()"),
    owner: "o.datdba",
  },
  {
    ...named("pg_namespace", "nsp", "schema", "n", `NOT ${isOfSession("o.nspname")}`),
    namespace: "o.oid",
  },
  {
    catalog: "pg_class",
    kind: relationKind,
    namespace: "o.relnamespace",
    name: "o.relname",
    identity: "o.oid::regclass::text",
    owner: "o.relowner",
    acl: "o.relacl",
    code: `CASE o.relkind WHEN 'S' THEN 's'::"char" ELSE 'r'::"char" END`,
    where: "o.relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 't') AND o.relpersistence <> 't'",
  },
  {
    catalog: "pg_proc",
    kind: "CASE o.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END",
    namespace: "o.pronamespace",
    name: "o.proname",
    identity: routineIdentity("o"),
    owner: "o.proowner",
    acl: "o.proacl",
    code: `'f'::"char"`,
    // An aggregate says nothing of itself.
    readOnly: `o.prokind <> 'p' AND ${readsOnly("o")} AND (o.prokind <> 'a' OR NOT EXISTS (
      SELECT FROM pg_aggregate a JOIN pg_proc part ON part.oid IN (${aggregateParts})
       WHERE a.aggfnoid = o.oid AND NOT (${readsOnly("part")})))`,
    where: `o.pronamespace NOT IN (SELECT oid FROM transient) AND NOT EXISTS (SELECT FROM pg_depend i
      WHERE i.classid = 'pg_proc'::regclass AND i.objid = o.oid AND i.deptype = 'i')`,
  },
  {
    catalog: "pg_type",
    kind: "'type'",
    namespace: "o.typnamespace",
    name: "o.typname",
    // By its parts: GRANT takes a name there, and not the words that some types have (character varying).
    identity: `(SELECT quote_ident(n.nspname) || '.' || quote_ident(t.typname)
       FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.oid = o.oid)`,
    owner: "o.typowner",
    acl: "o.typacl",
    code: `'T'::"char"`,
    where: `o.typnamespace NOT IN (SELECT oid FROM transient) AND o.typelem = 0 AND o.typtype <> 'm'
      AND (o.typrelid = 0 OR EXISTS (SELECT FROM pg_class c WHERE c.oid = o.typrelid AND c.relkind = 'c'))`,
  },
  named("pg_language", "lan", "language", "l"),
  named("pg_foreign_data_wrapper", "fdw", "foreign-data wrapper", "F"),
  named("pg_foreign_server", "srv", "server", "S"),
  named("pg_tablespace", "spc", "tablespace", "t"),
  {
    ...named("pg_largeobject_metadata", "lom", "large object", "L"),
    name: "o.oid::text::name",
    identity: "o.oid::text",
  },
  {
    ...named("pg_parameter_acl", "par", "parameter", "p"),
    name: "o.parname::name",
    identity: `(SELECT string_agg(quote_ident(part), '.' ORDER BY n)
       FROM unnest(string_to_array(o.parname, '.')) WITH ORDINALITY AS parts (part, n))`,
    owner: "10::oid",
  },
];

/** Of an object: in a governed schema and not of an extension, or one that the rules name, or elsewhere. */
const placeOf = (catalog: string): string => {
  if (catalog === "pg_database") return "'database'";
  const extension = `EXISTS (SELECT FROM pg_depend e
    WHERE e.classid = '${catalog}'::regclass AND e.objid = o.oid AND e.deptype = 'e')`;
  const own = catalog === "pg_class" ? "(SELECT place FROM own WHERE oid = o.oid)" : "NULL";
  const isPublic =
    catalog === "pg_namespace" ? "WHEN o.oid = 'public'::regnamespace THEN 'public'" : "";
  return `CASE ${isPublic} WHEN g.oid IS NOT NULL AND NOT ${extension} THEN 'governed'
               ELSE coalesce(${own}, 'elsewhere') END`;
};

const select = (source: Source): string => `
  SELECT ${source.kind} AS kind, ${placeOf(source.catalog)} AS place, ${source.namespace} AS namespace,
         o.oid, ${source.owner} AS owner, ${source.acl} AS acl, ${source.code} AS code,
         '${source.catalog}'::regclass::oid AS class, 0 AS sub, NULL::name AS "column",
         ${source.readOnly ?? "false"} AS "readOnly"
    FROM ${source.catalog} o LEFT JOIN governed g ON g.oid = ${source.namespace}
   WHERE ${source.where}
     AND (g.oid IS NOT NULL OR ${source.acl} IS NOT NULL OR ${keptAnyway(source.catalog)})`;

/**
 * What the rules speak of is compared even while its list is NULL, and so is what the server or an extension made with
 * another list than usual; anything else is then as it was made.
 */
const keptAnyway = (catalog: string): string => {
  if (catalog === "pg_database") return "true";
  const restricted = `o.oid IN (SELECT oid FROM restricted WHERE class = '${catalog}'::regclass)`;
  if (catalog === "pg_namespace") return `o.oid = 'public'::regnamespace OR ${restricted}`;
  return catalog === "pg_class" ? `o.oid IN (SELECT oid FROM own) OR ${restricted}` : restricted;
};

const identities = [...new Map(sources.map((source) => [source.catalog, source])).values()]
  .map(({ catalog, identity }) => {
    const expression = identity.replaceAll("o.oid", "f.oid");
    return expression.includes("o.")
      ? `WHEN '${catalog}'::regclass THEN (SELECT ${identity} FROM ${catalog} o WHERE o.oid = f.oid)`
      : `WHEN '${catalog}'::regclass THEN ${expression}`;
  })
  .join("\n           ");

const explode = (acl: string): string => `
  (SELECT coalesce(json_agg(json_build_object(
            'grantee', CASE WHEN e.grantee = 0 THEN NULL ELSE pg_get_userbyid(e.grantee) END,
            'privilege', e.privilege_type, 'grantable', e.is_grantable,
            'grantor', pg_get_userbyid(e.grantor))), '[]')
     FROM aclexplode(${acl}) e)`;

/** A list of privileges as JSON, with the grantor of each. */
export const explodedAcl = explode;

/**
 * $1: governed schemas. Every object that rules speak of, and every other one of the database whose privileges are not
 * those it was made with, or was made with privileges of a role that is not the server's own; information_schema is made after the server noted what things are made with. Lists repeat:
 * each stands once, with the first object that has it, and `shape` finds it.
 */
export const objectsQuery = `
  WITH governed AS MATERIALIZED (SELECT oid FROM pg_namespace WHERE nspname = ANY ($1::text[])),
  transient AS MATERIALIZED (SELECT oid FROM pg_namespace WHERE ${isOfSession("nspname")}),
  own AS MATERIALIZED (
    SELECT c.oid, v.place
      FROM (VALUES ${ownRelationPlaces}) AS v (name, place)
      JOIN pg_class c ON c.relname = v.name AND c.relnamespace = 'public'::regnamespace
  ),
  restricted (class, oid) AS MATERIALIZED (SELECT classoid, objoid FROM pg_init_privs WHERE objsubid = 0),
  object AS MATERIALIZED (${sources.map(select).join("\n  UNION ALL")}
  ),
  found AS (
    SELECT * FROM object
    UNION ALL
    SELECT 'column', coalesce(b.place, 'elsewhere'), c.relnamespace, c.oid, c.relowner, a.attacl, 'c'::"char",
           'pg_class'::regclass, a.attnum, a.attname, false
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
      LEFT JOIN object b ON b.class = 'pg_class'::regclass AND b.oid = a.attrelid
     WHERE NOT a.attisdropped AND c.relpersistence <> 't'
       AND (a.attacl IS NOT NULL OR b.place = 'events' AND a.attnum > 0)
  ),
  compared AS (
    SELECT f.*, coalesce(f.acl, acldefault(f.code, f.owner)) AS lived,
           coalesce(i.initprivs, acldefault(f.code, f.owner) || CASE
             WHEN f.namespace = 'information_schema'::regnamespace AND f.oid < 16384
             THEN ARRAY[makeaclitem(0, f.owner, CASE WHEN f.kind = 'schema' THEN 'USAGE' ELSE 'SELECT' END, false)]
             ELSE acldefault('c', f.owner) END) AS made,
           i.privtype = 'e' AND EXISTS (
             SELECT FROM aclexplode(i.initprivs) e WHERE e.grantee >= 16384 AND e.grantee <> f.owner) AS told
      FROM found f
      LEFT JOIN pg_init_privs i ON i.classoid = f.class AND i.objoid = f.oid AND i.objsubid = f.sub
  ),
  shaped AS (
    SELECT f.*, f.lived::text AS shape, row_number() OVER (PARTITION BY f.lived::text) AS nth
      FROM compared f WHERE f.place <> 'elsewhere' OR f.lived IS DISTINCT FROM f.made OR f.told
  )
  SELECT f.kind, f.place, (SELECT nspname FROM pg_namespace WHERE oid = f.namespace) AS schema,
         CASE f.class
           ${identities} END AS identity,
         f."column", f."readOnly", pg_get_userbyid(f.owner) AS owner,
         f.kind = 'sequence' AND EXISTS (
           SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = f.oid
                   AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')) AS follows,
         f.shape, CASE WHEN f.nth = 1 THEN ${explode("f.lived")} END AS acl,
         CASE WHEN f.place = 'elsewhere' THEN ${explode("f.made")} END AS initial
    FROM shaped f
   ORDER BY f.kind <> 'database', f.kind <> 'schema', 2, 1, 4, 5`;
