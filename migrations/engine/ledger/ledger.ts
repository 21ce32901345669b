/**
 * Reads and writes the ledger and the events, and makes both tables.
 * Does NOT decide anything: meaning is in history.ts, shape in shape.ts, order in plan.ts.
 */
import { type Client, escapeIdentifier } from "pg";

import { eventsTable, ledgerTable } from "../../../stack/ownTables";
import { printable } from "../../../stack/printable";
import type { Tier } from "../../../stack/tier";
import type { EventRow } from "../history/event";
import type { EventKind } from "../history/eventKinds";
import { foldHistory, type History, type LedgerRow } from "../history/history";
import type { RollbackTexts } from "../history/proof";
import {
  describePolicy,
  eventsShape,
  type EventWriters,
  ledgerShape,
  type PolicyChanges,
  type RowPolicy,
  runnerLockShape,
  type TableShape,
} from "../history/shape";
import {
  conditionOf,
  describeUpgrade,
  type TableUpgrade,
  tableUpgrades,
} from "../history/upgrades";
import { inspectPolicies, mendPolicies } from "./policies";

/** The tables of this program, in the order in which they are made. */
const shapes: readonly TableShape[] = [ledgerShape, eventsShape, runnerLockShape];

/** What a look at the tables found. */
export interface TablesState {
  /** Tables that do not exist. */
  readonly missing: readonly string[];
  /** Differences of tables that do exist, each with the table's name. */
  readonly differences: readonly string[];
  /** Steps from an older release's tables to this one's, in order. createTables takes them. */
  readonly upgrades: readonly TableUpgrade[];
  /** Row-security policies of the events that are not as they should be. createTables makes them so. */
  readonly policies: PolicyChanges;
}

/** The state in lines for people: every deviation, whether this program mends it or not. */
export function describeTables(state: TablesState): readonly string[] {
  const { missing, differences, upgrades, policies } = state;
  const lines = (word: string, found: readonly RowPolicy[]): readonly string[] =>
    found.map((policy) => `public.${eventsShape.name}: ${word}: ${describePolicy(policy)}`);
  return [
    ...missing.map((table) => `missing: ${table}`),
    ...differences.map(printable),
    ...upgrades.map(describeUpgrade),
    ...lines("missing", policies.missing),
    ...lines("unexpected", policies.unexpected),
  ];
}

/** Reads ledger and events. Tables that do not exist yet count as empty. */
export async function readHistory(client: Client): Promise<History> {
  const rows = await rowsOrNone<LedgerRow>(
    client,
    ledgerTable,
    `SELECT version, started_at AS "startedAt", completed_at AS "completedAt", coalesce(applied, false) AS applied,
            rolled_back_at AS "rolledBackAt", executed_by AS "executedBy", ticket_number AS ticket
       FROM ONLY ${ledgerTable} ORDER BY id`,
  );
  return foldHistory(rows, await readEvents(client));
}

/**
 * All events in order, without what they keep of the structure (see structure.ts), which can be long; none while there is
 * no such table.
 */
export function readEvents(client: Client): Promise<readonly EventRow[]> {
  return rowsOrNone<EventRow>(
    client,
    eventsTable,
    `SELECT id::float8 AS id, happened_at AS "happenedAt", login::text, kind, version, run::text, segment, checksum,
            rollback_checksum AS "rollbackChecksum", ticket, detail - '{structure,deviations}'::text[] AS detail
       FROM ONLY ${eventsTable} ORDER BY id`,
  );
}

async function rowsOrNone<T extends object>(
  client: Client,
  table: string,
  sql: string,
): Promise<readonly T[]> {
  // Asked first: a failed query would end the caller's transaction.
  const { rows } = await client.query<{ exists: boolean }>(
    "SELECT to_regclass($1) IS NOT NULL AS exists",
    [table],
  );
  return rows[0]?.exists === true ? (await client.query<T>(sql)).rows : [];
}

/** The server's clock: the one that events and ledger are written by. */
export async function serverTime(client: Client): Promise<Date> {
  const { rows } = await client.query<{ now: Date }>("SELECT clock_timestamp() AS now");
  const [row] = rows;
  if (row === undefined) throw new Error("the server did not tell the time");
  return row.now;
}

