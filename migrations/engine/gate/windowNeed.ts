/**
 * Why a migration belongs into a maintenance window, and the error where none is open. Pure.
 * Does NOT read windows (see stack/window.ts).
 */
import { MigrationError } from "../../../stack/errors";
import type { MigrationFile } from "../files/file";
import type { StatementImpact } from "../impact/impact";

/**
 * Why a migration belongs into a maintenance window, or null when it may run at any time.
 *
 * @param impacts  Of its statements, as impactsOf has them.
 */
export function windowReason(
  { header }: MigrationFile,
  impacts: readonly StatementImpact[],
): string | null {
  if (header.impact.downtimeRequired) return "its header says that downtime is required";
  const rewritten = impacts.flatMap(({ onlyNewObjects, rewrites }) =>
    onlyNewObjects ? [] : rewrites.map(({ schema, name }) => `${schema ?? "?"}.${name}`),
  );
  return rewritten.length === 0 ? null : `it writes ${[...new Set(rewritten)].join(", ")} anew`;
}

/** A migration that needs a window was to run outside of one. */
export class OutsideWindowError extends MigrationError {
  readonly code = "OUTSIDE_WINDOW";

  constructor(fileName: string, reason: string, where: string) {
    super(
      `${fileName} may not run now: ${reason}, and no maintenance window is open (${where}).`,
      "run up inside the window; in an emergency, ddl break-glass open lifts this.",
    );
  }
}
