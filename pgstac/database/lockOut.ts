/**
 * Keeps the application away from a database while PgSTAC is made anew in it: between its installer and the hardening,
 * code that the application may call runs with more rights than it should.
 * Does NOT let it in again: healing does, which gives back what the rules say once everything is as they say.
 */
import { type Client, escapeIdentifier } from "pg";

import { endSessions } from "../../migrations/engine/server/sessions";
import { isDeclared } from "../../stack/furtherRoles";
import type { Settings } from "../../stack/settings";

/** The logins that use PgSTAC: the application's, and readers. */
const applicationLogins = ({ roles }: Settings): readonly string[] => [
  roles.service,
  ...roles.further.filter(isDeclared).map(({ name }) => name),
];

/** How often sessions are told to end, and the pause in between. Milliseconds. */
const mostTellings = 50;
const pauseMs = 100;

/**
 * Takes CONNECT from them, and ends their sessions; returns how many.
 *
 * @param client  The admin, outside of a transaction.
 */
export async function lockOut(client: Client, settings: Settings): Promise<number> {
  const logins = applicationLogins(settings);
  const { rows } = await client.query<{ name: string }>(
    "SELECT rolname AS name FROM pg_catalog.pg_roles WHERE rolname = ANY ($1::text[])",
    [logins],
  );
  const there = rows.map(({ name }) => name);
  const database = escapeIdentifier(settings.server.database);
  const who = ["PUBLIC", ...there.map(escapeIdentifier)].join(", ");
  await client.query(`REVOKE CONNECT ON DATABASE ${database} FROM ${who}`);
  let ended = 0;
  for (let telling = 1; telling <= mostTellings && there.length > 0; telling += 1) {
    ended += (await endSessions(client, settings.roles, { logins: there })).length;
    const { rows: left } = await client.query<{ left: boolean }>(
      `SELECT EXISTS (SELECT FROM pg_catalog.pg_stat_activity
                       WHERE datname = current_database() AND usename = ANY ($1::name[])) AS left`,
      [there],
    );
    if (left[0]?.left !== true) break;
    await new Promise((done) => setTimeout(done, pauseMs));
  }
  return ended;
}
