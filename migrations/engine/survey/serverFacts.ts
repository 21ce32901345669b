/**
 * Asks the server what pre-flight judges: in catalogs and views only, without waiting for any lock.
 * Does NOT judge (see preflight.ts), and writes nothing: previews may use it.
 */
import type { Client } from "pg";

import { lookAtPgstac } from "../../../pgstac/database/look";
import { applicationName } from "../../../stack/connection";
import type { RoleSettings } from "../../../stack/settings";
import type { Blocker } from "../server/blockers";
import { blockerColumns } from "../server/watch";
import type { LockMode } from "../sql/lockModes";
import { limits, type Needs, type RelationFact, type ServerFacts } from "./preflight";

/** A snapshot whose age is hidden counts as old when this many transactions have begun since. */
const oldSnapshotTransactions = 100_000;

/** What is the same for every migration. */
export type GeneralFacts = Omit<ServerFacts, "relations">;

/**
 * Reads all facts.
 *
 * @param client  Any login's; the admin's sees most. What it may not see is told as such.
 */
export const readServerFacts = async (
  client: Client,
  roles: RoleSettings,
  needs: Needs,
): Promise<ServerFacts> => ({
  ...(await readGeneralFacts(client, roles)),
  relations: await readRelations(client, roles, needs),
});

/** Reads what is the same for every migration. */
export async function readGeneralFacts(client: Client, roles: RoleSettings): Promise<GeneralFacts> {
  const { rows } = await client.query<
    Pick<ServerFacts, "inRecovery"> & {
      used: number;
      most: number;
      count: number;
      delayMs: number | null;
      hidden: boolean;
    }
  >(
    `SELECT pg_is_in_recovery() AS "inRecovery",
            (SELECT count(*)::int FROM pg_stat_activity WHERE usesysid IS NOT NULL AND datid IS NOT NULL) AS used,
            current_setting('max_connections')::int
              - current_setting('superuser_reserved_connections')::int
              - coalesce(current_setting('reserved_connections', true), '0')::int AS most,
            r.* FROM (SELECT count(*)::int AS count, 1000 * extract(epoch FROM max(replay_lag))::float8 AS "delayMs",
                             coalesce(bool_or(state IS NULL), false) AS hidden FROM pg_stat_replication) r`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error("the server did not say anything of itself");
  const { inRecovery, used, most, count, delayMs, hidden } = row;
  return {
    inRecovery,
    connections: { used, most },
    replicas: { count, delayMs, hidden },
    oldTransactions: await readOldTransactions(client, roles),
    versions: await readVersions(client),
  };
}

/** Sessions of this program are not in its own way. $1: logins, $2: names. */
const notOurs = "NOT (a.usename = ANY ($1::text[]) AND a.application_name LIKE $2)";
const ours = (roles: RoleSettings): [string[], string] => [
  [roles.admin, ...roles.migrators],
  applicationName("%"),
];

async function readOldTransactions(
  client: Client,
  roles: RoleSettings,
): Promise<readonly Blocker[]> {
  const { rows } = await client.query<Blocker>(
    `SELECT a.pid, ${blockerColumns} FROM pg_stat_activity a
      WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND ${notOurs}
        AND (a.xact_start < clock_timestamp() - make_interval(secs => $3)
             OR a.xact_start IS NULL AND greatest(age(a.backend_xmin), age(a.backend_xid)) > $4)
      UNION ALL
     SELECT 0, p.owner::text, NULL, NULL, 1000 * extract(epoch FROM clock_timestamp() - p.prepared)::float8, NULL
       FROM pg_prepared_xacts p
      WHERE p.database = current_database() AND p.prepared < clock_timestamp() - make_interval(secs => $3)`,
    [...ours(roles), limits.oldTransactionMs / 1000, oldSnapshotTransactions],
  );
  return rows;
}

/** A relation, and who else holds or wants a lock on it. */
interface RelationRow extends Omit<RelationFact, "locks"> {
  readonly held: readonly (Blocker & { readonly mode: string })[];
}

/** Existing tables and indexes that the migration locks, with their size and who else locks them. */
export async function readRelations(
  client: Client,
  roles: RoleSettings,
  { locks }: Needs,
): Promise<readonly RelationFact[]> {
  const objects = locks.filter(({ object }) => object.schema !== null).map(({ object }) => object);
  if (objects.length === 0) return [];
  const text = `WITH wanted AS (SELECT DISTINCT * FROM unnest($3::text[], $4::text[]) AS w(schema, name)),
          size AS (SELECT current_setting('block_size')::float8 AS block)
     SELECT n.nspname AS schema, c.relname AS name, c.relpages * size.block AS "heapBytes",
            (c.relpages + coalesce(t.relpages, 0)
              + coalesce((SELECT sum(x.relpages) FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
                           WHERE i.indrelid IN (c.oid, t.oid)), 0)) * size.block AS "totalBytes",
            coalesce((SELECT json_agg(h) FROM (
              SELECT l.mode, l.pid, ${blockerColumns}
                FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
               WHERE l.relation = c.oid AND a.datname = current_database() AND l.pid <> pg_backend_pid() AND ${notOurs}
            ) AS h), '[]') AS held
       FROM wanted w JOIN pg_namespace n ON n.nspname = w.schema
       JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name
       LEFT JOIN pg_class t ON t.oid = c.reltoastrelid CROSS JOIN size`;
  const names = [objects.map(({ schema }) => schema), objects.map(({ name }) => name)];
  // A run asks before each of its migrations, and the session keeps it planned.
  const { rows } = await client.query<RelationRow>({
    ...{ name: "relations", text, values: [...ours(roles), ...names] },
  });
  return rows.map(({ held, ...relation }) => ({
    ...relation,
    locks: held.map(({ mode, ...holder }) => ({ mode: modeName(mode), holder })),
  }));
}

/** `ShareUpdateExclusiveLock` to `SHARE UPDATE EXCLUSIVE`. */
const modeName = (mode: string): LockMode =>
  mode
    .replace(/Lock$/, "")
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toUpperCase() as LockMode;

/** Versions of the server, its extensions and PgSTAC, by lower-case name. */
async function readVersions(client: Client): Promise<Readonly<Record<string, string>>> {
  const { rows } = await client.query<{ name: string; version: string; readable: boolean }>(
    `SELECT lower(extname) AS name, extversion AS version FROM pg_extension
      UNION ALL SELECT 'postgresql', split_part(current_setting('server_version'), ' ', 1)`,
  );
  const versions = new Map(rows.map(({ name, version }) => [name, version]));
  // PgSTAC is no extension: it keeps its version in a table of its own.
  const { version: pgstac } = await lookAtPgstac(client);
  if (pgstac !== null) versions.set("pgstac", pgstac);
  return Object.fromEntries(versions);
}
