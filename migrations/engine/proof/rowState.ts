/**
 * Reads what the rows of all tables are, as digests of their values: enough to tell which of them are the same later.
 * Does NOT compare (see rowLosses.ts), and takes no value out of the server.
 */
import { type Client, escapeIdentifier } from "pg";

import type { RowState, TableRows } from "./rowLosses";

/** Of a table with more rows its first ones are looked at, and all are counted. */
const mostRows = 5_000;
/** So many tables are read by one statement. */
const tablesAtOnce = 40;

interface Listed {
  readonly name: string;
  readonly title: string;
  readonly isRoot: boolean;
  readonly columns: readonly string[];
  readonly key: readonly string[];
}

const listQuery = `
SELECT format('%I.%I', n.nspname, c.relname) AS name, n.nspname || '.' || c.relname AS title, c.relkind = 'p' AS "isRoot",
  (SELECT coalesce(json_agg(a.attname ORDER BY a.attnum), '[]'::JSON) FROM pg_attribute AS a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns,
  (SELECT coalesce(json_agg(a.attname ORDER BY a.attname), '[]'::JSON) FROM pg_index AS x
     JOIN pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = ANY (x.indkey::INT2[])
    WHERE x.indrelid = c.oid AND x.indisprimary) AS key
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1) AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
ORDER BY 1`;

const sequencesQuery = `
SELECT format('%I.%I', n.nspname, c.relname) AS name, c.oid::TEXT AS id, pg_sequence_last_value(c.oid)::TEXT AS last
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1) AND c.relkind = 'S' ORDER BY 1`;

/** Reads the rows of every table of the schemas, partitioned ones as a whole, and where the sequences stand. */
export async function readRowState(client: Client, schemas: readonly string[]): Promise<RowState> {
  const { rows: listed } = await client.query<Listed>(listQuery, [schemas]);
  const tables = new Map<string, TableRows>();
  for (let from = 0; from < listed.length; from += tablesAtOnce) {
    const some = listed.slice(from, from + tablesAtOnce);
    const { rows } = await client.query<{
      readonly place: number;
      readonly total: string;
      readonly hashes: readonly (string | null)[];
    }>(some.map(selectOf).join("\nUNION ALL\n"));
    const found = some.map(() => ({ total: 0, rows: [] as (readonly (string | null)[])[] }));
    for (const { place, total, hashes } of rows) {
      const table = found[place];
      if (table === undefined) continue;
      table.total = Number(total);
      table.rows.push(hashes);
    }
    for (const [place, { title, columns, key }] of some.entries()) {
      tables.set(title, { columns, key, ...(found[place] ?? { total: 0, rows: [] }) });
    }
  }
  const { rows: sequences } = await client.query<{ name: string; id: string; last: string | null }>(
    sequencesQuery,
    [schemas],
  );
  return {
    tables,
    sequences: new Map(
      sequences.map(({ name, id, last }) => [name, { id, last: Number(last ?? 0) }]),
    ),
  };
}

function selectOf({ name, isRoot, columns, key }: Listed, place: number): string {
  const hash = (column: string): string =>
    `hashtextextended(t.${escapeIdentifier(column)}::TEXT COLLATE "C", 0)`;
  const hashes = columns.length === 0 ? "'{}'" : `ARRAY[${columns.map(hash).join(", ")}]`;
  const order = key.map((column) => `t.${escapeIdentifier(column)}`).join(", ");
  const from = `FROM ${isRoot ? "" : "ONLY "}${name} AS t`;
  return `(SELECT ${place} AS place, (SELECT count(*) ${from}) AS total, ${hashes}::INT8[] AS hashes ${from}
    ${order === "" ? "" : `ORDER BY ${order}`} LIMIT ${mostRows})`;
}
