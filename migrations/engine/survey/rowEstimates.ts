/**
 * Estimates how many rows tables have, from the server's statistics alone: counting would wait behind locks.
 * Does NOT read the tables.
 */
import type { Client } from "pg";

import type { RowEstimates } from "../impact/rollbackLosses";

/**
 * Rows of each table that is there, of a partitioned one with its partitions; null where nothing is known.
 *
 * @param tables  `schema.name`, unquoted.
 */
export async function readRowEstimates(
  client: Client,
  tables: readonly string[],
): Promise<RowEstimates> {
  if (tables.length === 0) return new Map();
  const { rows } = await client.query<{ table: string; rows: number | null }>(
    // A table that was never analyzed has -1 for reltuples; what was written since the statistics began is counted apart.
    `SELECT n.nspname || '.' || c.relname AS table, part.rows
       FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
       CROSS JOIN LATERAL (
         SELECT sum(CASE WHEN leaf.reltuples >= 0 THEN leaf.reltuples::float8 ELSE pg_stat_get_live_tuples(leaf.oid) END) AS rows
           FROM pg_partition_tree(c.oid) AS tree JOIN pg_class AS leaf ON leaf.oid = tree.relid
          WHERE tree.isleaf
         HAVING c.relkind = 'p'
         UNION ALL
         SELECT CASE WHEN c.reltuples >= 0 THEN c.reltuples::float8 ELSE pg_stat_get_live_tuples(c.oid) END
          WHERE c.relkind <> 'p'
       ) AS part
      WHERE n.nspname || '.' || c.relname = ANY ($1) AND c.relkind IN ('r', 'p', 'm', 'f')`,
    [tables],
  );
  return new Map(rows.map(({ table, rows: count }) => [table, count]));
}
