/**
 * What PgSTAC's own objects must be changed in, after each installation and upgrade: as statements. Pure.
 * Does NOT run them, or look whether they are needed (roles/compare/bypassDeviations.ts does, as with every privilege).
 */

/**
 * The setting that each routine must have which runs with its owner's rights, or sets a path for those that it calls.
 * Without pg_temp, that schema is searched first: a temporary table of the caller's stands for PgSTAC's own, and a trigger
 * on it runs the caller's code as PgSTAC's owner.
 * Source: postgresql.org/docs/current/sql-createfunction.html, "Writing SECURITY DEFINER Functions Safely"
 */
export const closedSearchPath = "pgstac, public, pg_temp";

/** @param identity  Signature of the routine, quoted. */
export const closeSearchPath = (identity: string): string =>
  `ALTER ROUTINE ${identity} SET search_path = ${closedSearchPath}`;

/** A constraint that PgSTAC's table must have beside its own. */
export interface AddedConstraint {
  readonly table: string;
  readonly name: string;
  /** As pg_get_constraintdef prints it. */
  readonly definition: string;
  readonly because: string;
}

/** The application writes partition_stats; what it names there is altered by PgSTAC's owner. */
export const addedConstraints: readonly AddedConstraint[] = [
  {
    table: "pgstac.partition_stats",
    name: "partition_stats_names_a_partition",
    definition: "CHECK ((partition ~ '^_items_[0-9]+(_[0-9]{4,6})?$'::text))",
    because: "its rows name tables that PgSTAC alters: they should name partitions of items only",
  },
];

/** Takes the place of one that has the name and says something else. */
export const addConstraint = ({ table, name, definition }: AddedConstraint): readonly string[] => [
  `ALTER TABLE ${table} DROP CONSTRAINT IF EXISTS ${name}`,
  `ALTER TABLE ${table} ADD CONSTRAINT ${name} ${definition}`,
];
