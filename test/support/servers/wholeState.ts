/**
 * Everything that an attack could leave behind in a database and its server, as sorted lines: definitions, owners,
 * privileges, roles with their passwords and settings, rows, large objects, files of settings, replication.
 * Does NOT hold what ends with a session (temporary objects, locks, settings), nor statistics, nor the next number of
 * ledger and events, which a healing moves.
 */
import type { Client } from "pg";

import { readCatalog } from "./catalog";
import { serverCatalog } from "./tierDatabase";

/** Catalogs that are small enough to be compared row by row. `oid` goes where a row is made anew by what is undone. */
const wholeCatalogs = [
  "pg_authid",
  "pg_auth_members",
  "pg_parameter_acl",
  "pg_largeobject_metadata",
  "pg_event_trigger",
  "pg_publication",
  "pg_publication_rel",
  "pg_subscription",
  "pg_foreign_data_wrapper",
  "pg_foreign_server",
  "pg_user_mapping",
  "pg_language",
  "pg_am",
  "pg_tablespace",
  "pg_statistic_ext",
  "pg_seclabel",
  "pg_shseclabel",
  "pg_replication_slots",
  "pg_replication_origin",
  "pg_prepared_xacts",
] as const;

/** What passes by itself, or is only a number: of rows that a healing makes anew, and of slots. */
const passing = "- 'oid' - 'grantor' - 'prepared' - 'reltuples'";

const QUERY = `${serverCatalog}
UNION ALL
${wholeCatalogs
  .map((name) => `SELECT format('${name} %s', to_jsonb(c) ${passing}) FROM pg_catalog.${name} AS c`)
  .join("\nUNION ALL\n")}
UNION ALL
SELECT format('cast %s to %s', castsource::REGTYPE, casttarget::REGTYPE) FROM pg_cast
UNION ALL
SELECT format('rule %s enabled %s', pg_get_ruledef(oid), ev_enabled) FROM pg_rewrite WHERE rulename <> '_RETURN'
UNION ALL
SELECT format('large object data %s %s', loid, md5(string_agg(data, '' ORDER BY pageno))) FROM pg_largeobject GROUP BY loid
UNION ALL
SELECT format('line of a settings file: %s = %s', name, setting) FROM pg_file_settings
UNION ALL
SELECT format('comment on %s %s: %s', classoid::REGCLASS, objoid, description) FROM pg_shdescription
UNION ALL
SELECT format('rows of %s.%s %s', relnamespace::REGNAMESPACE, relname, md5(table_to_xml(oid, true, false, '')::TEXT))
  FROM pg_class
 WHERE relkind IN ('r', 'm', 'S') AND relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname = ANY ($1))
   AND relname NOT IN ('schema_migrations_id_seq', 'schema_migration_events_id_seq')`;

/** Returns the lines. Equal lists mean that nothing of what is compared has changed. Needs a superuser's session. */
export async function wholeState(client: Client): Promise<readonly string[]> {
  const { rows: schemas } = await client.query<{ name: string }>(
    `SELECT nspname AS name FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'`,
  );
  const names = schemas.map(({ name }) => name);
  const { rows } = await client.query<{ line: string }>(QUERY, [names]);
  return [...rows.map(({ line }) => line), ...(await readCatalog(client, names))].sort();
}

/**
 * A short answer that stays the same for as long as nobody has written anything: whatever is written to a table or a
 * catalog takes a transaction id, and what needs none is looked at. Needs autovacuum off.
 */
export async function lastWrite(client: Client): Promise<string> {
  const { rows } = await client.query<{ state: string }>(
    `SELECT concat_ws(' ', pg_snapshot_xmax(pg_current_snapshot()),
              (SELECT md5(string_agg(s::TEXT, '' ORDER BY s::TEXT)) FROM pg_sequences s),
              (SELECT md5(string_agg(f::TEXT, '' ORDER BY f::TEXT)) FROM pg_file_settings f),
              (SELECT count(*) FROM pg_replication_slots)) AS state`,
  );
  return rows[0]?.state ?? "";
}

/** What is only in one of two states: `- ` was there, `+ ` has come. */
export function differences(
  before: readonly string[],
  after: readonly string[],
): readonly string[] {
  const [old, now] = [new Set(before), new Set(after)];
  return [
    ...before.filter((line) => !now.has(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !old.has(line)).map((line) => `+ ${line}`),
  ];
}
