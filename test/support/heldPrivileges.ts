/**
 * Asks the server itself what a role may do on every object there is, one answer per object and privilege.
 * Goes through has_*_privilege, not through access control lists: inheritance, PUBLIC and ownership are all in it.
 * Does NOT share a line with roles/catalog.ts or roles/acl.ts, which it is there to check.
 */
import type { Client } from "pg";

/**
 * Every object of the governed schemas and of public, the schemas themselves and the database. A constructor is a
 * function that PostgreSQL makes with a range type.
 */
const OBJECTS = `
  SELECT 'database' AS kind, current_database()::text AS name, d.oid, NULL::text AS "column"
    FROM pg_database d WHERE datname = current_database()
  UNION ALL
  SELECT 'schema', nspname, oid, NULL FROM pg_namespace WHERE nspname = ANY ($1) OR nspname = 'public'
  UNION ALL
  SELECT CASE relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'f' THEN 'foreign table'
         WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' ELSE 'sequence' END,
         format('%s.%s', n.nspname, relname), c.oid, NULL
    FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
   WHERE (nspname = ANY ($1) OR nspname = 'public') AND relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
  UNION ALL
  SELECT 'column', format('%s.%s.%s', n.nspname, relname, attname), c.oid, attname
    FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace JOIN pg_attribute ON attrelid = c.oid
   WHERE (nspname = ANY ($1) OR nspname = 'public') AND relkind IN ('r', 'p', 'f', 'v', 'm')
     AND attnum > 0 AND NOT attisdropped
  UNION ALL
  SELECT CASE WHEN EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'i')
              THEN 'constructor' WHEN prokind = 'p' THEN 'procedure' ELSE 'function' END,
         format('%s.%s(%s)', n.nspname, proname, pg_get_function_identity_arguments(p.oid)), p.oid, NULL
    FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
   WHERE nspname = ANY ($1) OR nspname = 'public'
  UNION ALL
  SELECT 'type', format('%s.%s', n.nspname, typname), t.oid, NULL
    FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace
   WHERE nspname = ANY ($1) AND typtype IN ('e', 'd', 'r', 'c')`;

/** An object, and the privileges that its kind knows. */
export interface LiveObject {
  readonly kind: string;
  readonly name: string;
  readonly oid: number;
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
      return ["USAGE"];
    default:
      return major >= 17 ? [...relation, "MAINTAIN"] : relation;
  }
}

/** The function that answers for a kind. */
const asker = (kind: string): string => {
  if (["database", "schema", "column", "sequence", "type"].includes(kind)) return kind;
  return ["function", "procedure", "constructor"].includes(kind) ? "function" : "table";
};

/** All objects, sorted by kind and name. */
export async function liveObjects(
  client: Client,
  schemas: readonly string[],
): Promise<readonly LiveObject[]> {
  const { rows } = await client.query<LiveObject>(
    `SELECT kind, name, oid, "column" FROM (${OBJECTS}) AS o ORDER BY 1, 2`,
    [schemas],
  );
  return rows;
}

/** `PRIVILEGE on kind name` for all that a role may do, and the same with grant option. Sorted. */
export async function heldPrivileges(
  client: Client,
  role: string,
  objects: readonly LiveObject[],
  major: number,
): Promise<readonly string[]> {
  const questions = objects.flatMap(({ kind, name, oid, column }) =>
    knownPrivileges(kind, major)
      .flatMap((privilege) => [privilege, `${privilege} WITH GRANT OPTION`])
      .map((privilege) => ({
        kind: asker(kind),
        line: `${privilege} on ${kind} ${name}`,
        oid,
        column,
        privilege,
      })),
  );
  const { rows } = await client.query<{ line: string }>(
    `SELECT line FROM jsonb_to_recordset($2) AS q (kind text, line text, oid oid, "column" text, privilege text)
      WHERE CASE kind
        WHEN 'database' THEN has_database_privilege($1, oid, privilege)
        WHEN 'schema' THEN has_schema_privilege($1, oid, privilege)
        WHEN 'column' THEN has_column_privilege($1, oid, "column", privilege)
        WHEN 'sequence' THEN has_sequence_privilege($1, oid, privilege)
        WHEN 'function' THEN has_function_privilege($1, oid, privilege)
        WHEN 'type' THEN has_type_privilege($1, oid, privilege)
        ELSE has_table_privilege($1, oid, privilege) END`,
    [role, JSON.stringify(questions)],
  );
  return rows.map(({ line }) => line).sort();
}
