/**
 * Describes everything that lies in a set of schemas as sorted lines of text, so that two states of a database
 * can be compared and their difference read. Object ids, dropped columns, the order of columns and statistics leave no
 * trace: a column that takes the place of another stands last, and nothing may rely on it.
 * Does NOT read rows of tables, nor anything outside the schemas.
 */
import type { Client } from "pg";

/** The acl as text that does not depend on the order of grants. NULL is the built-in default. */
const acl = (column: string): string =>
  `coalesce((SELECT string_agg(item::TEXT, ' ' ORDER BY item::TEXT) FROM unnest(${column}) AS item), '-')`;

const QUERY = `
WITH space AS (
    SELECT oid, nspname FROM pg_namespace WHERE nspname = ANY ($1)
), rel AS (
    SELECT c.*, s.nspname, format('%I.%I', s.nspname, c.relname) AS name
    FROM pg_class AS c JOIN space AS s ON s.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c')
)
SELECT format('schema %s owner %s acl %s', n.nspname, pg_get_userbyid(n.nspowner), ${acl("n.nspacl")}) AS line
FROM pg_namespace AS n JOIN space AS s ON s.oid = n.oid
UNION ALL
SELECT format('relation %s kind %s owner %s persistence %s options %s rls %s %s acl %s',
    name, relkind, pg_get_userbyid(relowner), relpersistence, reloptions, relrowsecurity,
    relforcerowsecurity, ${acl("relacl")})
FROM rel
UNION ALL
SELECT format('column %s %I %s notnull %s default %s identity %s generated %s collation %s acl %s', rel.name,
    a.attname,
    format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attidentity,
    a.attgenerated, a.attcollation::REGCOLLATION, ${acl("a.attacl")})
FROM rel JOIN pg_attribute AS a ON a.attrelid = rel.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE rel.relkind <> 'S'
UNION ALL
SELECT format('view %s %s', name, pg_get_viewdef(oid)) FROM rel WHERE relkind IN ('v', 'm')
UNION ALL
SELECT format('sequence %s %s start %s by %s min %s max %s cycle %s', name, format_type(q.seqtypid, NULL),
    q.seqstart, q.seqincrement, q.seqmin, q.seqmax, q.seqcycle)
FROM rel JOIN pg_sequence AS q ON q.seqrelid = rel.oid
UNION ALL
SELECT format('constraint %s %I %s validated %s', rel.name, k.conname, pg_get_constraintdef(k.oid), k.convalidated)
FROM rel JOIN pg_constraint AS k ON k.conrelid = rel.oid
UNION ALL
SELECT format('index %s valid %s ready %s', pg_get_indexdef(x.indexrelid), x.indisvalid, x.indisready)
FROM rel JOIN pg_index AS x ON x.indrelid = rel.oid
UNION ALL
SELECT format('trigger %s enabled %s', pg_get_triggerdef(t.oid), t.tgenabled)
FROM rel JOIN pg_trigger AS t ON t.tgrelid = rel.oid WHERE NOT t.tgisinternal
UNION ALL
SELECT format('policy %s %I %s %s %s', rel.name, p.polname, p.polcmd, pg_get_expr(p.polqual, p.polrelid),
    pg_get_expr(p.polwithcheck, p.polrelid))
FROM rel JOIN pg_policy AS p ON p.polrelid = rel.oid
UNION ALL
SELECT format('function %s owner %s acl %s %s', p.oid::REGPROCEDURE, pg_get_userbyid(p.proowner), ${acl("p.proacl")},
    CASE WHEN p.prokind = 'a' THEN 'aggregate' ELSE pg_get_functiondef(p.oid) END)
FROM pg_proc AS p JOIN space AS s ON s.oid = p.pronamespace
UNION ALL
SELECT format('type %s kind %s owner %s acl %s labels %s base %s', t.oid::REGTYPE, t.typtype,
    pg_get_userbyid(t.typowner), ${acl("t.typacl")},
    (SELECT string_agg(e.enumlabel, ' ' ORDER BY e.enumsortorder) FROM pg_enum AS e WHERE e.enumtypid = t.oid),
    format_type(nullif(t.typbasetype, 0), t.typtypmod))
FROM pg_type AS t JOIN space AS s ON s.oid = t.typnamespace
UNION ALL
SELECT format('comment on %s %s: %s', o.type, o.identity, d.description)
FROM pg_description AS d CROSS JOIN LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid) AS o
WHERE o.schema = ANY ($1) OR (o.type = 'schema' AND o.name = ANY ($1))
   OR EXISTS (SELECT FROM rel JOIN pg_constraint AS k ON k.conrelid = rel.oid
              WHERE d.classoid = 'pg_constraint'::REGCLASS AND d.objoid = k.oid)
   OR EXISTS (SELECT FROM rel JOIN pg_trigger AS t ON t.tgrelid = rel.oid
              WHERE d.classoid = 'pg_trigger'::REGCLASS AND d.objoid = t.oid)
UNION ALL
SELECT format('default privileges in %s by %s for %s: %s', s.nspname, pg_get_userbyid(d.defaclrole),
    d.defaclobjtype, ${acl("d.defaclacl")})
FROM pg_default_acl AS d JOIN space AS s ON s.oid = d.defaclnamespace`;

/**
 * Returns one line for each thing in the schemas and each property of it: relations, columns, constraints,
 * indexes, triggers, policies, functions, types, comments, owners and privileges. Equal lists mean equal schemas.
 *
 * @param schemas  Names of schemas; one that does not exist adds no line.
 * @throws {Error} the client is inside a transaction (it opens one of its own).
 */
export async function readCatalog(
  client: Client,
  schemas: readonly string[],
): Promise<readonly string[]> {
  await client.query("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
  try {
    // Names outside the search path come out qualified, whatever the session has set.
    await client.query("SELECT set_config('search_path', 'pg_catalog', true)");
    const { rows } = await client.query<{ line: string }>(QUERY, [schemas]);
    return rows.map((row) => row.line).sort();
  } finally {
    await client.query("ROLLBACK");
  }
}
