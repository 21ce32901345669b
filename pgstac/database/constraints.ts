/**
 * Lifts what this program, or an older hardening by hand, has put on PgSTAC's tables and its upgrade does not know.
 * Does NOT put it back: healing adds what pgstac/hardening/hardening.ts lists.
 */
import { type Client, escapeIdentifier } from "pg";

import { addedConstraints } from "../hardening/hardening";
import { pgstacOwner, pgstacSchema } from "../hardening/versions";

/**
 * Drops our own constraints, and every CHECK on queryables: PgSTAC has none there, and one of them stops the upgrade to
 * 0.10.0 ("COALESCE types text[] and text cannot be matched"). Within the caller's transaction. Returns what was lifted.
 */
export async function liftConstraints(client: Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ relation: string; name: string }>(
    `SELECT c.relname AS relation, k.conname AS name
       FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
       JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND pg_catalog.pg_get_userbyid(c.relowner) = $2 AND k.contype = 'c'
        AND (k.conname = ANY ($3::text[]) OR c.relname = 'queryables')
      ORDER BY 1, 2`,
    [pgstacSchema, pgstacOwner, addedConstraints.map(({ name }) => name)],
  );
  for (const { relation, name } of rows) {
    const [schema, table, constraint] = [pgstacSchema, relation, name].map(escapeIdentifier);
    await client.query(`ALTER TABLE ${schema}.${table} DROP CONSTRAINT ${constraint}`);
  }
  return rows.map(({ relation, name }) => `${relation}.${name}`);
}
