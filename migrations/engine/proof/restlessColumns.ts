/**
 * Finds columns that change whenever their row does, such as a time of the last change that a trigger sets: that they are
 * other after a migration and its rollback is no loss. Tried on the rows themselves, and taken back.
 * Does NOT read what the triggers say: what they do is what counts.
 */
import { type Client, DatabaseError, escapeIdentifier } from "pg";

/** Columns by schema and name of their table. */
export type RestlessColumns = ReadonlyMap<string, ReadonlySet<string>>;

/** Tables with rows and a trigger that may change a row as it is updated. */
const tablesQuery = `
SELECT n.nspname || '.' || c.relname AS title, format('%I.%I', n.nspname, c.relname) AS name,
  (SELECT json_agg(a.attname ORDER BY a.attnum) FROM pg_attribute AS a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attidentity <> 'a')
  AS columns,
  -- What is tried once need not be tried again while neither table nor triggers change.
  md5(concat((SELECT string_agg(concat(pg_get_triggerdef(t.oid), t.tgenabled, p.prosrc), ' ' ORDER BY t.oid)
                FROM pg_trigger AS t JOIN pg_proc AS p ON p.oid = t.tgfoid WHERE t.tgrelid = c.oid),
             (SELECT string_agg(concat(a.attname, a.attnotnull, a.atttypid), ' ' ORDER BY a.attnum) FROM pg_attribute AS a
               WHERE a.attrelid = c.oid AND a.attnum > 0))) AS state
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND EXISTS (SELECT FROM pg_trigger AS t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')
    -- BEFORE (2), of each row (1), at UPDATE (16).
    AND t.tgtype & 19 = 19)`;

/** What was found out about tables, by their state. */
export type TriedTables = Map<
  string,
  { readonly state: string; readonly changed: ReadonlySet<string> }
>;

/**
 * @param client  May write, and is outside of a transaction: all that is tried is rolled back.
 * @param tried   Filled in; the same for as long as the database is.
 */
export async function restlessColumns(
  client: Client,
  schemas: readonly string[],
  tried: TriedTables,
): Promise<RestlessColumns> {
  const { rows: tables } = await client.query<{
    readonly title: string;
    readonly name: string;
    readonly columns: readonly string[] | null;
    readonly state: string;
  }>(tablesQuery, [schemas]);
  const found = new Map<string, ReadonlySet<string>>();
  for (const { title, name, columns, state } of tables) {
    const before = tried.get(title);
    const changed =
      before?.state === state ? before.changed : await tryChanges(client, name, columns ?? []);
    tried.set(title, { state, changed });
    if (changed.size > 0) found.set(title, changed);
  }
  return found;
}

/** Columns that change with a change of nothing, or of another column: some triggers only look at real changes. */
async function tryChanges(
  client: Client,
  table: string,
  columns: readonly string[],
): Promise<ReadonlySet<string>> {
  const changed = new Set<string>();
  const values = `ARRAY[${columns.map((column) => `t.${escapeIdentifier(column)}::TEXT`).join(", ")}]`;
  const [first] = columns;
  if (first === undefined) return changed;
  const changes = [
    `${escapeIdentifier(first)} = ${escapeIdentifier(first)}`,
    ...columns.map((column) => `${escapeIdentifier(column)} = NULL`),
  ];
  for (const [index, change] of changes.entries()) {
    const own = index === 0 ? null : (columns[index - 1] ?? null);
    const condition = own === null ? "" : `WHERE ${escapeIdentifier(own)} IS NOT NULL`;
    await client.query("BEGIN");
    try {
      // The first row: RETURNING shows what the triggers made of it, the sub-select what it was.
      const { rows } = await client.query<{ now: (string | null)[]; was: (string | null)[] }>(
        `UPDATE ${table} AS t SET ${change} FROM (SELECT tableoid AS part, ctid AS place, ${values} AS was
            FROM ${table} AS t ${condition} LIMIT 1) AS o
          WHERE t.ctid = o.place AND t.tableoid = o.part RETURNING o.was, ${values} AS now`,
      );
      for (const { now, was } of rows) {
        for (const [place, column] of columns.entries()) {
          if (column !== own && now[place] !== was[place] && now[place] !== null)
            changed.add(column);
        }
      }
      // Of a table without rows, or once it is known or a real change was taken, there is nothing more to learn.
      if (changed.size > 0 || (own !== null ? rows.length > 0 : rows.length === 0)) break;
    } catch (error) {
      // A constraint wants it otherwise: the next column.
      if (!(error instanceof DatabaseError)) throw error;
    } finally {
      await client.query("ROLLBACK");
    }
  }
  return changed;
}
