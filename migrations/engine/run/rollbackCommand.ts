/**
 * The command line that runs a rollback file without this program, as messages show it. Pure.
 * Does NOT run it.
 */

/** Runs the file as the infrastructure role, so that what it makes has the right owner, and stops at the first error. */
export function rollbackCommand(infrastructureRole: string, rollbackFileName: string): string {
  // A blank or a backslash would end the value in PGOPTIONS, a quote the shell's word.
  const role = infrastructureRole.replace(/[\\ ]/g, "\\$&").replaceAll("'", `'\\''`);
  return `PGOPTIONS='-c role=${role}' psql -X -v ON_ERROR_STOP=1 -f migrations/${rollbackFileName}`;
}
