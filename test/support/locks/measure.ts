/**
 * Runs one statement on a real server and says what it locked, wrote anew and read, by the server's own books.
 * Does NOT keep what the statement did: its transaction is rolled back.
 */
import type { Client } from "pg";

import { type LockMode, lockModes, strongerOf } from "../../../migrations/engine/sql/lockModes";

/** A relation of the database, as it was before. */
export interface Relation {
  /** `schema.name` */
  readonly name: string;
  /** pg_class.relkind. */
  readonly kind: string;
  /** Of an index: its table's name. */
  readonly table: string | null;
}

/** By the relation's name; only relations that were there before, and no catalogs or TOAST. */
export interface Measured {
  readonly locks: ReadonlyMap<string, LockMode>;
  readonly rewrites: ReadonlySet<string>;
  readonly scans: ReadonlySet<string>;
}

interface State {
  readonly relation: Relation;
  readonly filenode: string;
  readonly reads: number;
}

// Index scans count as well: a foreign key's check may read the referenced table by its key.
const STATE = `
SELECT c.oid::text AS oid, n.nspname || '.' || c.relname AS name, c.relkind::text AS kind,
       pg_relation_filenode(c.oid)::text AS filenode,
       coalesce(s.seq_scan, 0)::integer + coalesce(s.idx_scan, 0)::integer AS reads,
       (SELECT tn.nspname || '.' || t.relname FROM pg_index AS i JOIN pg_class AS t ON t.oid = i.indrelid
          JOIN pg_namespace AS tn ON tn.oid = t.relnamespace WHERE i.indexrelid = c.oid) AS "table"
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  LEFT JOIN pg_stat_xact_user_tables AS s ON s.relid = c.oid
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`;

const LOCKS = `
SELECT relation::text AS oid, mode FROM pg_locks
 WHERE locktype = 'relation' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND pid = $1`;

/** "AccessExclusiveLock" to "ACCESS EXCLUSIVE". */
function modeOf(text: string): LockMode {
  const words = text
    .replace(/Lock$/, "")
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toUpperCase();
  const mode = lockModes.find((one) => one === words);
  if (mode === undefined) throw new Error(`no lock mode: ${text}`);
  return mode;
}

/** Relations by oid. */
export async function readState(client: Client): Promise<ReadonlyMap<string, State>> {
  const { rows } = await client.query<Relation & { oid: string; filenode: string; reads: number }>(
    STATE,
  );
  return new Map(
    rows.map(({ oid, name, kind, table, filenode, reads }) => [
      oid,
      { relation: { name, kind, table }, filenode, reads },
    ]),
  );
}

/** Locks of a session on relations that `before` knows, granted or waited for. */
export async function readLocks(
  client: Client,
  pid: number,
  before: ReadonlyMap<string, State>,
): Promise<Map<string, LockMode>> {
  const { rows } = await client.query<{ oid: string; mode: string }>(LOCKS, [pid]);
  const locks = new Map<string, LockMode>();
  for (const { oid, mode } of rows) {
    const name = before.get(oid)?.relation.name;
    if (name === undefined) continue;
    const seen = locks.get(name);
    const one = modeOf(mode);
    locks.set(name, seen === undefined ? one : strongerOf(seen, one));
  }
  return locks;
}

/** The session's process on the server. */
export async function pidOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  return rows[0]?.pid ?? 0;
}

/** Runs a statement in a transaction of its own, which is rolled back. */
export async function measure(client: Client, sql: string): Promise<Measured> {
  await client.query("BEGIN");
  try {
    const before = await readState(client);
    await client.query(sql);
    const locks = await readLocks(client, await pidOf(client), before);
    const after = await readState(client);
    const rewrites = new Set<string>();
    const scans = new Set<string>();
    const byName = new Map([...after.values()].map((state) => [state.relation.name, state]));
    for (const [oid, { relation, filenode, reads }] of before) {
      // An index that is made anew may be another one, of the same name or the same file.
      const now = after.get(oid) ?? byName.get(relation.name);
      if (now === undefined) continue;
      // A sequence is one row: nobody waits for that.
      if (now.filenode !== filenode && relation.kind !== "S") rewrites.add(relation.name);
      if (now.reads > reads) scans.add(relation.name);
    }
    return { locks, rewrites, scans };
  } finally {
    await client.query("ROLLBACK");
  }
}
