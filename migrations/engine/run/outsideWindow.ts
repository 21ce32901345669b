/**
 * The error of a run that needs a maintenance window where none is open.
 * Does NOT say who needs one (see impact/windowReason.ts) or read windows (see stack/window.ts).
 */
import { MigrationError } from "../../../stack/errors";

/** A migration that needs a window was to run outside of one. */
export class OutsideWindowError extends MigrationError {
  readonly code = "OUTSIDE_WINDOW";

  constructor(fileName: string, reason: string, where: string) {
    super(
      `${fileName} may not run now: ${reason}, and no maintenance window is open (${where}).`,
      "run up inside the window; in an emergency, npx ddl break-glass open lifts this.",
    );
  }
}
