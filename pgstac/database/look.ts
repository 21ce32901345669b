/**
 * Looks at the PgSTAC that a database has, without trusting what it finds: whoever may write into the schema could have put
 * something else in the place of PgSTAC's table of versions, and reading it would run their code as whoever reads.
 * Does NOT change anything, or judge what it found (see pgstac/hardening/plan.ts).
 */
import type { Client } from "pg";

import { pgstacOwner, pgstacSchema } from "../hardening/versions";

/** What is there. */
export interface PgstacLook {
  /** Null: PgSTAC is not installed, or this login may not see it. */
  readonly version: string | null;
  /** It is there, and this login may not read it. */
  readonly hidden: boolean;
  /** Why the version cannot be read safely; null when it can, or when there is nothing to read. */
  readonly distrust: string | null;
  /** Statements that wait in query_queue: an upgrade would run them as the admin. */
  readonly queued: number;
}

interface FoundTable {
  readonly kind: string;
  readonly owner: string;
  readonly ruled: boolean;
  readonly parent: boolean;
  readonly readable: boolean;
}

/** Relations are named whole, and only a plain table of PgSTAC's owner is read. */
async function findTable(client: Client, name: string): Promise<FoundTable | undefined> {
  const { rows } = await client.query<FoundTable>(
    `SELECT c.relkind AS kind, pg_catalog.pg_get_userbyid(c.relowner) AS owner,
            c.relhasrules OR c.relrowsecurity AS ruled, c.relhassubclass AS parent,
            has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS readable
       FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relname = $2`,
    [pgstacSchema, name],
  );
  return rows[0];
}

/** Why a relation is not the plain table that PgSTAC makes; null when it is. */
function distrustOf(name: string, { kind, owner, ruled, parent }: FoundTable): string | null {
  const relation = `${pgstacSchema}.${name}`;
  if (kind !== "r") return `${relation} is not an ordinary table`;
  if (owner !== pgstacOwner) return `${relation} belongs to ${owner}, not to ${pgstacOwner}`;
  if (ruled || parent) return `${relation} has rules, row security or tables that inherit from it`;
  return null;
}

/** Reads version and queue, each only from a plain table of PgSTAC's owner. Reads only. */
export async function lookAtPgstac(client: Client): Promise<PgstacLook> {
  const nothing = { version: null, hidden: false, distrust: null, queued: 0 };
  const migrations = await findTable(client, "migrations");
  if (migrations === undefined) return nothing;
  const distrust = distrustOf("migrations", migrations);
  if (distrust !== null) return { ...nothing, distrust };
  if (!migrations.readable) return { ...nothing, hidden: true };
  const { rows } = await client.query<{ version: string }>(
    `SELECT version FROM ONLY pgstac.migrations ORDER BY datetime DESC, version DESC LIMIT 1`,
  );
  const version = rows[0]?.version ?? null;
  const queue = await findTable(client, "query_queue");
  if (queue === undefined) return { ...nothing, version };
  const queueDistrust = distrustOf("query_queue", queue);
  if (queueDistrust !== null || !queue.readable) {
    return { ...nothing, version, distrust: queueDistrust };
  }
  const counted = await client.query<{ queued: number }>(
    "SELECT count(*)::float8 AS queued FROM ONLY pgstac.query_queue",
  );
  return { ...nothing, version, queued: counted.rows[0]?.queued ?? 0 };
}
