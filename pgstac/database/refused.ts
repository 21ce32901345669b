/**
 * The error of a run that leaves PgSTAC as it is, or the application without CONNECT.
 * Does NOT say when (install.ts, allowedNow.ts).
 */
import { MigrationError } from "../../stack/errors";

/** PgSTAC cannot be brought to the version that the stack says, may not be now, or could not be made safe. */
export class PgstacRefusedError extends MigrationError {
  readonly code = "PGSTAC_REFUSED";
}
