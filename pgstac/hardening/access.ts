/**
 * What the application and readers may do in PgSTAC's schema, object by object and version by version: less than the rules
 * for other schemas give, because parts of PgSTAC run what is written into them, with the rights of its owner. Pure data.
 * Does NOT know roles by name, or compare (roles/compare/expected.ts).
 * Source: what was measured on a server with each version; docs/pgstac.md says what each of these closes, and costs.
 */
import type { PgstacVersion } from "./versions";

/** What one version has that must be told apart. */
export interface PgstacAccess {
  /** Routines that run with the rights of PgSTAC's owner, by signature. Any other, an overload too, is drift. */
  readonly definers: readonly string[];
  /** Routines that the application has no use for, or must not have: by signature. */
  readonly withheld: readonly string[];
  /** Tables whose rows the application writes. All others, and those of a later version, it only reads. */
  readonly written: readonly string[];
}

/** Definers that ingest needs. They make and drop partitions, and nothing else is reached through them. */
const usedDefiners = [
  "pgstac.check_partition(text,tstzrange,tstzrange)",
  "pgstac.delete_collection(text)",
] as const;

const commonDefiners = [
  ...usedDefiners,
  "pgstac.create_table_constraints(text,tstzrange,tstzrange)",
  "pgstac.drop_table_constraints(text)",
  "pgstac.repartition(text,text,boolean)",
] as const;

/** Functions of triggers: whoever may execute one may attach it to a table of their own. */
const commonTriggers = [
  "pgstac.collection_delete_trigger_func()",
  "pgstac.collections_trigger_func()",
  "pgstac.items_staging_triggerfunc()",
  "pgstac.partition_after_triggerfunc()",
  "pgstac.queryables_constraint_triggerfunc()",
  "pgstac.queryables_trigger_func()",
] as const;

/** What runs queued text, and upkeep that only an owner can do (analyze_items never ends for another). */
const commonRunners = [
  "pgstac.run_queued_queries()",
  "pgstac.run_queued_queries_intransaction()",
  "pgstac.analyze_items()",
  "pgstac.validate_constraints()",
  "pgstac.pgstac_admin_owns()",
] as const;

const commonWritten = [
  "pgstac.collections",
  "pgstac.format_item_cache",
  "pgstac.items",
  "pgstac.items_staging",
  "pgstac.items_staging_ignore",
  "pgstac.items_staging_upsert",
  "pgstac.partition_stats",
  "pgstac.search_wheres",
  "pgstac.searches",
] as const;

/** Less what is executed after all. */
const except = (all: readonly string[], used: readonly string[]): readonly string[] =>
  all.filter((one) => !used.includes(one));

const olderDefiners = [
  ...commonDefiners,
  "pgstac.maintain_index(text,text,bigint,boolean,boolean,boolean)",
];
const newerDefiners = [
  ...commonDefiners,
  "pgstac.collection_delete_trigger_func()",
  "pgstac.maintain_index(text,text,bigint,boolean,boolean)",
  "pgstac.maintain_reference_index(bigint)",
];

export const pgstacAccess: Readonly<Record<PgstacVersion, PgstacAccess>> = {
  "0.9.12": {
    definers: olderDefiners,
    withheld: [...except(olderDefiners, usedDefiners), ...commonTriggers, ...commonRunners],
    // Not queryables: what is written there becomes part of a CREATE INDEX that PgSTAC's owner runs.
    written: commonWritten,
  },
  "0.10.0": {
    definers: newerDefiners,
    withheld: [
      ...except(newerDefiners, usedDefiners),
      ...commonTriggers,
      "pgstac.queryables_reference_index_triggerfunc()",
      ...commonRunners,
      "pgstac.run_queued_query()",
      "pgstac.retire_queued_queries()",
    ],
    written: [...commonWritten, "pgstac.base_items", "pgstac.queryables"],
  },
};

/** Names of partitions of items: by collection, and by year or month in it. PgSTAC makes them as items arrive. */
const partitionName = /^pgstac\._items_[0-9]+(_[0-9]{4,6})?$/;

/** Who asks: readers write nothing, and what runs with another's rights they do not run. */
export type PgstacParty = "service" | "reader";

/**
 * Whether a party may execute a routine.
 *
 * @param identity  Its signature, as `pgstac.search(jsonb)`.
 */
export const mayExecute = (
  { definers, withheld }: PgstacAccess,
  party: PgstacParty,
  identity: string,
): boolean => !withheld.includes(identity) && !(party === "reader" && definers.includes(identity));

/** Whether the application writes rows of a table. */
export const mayWrite = ({ written }: PgstacAccess, identity: string): boolean =>
  written.includes(identity) || partitionName.test(identity);
