/**
 * Which lines of a snapshot are the structure that migrations make. Pure.
 * Does NOT read the catalogs (see ../ledger/schemaSnapshot.ts) or compare (see snapshot.ts).
 */
import { withoutPgstacsOwn } from "./pgstacOwn";
import type { SchemaSnapshot } from "./snapshot";

/**
 * The snapshot without owners and privileges, and without what PgSTAC's installer made: that changes with its version, not
 * by migrations. Where something of it is not as its version leaves it, one line says so.
 *
 * @param server  Major version.
 */
export const structureOf = (snapshot: SchemaSnapshot, server: number): SchemaSnapshot =>
  withoutPgstacsOwn(snapshot, server).filter(({ isPrivilege }) => !isPrivilege);
