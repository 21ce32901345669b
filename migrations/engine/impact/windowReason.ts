/**
 * Why a migration belongs into a maintenance window. Pure.
 * Does NOT read windows (see stack/window.ts).
 */
import type { MigrationFile } from "../files/file";
import type { StatementImpact } from "./impact";

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
