/**
 * The versions of PgSTAC that this program installs, and what it knows them by. Pure data; every other version is refused.
 * Does NOT hold privileges (access.ts) or run anything.
 * Source: pypi.org/project/pypgstac; SHA-256 sums of the files inside its wheels.
 */

export const pgstacVersions = ["0.9.12", "0.10.0"] as const;
export type PgstacVersion = (typeof pgstacVersions)[number];

/** The schema that PgSTAC is in, and the role that owns what is in it. Both names are PgSTAC's own. */
export const pgstacSchema = "pgstac";
export const pgstacOwner = "pgstac_admin";

/** Where PgSTAC keeps its version: a migration that requires one is run by a role that reads it. */
export const versionsTable = "pgstac.migrations";

/** What pypgstac requires of the database beside PostgreSQL itself. */
export const pgstacExtensions: readonly string[] = ["postgis", "btree_gist", "unaccent"];

/** SHA-256 of what is run, from the installed package: from nothing, or (by the version before) as an upgrade. */
export const migrationDigests: Readonly<
  Record<PgstacVersion, Readonly<Partial<Record<PgstacVersion | "nothing", string>>>>
> = {
  "0.9.12": {
    nothing: "781d5d2936e599d01c239ac8e65f39798e48ba5cd36b7009d4cdc031e9a9bf8a",
  },
  "0.10.0": {
    nothing: "c21fdac667c29b05ee02a79a5097658e2290f055e0df4d9a7859a043d15efb21",
    "0.9.12": "00a9d568a6fc80006c32b380d2ad6ca278a8a12a898aa16f8114bf7188edaee3",
  },
};

/** The file inside the package that leads from one version, or nothing, to another. */
export const migrationFile = (from: PgstacVersion | "nothing", to: PgstacVersion): string =>
  `pgstac.${from === "nothing" ? "" : `${from}-`}${to}.sql`;

/**
 * Returns the version named by the text.
 *
 * @returns undefined: one that this program does not install.
 */
export const parsePgstacVersion = (text: string): PgstacVersion | undefined =>
  pgstacVersions.find((version) => version === text);

/** SHA-256 of the package as PyPI has it: of no other file is anything run. */
export const packageDigests: Readonly<Record<PgstacVersion, string>> = {
  "0.9.12": "a708fcedc06f8f75b0e53b933859e01396fbdbed9c79847596bc3ccc2a1303e6",
  "0.10.0": "b4040194b5e181031d82a2eadba092e910f31648971dc482a9d70dbabec34966",
};

/** Negative, zero or positive, as the first is older, the same or newer. */
export const compareVersions = (one: PgstacVersion, other: PgstacVersion): number =>
  pgstacVersions.indexOf(one) - pgstacVersions.indexOf(other);
