/**
 * What Azure Database for PostgreSQL Flexible Server offers, as data: versions, sizes, extensions. Pure.
 * Does NOT know what one region offers at this moment: only the capabilities API does (docs/azure.md has the command).
 *
 * Source: Microsoft's pages concepts-supported-versions (8 Dec 2025), concepts-compute (13 Jan 2026),
 * concepts-storage-premium-ssd, concepts-limits (13 Nov 2025) and extensions-tables-by-engine-17 (8 Jun 2026).
 */

/** Versions that this program runs on and Azure supports. */
export const versions = ["15", "16", "17", "18"] as const;
export type Version = (typeof versions)[number];

/** The default of a stack that says none: the estate's own. */
export const defaultVersion: Version = "17";

export type SkuTier = "Burstable" | "GeneralPurpose" | "MemoryOptimized";

/** A family of sizes: the text before the number of cores and behind it. */
interface Family {
  readonly tier: SkuTier;
  readonly prefix: string;
  readonly sizes: readonly (number | string)[];
  readonly suffix: string;
}

const upTo96 = [2, 4, 8, 16, 32, 48, 64, 96];
const families: readonly Family[] = [
  {
    tier: "Burstable",
    prefix: "Standard_B",
    sizes: ["1ms", "2s", "2ms", "4ms", "8ms", "12ms", "16ms", "20ms"],
    suffix: "",
  },
  ...["ds_v4", "ds_v5", "ads_v5", "ads_v6"].flatMap((suffix): readonly Family[] => [
    { tier: "GeneralPurpose", prefix: "Standard_D", sizes: upTo96, suffix },
    { tier: "MemoryOptimized", prefix: "Standard_E", sizes: [...upTo96, 20], suffix },
  ]),
  { tier: "GeneralPurpose", prefix: "Standard_D", sizes: [...upTo96, 128, 192], suffix: "ds_v6" },
  {
    tier: "MemoryOptimized",
    prefix: "Standard_E",
    sizes: [...upTo96, 20, 128, 192],
    suffix: "ds_v6",
  },
  {
    tier: "GeneralPurpose",
    prefix: "Standard_D",
    sizes: [2, 4, 8, 16, 32, 48, 64],
    suffix: "s_v3",
  },
  {
    tier: "MemoryOptimized",
    prefix: "Standard_E",
    sizes: [2, 4, 8, 16, 20, 32, 48, 64],
    suffix: "s_v3",
  },
];

/** Every size by its name. */
export const skus: ReadonlyMap<string, SkuTier> = new Map(
  families.flatMap(({ tier, prefix, sizes, suffix }) =>
    sizes.map((size): [string, SkuTier] => [`${prefix}${size}${suffix}`, tier]),
  ),
);

/** Sizes of a Premium SSD in GiB; storage only ever grows, from one to the next. */
export const storageSizes = [32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768] as const;

/** Connections that are left to logins on the smallest size: 50 less the 15 that Azure keeps. Source: concepts-limits. */
export const userConnections: ReadonlyMap<string, number> = new Map([
  ["Standard_B1ms", 35],
  ["Standard_B2s", 414],
  ["Standard_B2ms", 844],
]);

/** Microsoft's list for version 17; those for 15, 16 and 18 have what this estate uses as well. */
const everywhere = `address_standardizer address_standardizer_data_us age amcheck anon azure_ai azure_storage bloom
  btree_gin btree_gist citext credcheck cube dict_int dict_xsyn earthdistance fuzzystrmatch hll hstore hypopg intagg
  intarray ip4r isn lo login_hook ltree oracle_fdw orafce pageinspect pg_buffercache pg_cron pg_diskann pg_duckdb
  pg_freespacemap pg_hint_plan pg_ivm pg_partman pg_prewarm pg_repack pg_squeeze pg_stat_statements pg_trgm
  pg_visibility pgaudit pgcrypto pglogical pgrouting pgrowlocks pgstattuple plpgsql plv8 postgis postgis_raster
  postgis_sfcgal postgis_tiger_geocoder postgis_topology postgres_fdw postgres_protobuf semver session_variable sslinfo
  tablefunc tdigest tds_fdw temporal_tables timescaledb topn tsm_system_rows tsm_system_time unaccent uuid-ossp vector
  dblink`;

/** Whether `azure.extensions` takes the name. `h3`, for one, is on no list. */
export const offersExtension = (name: string): boolean => extensions.has(name);
const extensions: ReadonlySet<string> = new Set(everywhere.split(/\s+/));

/** Extensions whose library must be loaded when the server starts, beside what Azure loads by itself. */
export const preloaded: ReadonlySet<string> = new Set([
  ...[
    "age",
    "anon",
    "credcheck",
    "pg_cron",
    "pg_duckdb",
    "pg_hint_plan",
    "pg_ivm",
    "pg_partman_bgw",
  ],
  ...["pg_prewarm", "pg_squeeze", "pgaudit", "pglogical", "timescaledb", "azure_storage"],
]);