/** What happened, as the caller tells it; number, time and login are the server's. */
export interface NewEvent {
  readonly kind: EventKind;
  readonly version?: string;
  readonly run?: string;
  readonly segment?: number;
  readonly checksum?: string;
  readonly rollbackChecksum?: string;
  readonly ticket?: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** The columns that a writer may fill in, with their types. */
const columnTypes = {
  kind: "text",
  version: "text",
  run: "uuid",
  segment: "int4",
  checksum: "text",
  rollback_checksum: "text",
  ticket: "text",
  detail: "jsonb",
} as const satisfies Readonly<Record<string, string>>;

/** What else is written with an event. The numbers of its parameters begin with 1. */
export interface LedgerWrite {
  readonly text: string;
  readonly values: readonly unknown[];
}

/**
 * Appends one event, and writes the ledger before it in the same statement: one is never there without the other, and the
 * event is the later of the two. Names only the columns that are given: not every writer may fill in every one.
 *
 * @param uncounted  The server empties its counters when the transaction ends: what is recorded is nothing that a file has
 *                   written. Only for a login that may read the events.
 */
export async function recordEvent(
  client: Client,
  event: NewEvent,
  { write = null, uncounted = false }: { write?: LedgerWrite | null; uncounted?: boolean } = {},
): Promise<void> {
  const { kind, version, run, segment, checksum, rollbackChecksum, ticket, detail = {} } = event;
  const all: Readonly<Record<keyof typeof columnTypes, unknown>> = {
    ...{ kind, version, run, segment, checksum, rollback_checksum: rollbackChecksum, ticket },
    detail: JSON.stringify(detail),
  };
  const given = (Object.keys(columnTypes) as (keyof typeof columnTypes)[]).filter(
    (name) => all[name] !== undefined,
  );
  const before = write?.values ?? [];
  const values = given.map((_, index) => `$${before.length + index + 1}`);
  // Qualified: it may run under the search path of a file.
  const typed = given.map((name, index) => `${values[index]}::pg_catalog.${columnTypes[name]}`);
  const returning = uncounted ? " RETURNING pg_catalog.pg_stat_force_next_flush()" : "";
  const columns = given.map((name) => escapeIdentifier(name)).join(", ");
  await client.query(
    write === null
      ? `INSERT INTO ${eventsTable} (${columns}) VALUES (${values.join(", ")})${returning}`
      : `WITH written AS (${write.text} RETURNING 1)
         INSERT INTO ${eventsTable} (${columns})
         SELECT ${typed.join(", ")} FROM (SELECT pg_catalog.count(*) FROM written) AS done${returning}`,
    [...before, ...given.map((name) => all[name])],
  );
}

/** What the ledger's row of a version says besides its state. */
export interface LedgerEntry {
  readonly version: string;
  readonly description: string;
  readonly ticket: string;
}

/**
 * Marks a version as started. An upsert, so that a retry after a failure or a rollback is no error. A run that is
 * resumed keeps its first start: the segments done since then count.
 */
export const startedNow = (entry: LedgerEntry, resumes: boolean): LedgerWrite => ({
  text: `INSERT INTO ${ledgerTable} AS ledger (version, description, started_at, applied, executed_by, ticket_number)
     VALUES ($1::text, $2::text, clock_timestamp(), false, session_user, $3::text)
     ON CONFLICT (version) DO UPDATE SET
       description = excluded.description, applied = false, completed_at = NULL, rolled_back_at = NULL,
       started_at = CASE WHEN $4::boolean THEN ledger.started_at ELSE excluded.started_at END,
       executed_by = excluded.executed_by, ticket_number = excluded.ticket_number`,
  values: [entry.version, entry.description, entry.ticket, resumes],
});

/** Marks a started version as applied. */
export const appliedNow = (version: string): LedgerWrite => ({
  text: `UPDATE ONLY ${ledgerTable} SET applied = true, completed_at = clock_timestamp(), executed_by = session_user
      WHERE version = $1::text`,
  values: [version],
});

/** Marks a version as no longer whole, in the transaction that begins to take it back. */
export const rollbackBegun = (version: string): LedgerWrite => ({
  text: `UPDATE ONLY ${ledgerTable} SET applied = false, executed_by = session_user WHERE version = $1::text`,
  values: [version],
});

/** Marks a version as rolled back, for this ticket. */
export const rolledBackNow = (version: string, ticket: string): LedgerWrite => ({
  text: `UPDATE ONLY ${ledgerTable}
        SET applied = false, rolled_back_at = clock_timestamp(), executed_by = session_user, ticket_number = $2::text
      WHERE version = $1::text`,
  values: [version, ticket],
});

/** The newest proof of each text that ever ran: the one that is published, whatever became of the version. */
export const readProofs = (client: Client): Promise<readonly RollbackTexts[]> =>
  rowsOrNone<RollbackTexts>(
    client,
    eventsTable,
    `SELECT DISTINCT ON (version, checksum) version, checksum, rollback_checksum AS "rollbackChecksum"
       FROM ONLY ${eventsTable} WHERE kind = 'proven' ORDER BY version, checksum, id DESC`,
  );

/** Compares the live tables with their shapes. Runs as the admin or an auditor, reads only. */
export async function inspectTables(client: Client, writers: EventWriters): Promise<TablesState> {
  const missing: string[] = [];
  const differences: string[] = [];
  const upgrades: TableUpgrade[] = [];
  for (const shape of shapes) {
    const found = await describeTable(client, shape.name, writers.admin);
    if (found === null) {
      missing.push(`public.${shape.name}`);
      continue;
    }
    const condition = conditionOf(shape, found);
    if (condition.kind === "released") upgrades.push(...condition.upgrades);
    else differences.push(...condition.differences.map((line) => `public.${shape.name}: ${line}`));
  }
  const policies = missing.includes(`public.${eventsShape.name}`)
    ? { missing: [], unexpected: [] }
    : await inspectPolicies(client, writers);
  upgrades.sort((one, other) => one.to - other.to);
  return { missing, differences, upgrades, policies };
}

/**
 * Describes a table of `public` in lines that can be compared with a shape, or null when there is none.
 * NOT NULL is told by the column alone: only PostgreSQL 18 lists it as a constraint.
 */
async function describeTable(
  client: Client,
  table: string,
  owner: string,
): Promise<readonly string[] | null> {
  const { rows } = await client.query<{ line: string }>(
    `WITH t AS (
       SELECT c.oid, c.relkind, c.relrowsecurity, c.relpersistence, pg_get_userbyid(c.relowner) AS owner
         FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relname = $1
     )
     SELECT 'column ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
            || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
            || CASE WHEN a.attidentity = 'a' THEN ' GENERATED ALWAYS AS IDENTITY' ELSE '' END
            || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '') AS line
       FROM t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
       LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     UNION ALL
     SELECT 'constraint ' || pg_get_constraintdef(k.oid)
       FROM t JOIN pg_constraint k ON k.conrelid = t.oid WHERE k.contype <> 'n'
     UNION ALL
     SELECT 'index ' || CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END
            || substring(pg_get_indexdef(i.indexrelid) FROM 'USING .*')
       FROM t JOIN pg_index i ON i.indrelid = t.oid
      WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)
     UNION ALL
     SELECT 'row security enabled' FROM t WHERE t.relrowsecurity
     UNION ALL
     SELECT 'trigger ' || g.tgname FROM t JOIN pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal
     UNION ALL
     SELECT 'rule ' || r.rulename FROM t JOIN pg_rewrite r ON r.ev_class = t.oid WHERE t.relkind = 'r'
     UNION ALL
     SELECT 'lost in a crash: unlogged' FROM t WHERE t.relpersistence <> 'p'
     UNION ALL
     SELECT 'kind ' || t.relkind::text FROM t WHERE t.relkind <> 'r'
     UNION ALL
     SELECT 'owner ' || t.owner FROM t WHERE t.owner <> $2`,
    [table, owner],
  );
  return rows.length === 0 ? null : rows.map((row) => row.line);
}

/**
 * Brings tables of an older release up to date, makes those that do not exist, makes the events' policies what they
 * should be, and stamps a database that has no stamp. In the caller's transaction.
 */
export async function createTables(
  client: Client,
  writers: EventWriters,
  tier: Tier,
): Promise<void> {
  const { missing, upgrades } = await inspectTables(client, writers);
  for (const { to, table, title, statements } of upgrades) {
    for (const statement of statements) await client.query(statement);
    await recordEvent(client, { kind: "upgraded", detail: { to, table, title } });
  }
  for (const shape of shapes.filter((one) => missing.includes(`public.${one.name}`))) {
    for (const statement of shape.create) await client.query(statement);
    // A new table is its owner's alone; ExactGrants adds what the rules say.
    await client.query(`REVOKE ALL ON TABLE public.${escapeIdentifier(shape.name)} FROM PUBLIC`);
  }
  await mendPolicies(client, await inspectPolicies(client, writers));
  const { stamp } = await readHistory(client);
  if (stamp !== null) return;
  const isNew = missing.includes(`public.${eventsShape.name}`);
  const tables = Math.max(...tableUpgrades.map(({ to }) => to));
  await recordEvent(client, { kind: "stamped", detail: { tier, ...(isNew ? { tables } : {}) } });
}

/**
 * Whether no schema but the system's holds anything: an empty database may be stamped without asking. What an extension
 * brought does not count, of whatever kind it is. A ledger that is there already counts.
 *
 * Every object in a schema depends on it by itself, but for what is part of another object (an index, a table's row
 * type, an array type), so these need not be told from others.
 */
export async function isEmptyDatabase(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ empty: boolean }>(
    `SELECT NOT EXISTS (
       SELECT FROM pg_catalog.pg_namespace n
         JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_namespace'::regclass AND d.refobjid = n.oid
        WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND d.deptype = 'n'
          -- An extension, default privileges, and what a publication publishes lie in no schema.
          AND d.classid NOT IN ('pg_catalog.pg_extension'::regclass, 'pg_catalog.pg_default_acl'::regclass,
                                'pg_catalog.pg_publication_namespace'::regclass)
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                           WHERE e.classid = d.classid AND e.objid = d.objid AND e.deptype = 'e')
     ) AS empty`,
  );
  return rows[0]?.empty === true;
}
