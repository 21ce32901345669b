/**
 * Ways in which a role that may write PgSTAC's rows has become PgSTAC's owner, or more: each was shown on a server that
 * nobody had hardened.
 * Does NOT run them.
 */
import type { PgstacVersion } from "../../../pgstac/hardening/versions";

export interface PgstacAttack {
  readonly title: string;
  /** Statements of one session of the application's, one transaction each. */
  readonly statements: readonly string[];
  /** SQLSTATEs by which the last may be refused; empty: it may succeed, and must have done nothing. */
  readonly refused: readonly string[];
  /** Absent: both. */
  readonly only?: PgstacVersion;
}

/** Code that would make a table, if it ran with the rights of PgSTAC's owner. */
const takesOver = `CREATE OR REPLACE FUNCTION pg_temp.take_over() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN CREATE TABLE pgstac.stolen (a integer); RETURN NEW; END $$`;

const decoy = (table: string, operation: string): readonly string[] => [
  takesOver,
  `CREATE TEMPORARY TABLE ${table} (LIKE pgstac.${table})`,
  `GRANT ALL ON pg_temp.${table} TO PUBLIC`,
  `CREATE TRIGGER decoy BEFORE ${operation} ON pg_temp.${table} FOR EACH STATEMENT EXECUTE FUNCTION pg_temp.take_over()`,
];

const denied = ["42501"] as const;

export const pgstacAttacks: readonly PgstacAttack[] = [
  {
    title: "a temporary collections is what delete_collection means",
    statements: [
      ...decoy("collections", "DELETE"),
      // One that is there: else all of it is rolled back.
      "INSERT INTO pg_temp.collections (key, id, content) VALUES (1, 'x', '{}')",
      "SELECT pgstac.delete_collection('x')",
    ],
    refused: [],
  },
  {
    title: "a temporary partition_stats is what check_partition means",
    statements: [
      ...decoy("partition_stats", "INSERT OR UPDATE"),
      'INSERT INTO pgstac.collections (content) VALUES (\'{"id": "bait"}\')',
      "SELECT pgstac.check_partition('bait', tstzrange('2025-01-01', '2025-02-01'), tstzrange('2025-01-01', '2025-02-01'))",
    ],
    refused: [],
  },
  {
    title: "queues a statement for whoever drains the queue",
    statements: [
      "INSERT INTO pgstac.query_queue (query) VALUES ('ALTER ROLE CURRENT_USER CREATEROLE')",
    ],
    refused: denied,
  },
  {
    title: "runs what is queued",
    statements: ["CALL pgstac.run_queued_queries()"],
    refused: denied,
  },
  {
    title: "attaches a definer of triggers to a table of its own",
    statements: [
      "CREATE TEMPORARY TABLE bait (key bigint, id text)",
      "CREATE TRIGGER drops BEFORE DELETE ON bait FOR EACH ROW EXECUTE FUNCTION pgstac.collection_delete_trigger_func()",
    ],
    refused: denied,
  },
  {
    title: "names a table in partition_stats for PgSTAC to alter",
    statements: ["INSERT INTO pgstac.partition_stats (partition) VALUES ('collections')"],
    refused: ["23514"],
  },
  {
    title: "names a command in partition_stats",
    statements: [
      "INSERT INTO pgstac.partition_stats (partition) VALUES ('_items_1; CREATE TABLE pgstac.stolen (a integer); --')",
    ],
    refused: ["23514"],
  },
  {
    title: "alters a partition's constraints",
    statements: [
      "SELECT pgstac.create_table_constraints('_items_1', tstzrange('2025-01-01', '2025-02-01'), tstzrange('2025-01-01', '2025-02-01'))",
    ],
    refused: denied,
  },
  {
    title: "writes SQL that every search runs",
    statements: ["UPDATE pgstac.cql2_ops SET template = 'pg_temp.take_over()'"],
    refused: denied,
  },
  {
    title: "writes the functions that wrap a queryable",
    statements: ["UPDATE pgstac.queryable_wrappers SET wrapper = 'pg_temp.take_over'"],
    refused: [...denied, "42703"],
    only: "0.10.0",
  },
  {
    title: "writes an index for PgSTAC to make",
    statements: [
      `INSERT INTO pgstac.queryables (name, property_index_type)
         VALUES ('bait', 'BTREE (id); CREATE TABLE pgstac.stolen (a integer); --')`,
    ],
    refused: [...denied, "P0001", "22023", "23514", "23503", "42601"],
  },
  {
    title: "makes an index with the owner's rights",
    statements: [
      "SELECT pgstac.maintain_index('a', 'CREATE TABLE pgstac.stolen (a integer)', 1, true, true)",
    ],
    refused: [...denied, "42883"],
  },
  {
    title: "moves every partition",
    statements: ["SELECT pgstac.repartition('c', 'year', true)"],
    refused: denied,
  },
  {
    title: "keeps a session busy for ever",
    statements: ["CALL pgstac.analyze_items()"],
    refused: denied,
  },
  {
    title: "changes PgSTAC's settings for everybody",
    statements: ["UPDATE pgstac.pgstac_settings SET value = 'on' WHERE name = 'use_queue'"],
    refused: denied,
  },
  {
    title: "writes the version",
    statements: ["INSERT INTO pgstac.migrations (version) VALUES ('9.9.9')"],
    refused: denied,
  },
  {
    title: "writes through a view of the owner's",
    statements: ["DELETE FROM pgstac.collections_asitems"],
    refused: denied,
  },
  ...[
    "TRUNCATE pgstac.items",
    "TRUNCATE pgstac.collections CASCADE",
    "CREATE TABLE pgstac.stolen (a integer)",
    "CREATE FUNCTION pgstac.stolen() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "CREATE INDEX stolen ON pgstac.collections (id)",
    "CREATE TRIGGER stolen BEFORE DELETE ON pgstac.collections EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "ALTER TABLE pgstac.items ADD COLUMN stolen integer",
    "ALTER FUNCTION pgstac.check_partition(text, tstzrange, tstzrange) RESET search_path",
    "DROP TABLE pgstac.items CASCADE",
    "DROP SCHEMA pgstac CASCADE",
    "SET ROLE pgstac_admin",
    "SET ROLE pgstac_ingest",
    "ALTER ROLE pgstac_admin LOGIN",
  ].map((statement): PgstacAttack => ({
    title: statement,
    statements: [statement],
    refused: denied,
  })),
];
