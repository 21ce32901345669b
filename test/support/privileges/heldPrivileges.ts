/**
 * Asks the server itself what roles may do on every object there is, one answer per role, object and privilege.
 * Goes through has_*_privilege, not through access control lists: inheritance, PUBLIC and ownership are all in it.
 * Does NOT share a line with roles/database/catalog.ts or roles/compare/acl.ts, which it is there to check.
 */
import type { Client } from "pg";

/**
 * Every object of the schemas $1 that has privileges, and those of the database and the server. A constructor is a
 * function that PostgreSQL makes with a range type. Row, array and multirange types follow their table, element or range.
 */
const OBJECTS = `
  SELECT 'database' AS kind, NULL AS schema, datname::text AS name, oid, datdba AS owner, NULL::text AS "column"
    FROM pg_database WHERE datname = current_database()
  UNION ALL
  SELECT 'schema', nspname, nspname, oid, nspowner, NULL FROM pg_namespace WHERE nspname = ANY ($1)
  UNION ALL
  SELECT CASE relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'f' THEN 'foreign table'
         WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' ELSE 'sequence' END,
         nspname, format('%s.%s', nspname, relname), c.oid, relowner, NULL
    FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
   WHERE nspname = ANY ($1) AND relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
  UNION ALL
  SELECT 'column', nspname, format('%s.%s.%s', nspname, relname, attname), c.oid, relowner, attname
    FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace JOIN pg_attribute ON attrelid = c.oid
   WHERE nspname = ANY ($1) AND relkind IN ('r', 'p', 'f', 'v', 'm') AND attnum > 0 AND NOT attisdropped
  UNION ALL
  SELECT CASE WHEN EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'i')
              THEN 'constructor' WHEN prokind = 'p' THEN 'procedure' ELSE 'function' END,
         nspname, format('%s.%s(%s)', nspname, proname, pg_get_function_identity_arguments(p.oid)), p.oid, proowner, NULL
    FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname = ANY ($1)
  UNION ALL
  SELECT 'type', nspname, format('%s.%s', nspname, typname), t.oid, typowner, NULL
    FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace
   WHERE nspname = ANY ($1) AND (typtype IN ('e', 'd', 'r', 'b') AND typelem = 0
          OR typtype = 'c' AND EXISTS (SELECT FROM pg_class c WHERE c.oid = typrelid AND c.relkind = 'c'))
  UNION ALL
  SELECT 'language', NULL, lanname, oid, lanowner, NULL FROM pg_language
  UNION ALL
  SELECT 'foreign-data wrapper', NULL, fdwname, oid, fdwowner, NULL FROM pg_foreign_data_wrapper
  UNION ALL
  SELECT 'server', NULL, srvname, oid, srvowner, NULL FROM pg_foreign_server
  UNION ALL
  SELECT 'tablespace', NULL, spcname, oid, spcowner, NULL FROM pg_tablespace
  UNION ALL
  SELECT 'parameter', NULL, name, 0, 10, NULL FROM pg_settings WHERE name !~ '\\.'`;

/** An object of any kind that privileges can be given on. */
export interface LiveObject {
  readonly kind: string;
  /** Null of what is in none. */
  readonly schema: string | null;
  readonly name: string;
  readonly oid: number;
  readonly owner: string;
  readonly column: string | null;
}

const relation = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"];

/** Every privilege PostgreSQL of this major knows for a kind. */
export function knownPrivileges(kind: string, major: number): readonly string[] {
  switch (kind) {
    case "database":
      return ["CREATE", "CONNECT", "TEMPORARY"];
    case "schema":
      return ["CREATE", "USAGE"];
    case "column":
      return ["SELECT", "INSERT", "UPDATE", "REFERENCES"];
    case "sequence":
      return ["USAGE", "SELECT", "UPDATE"];
    case "function":
    case "procedure":
    case "constructor":
      return ["EXECUTE"];
    case "type":
    case "language":
    case "foreign-data wrapper":
    case "server":
      return ["USAGE"];
    case "tablespace":
      return ["CREATE"];
    case "parameter":
      return ["SET", "ALTER SYSTEM"];
    default:
      return major >= 17 ? [...relation, "MAINTAIN"] : relation;
  }
}

/** The function that answers for a kind. */
const askers: Readonly<Record<string, string>> = {
  database: "has_database_privilege(r, o.oid, p)",
  schema: "has_schema_privilege(r, o.oid, p)",
  column: `has_column_privilege(r, o.oid, o."column", p)`,
  sequence: "has_sequence_privilege(r, o.oid, p)",
  function: "has_function_privilege(r, o.oid, p)",
  procedure: "has_function_privilege(r, o.oid, p)",
  constructor: "has_function_privilege(r, o.oid, p)",
  type: "has_type_privilege(r, o.oid, p)",
  language: "has_language_privilege(r, o.oid, p)",
  "foreign-data wrapper": "has_foreign_data_wrapper_privilege(r, o.oid, p)",
  server: "has_server_privilege(r, o.oid, p)",
  tablespace: "has_tablespace_privilege(r, o.oid, p)",
  parameter: "has_parameter_privilege(r, o.name, p)",
};

/** All objects of these schemas, of the database and of the server. */
export async function liveObjects(
  client: Client,
  schemas: readonly string[],
): Promise<readonly LiveObject[]> {
  const { rows } = await client.query<LiveObject>(
    `SELECT kind, schema, name, oid, pg_get_userbyid(owner) AS owner, "column" FROM (${OBJECTS}) AS o ORDER BY kind, name`,
    [schemas],
  );
  return rows;
}

/** What a privilege on an object is called. */
export const privilegeLine = (privilege: string, { kind, name }: LiveObject): string =>
  `${privilege} on ${kind} ${name}`;

/** A privilege, and the right to pass it on. */
export const withGrantOption = (privilege: string): readonly string[] => [
  privilege,
  `${privilege} WITH GRANT OPTION`,
];

/** A line for all that a role may do, grant options included; by role, sorted. */
export async function heldPrivileges(
  client: Client,
  roles: readonly string[],
  objects: readonly LiveObject[],
  major: number,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const kinds = [...new Set(objects.map(({ kind }) => kind))];
  const privileges = Object.fromEntries(
    kinds.map((kind) => [kind, knownPrivileges(kind, major).flatMap(withGrantOption)]),
  );
  const { rows } = await client.query<{ role: string; number: number; privilege: string }>(
    `SELECT r AS role, o.number, p AS privilege
       FROM unnest($1::text[]) AS r
      CROSS JOIN jsonb_to_recordset($2) AS o (number int, kind text, name text, oid oid, "column" text)
      CROSS JOIN jsonb_array_elements_text($3::jsonb -> o.kind) AS p
      WHERE CASE o.kind ${kinds
        .map((kind) => `WHEN '${kind}' THEN ${askers[kind] ?? "has_table_privilege(r, o.oid, p)"}`)
        .join(" ")} END`,
    [
      roles,
      JSON.stringify(
        objects.map(({ kind, name, oid, column }, number) => ({ number, kind, name, oid, column })),
      ),
      JSON.stringify(privileges),
    ],
  );
  const held = new Map<string, string[]>(roles.map((role) => [role, []]));
  for (const { role, number, privilege } of rows) {
    const object = objects[number];
    if (object !== undefined) held.get(role)?.push(privilegeLine(privilege, object));
  }
  held.forEach((lines) => lines.sort());
  return held;
}
