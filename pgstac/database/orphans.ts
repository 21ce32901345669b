/**
 * Ends what a run that was killed has left at work: PgSTAC's installer is a program of its own, and outlives it.
 * Does NOT end anything but sessions of that installer, of the admin, in this database.
 */
import { setTimeout as sleep } from "node:timers/promises";

import type { Client } from "pg";

import { PgstacRefusedError } from "./refused";
import { installerName } from "./runPypgstac";

/** How long an installer may take to end, and how often that is looked at. Milliseconds. */
const endsWithinMs = 30_000;
const pauseMs = 50;

/**
 * Returns once none is left: what it had begun is undone then, or done.
 *
 * @param client  The admin, holding the runner lock elsewhere: whatever installer there is, is nobody's.
 */
export async function endOrphans(client: Client): Promise<void> {
  const until = Date.now() + endsWithinMs;
  for (;;) {
    const { rowCount } = await client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
        WHERE datname = current_database() AND usename = session_user AND application_name = $1`,
      [installerName],
    );
    if (rowCount === 0) return;
    if (Date.now() > until) {
      throw new PgstacRefusedError(
        "PgSTAC's installer of a run that was cut off is still at work, and does not end.",
        `end it: SELECT pid FROM pg_stat_activity WHERE application_name = '${installerName}'; then run up again.`,
      );
    }
    await sleep(pauseMs);
  }
}
