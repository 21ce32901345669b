/**
 * What the tables are called that this program keeps in every database it governs: the one place for their names.
 * Does NOT say what is in them (see migrations/engine/history/shape.ts).
 */

/** All lie in `public`. The ledger's name is the policy's ("Migration Tracking Table"). */
export const ownTables = {
  ledger: "schema_migrations",
  events: "schema_migration_events",
  lock: "schema_migration_lock",
} as const;

/** The same as SQL has them: no part needs quotes. */
export const ledgerTable = `public.${ownTables.ledger}`;
export const eventsTable = `public.${ownTables.events}`;
export const lockTable = `public.${ownTables.lock}`;
