/**
 * Counts, before a column gets another type and under the lock that this takes, the values that would not come back if it
 * got the old one again. No counter of the server shows them.
 * Does NOT change anything: what the expression does is taken back.
 */
import { type Client, DatabaseError, escapeIdentifier } from "pg";

import type { ObjectName } from "../sql/objectName";
import type { Retype } from "./retypes";

/** What a change of type loses. */
export interface Narrowed {
  readonly table: ObjectName;
  readonly column: string;
  readonly type: string;
  readonly lost: number;
  readonly keepsAll: boolean;
}

const quoted = ({ schema, name }: ObjectName): string =>
  [schema, name].flatMap((part) => (part === null ? [] : escapeIdentifier(part))).join(".");

/** @returns Null where it cannot be asked: there is no such column, or no way back from the new type. */
export async function countNarrowed(client: Client, retype: Retype): Promise<Narrowed | null> {
  const { table, column, type, using, keepsAll } = retype;
  const { rows: columns } = await client.query<{ type: string }>(
    `SELECT pg_catalog.format_type(a.atttypid, a.atttypmod) AS type FROM pg_catalog.pg_attribute AS a
      WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass($1)::pg_catalog.oid
        AND a.attname OPERATOR(pg_catalog.=) $2::pg_catalog.name AND NOT a.attisdropped`,
    [quoted(table), column],
  );
  const old = columns[0]?.type;
  if (old === undefined) return null;
  const own = escapeIdentifier(column);
  const back = `(((${using ?? own})::${type})::${old})::pg_catalog.text`;
  await client.query("SAVEPOINT narrowing");
  try {
    const { rows } = await client.query<{ lost: number }>(
      `SELECT pg_catalog.count(*)::pg_catalog.float8 AS lost FROM ${quoted(table)}
        WHERE NOT COALESCE(${back} OPERATOR(pg_catalog.=) ${own}::pg_catalog.text, ${back} IS NULL AND ${own} IS NULL)`,
    );
    return { table, column, type, keepsAll, lost: rows[0]?.lost ?? 0 };
  } catch (error) {
    // A value that the new type refuses stops the statement itself, which says it better.
    if (!(error instanceof DatabaseError)) throw error;
    return null;
  } finally {
    await client.query("ROLLBACK TO SAVEPOINT narrowing");
    await client.query("RELEASE SAVEPOINT narrowing");
  }
}
