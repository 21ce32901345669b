/**
 * Judges migration files by the rules of a tier, without a database: what needs none of ledger, target and tickets.
 * Pure. Does NOT read files.
 */
import type { MigrationFile } from "../../migrations/engine/file";
import { checkFiles, type Violation } from "../../migrations/engine/gate";
import type { Tier } from "../../migrations/engine/tier";

/** Violations of all files, as if each were to run, for the tickets in their own headers. */
export function judgeFiles(files: readonly MigrationFile[], tier: Tier): readonly Violation[] {
  return checkFiles(files, tier, { schemas: ["dagapp", "geoapi", "pgstac"], now: new Date() });
}
