/**
 * PgSTAC's three roles on a server with several databases: from PostgreSQL 16 on only whoever made a role lets others in,
 * so a superuser makes them and lends them to the admin of each database, as an administrator would.
 * Does NOT install PgSTAC, or do anything on 15, where an admin lets itself in.
 */
import { type Client, escapeIdentifier } from "pg";

import { roleKinds } from "../stack/roleKinds";

const [owner, ingest, read] = [
  roleKinds["pgstac admin"].named.always,
  roleKinds["pgstac ingest"].named.always,
  roleKinds["pgstac read"].named.always,
];

/** The first major in which a membership is its grantor's. */
const GRANTORS_COUNT_SINCE = 16;

/**
 * Safe to call again.
 *
 * @param superuser  On any database of the server.
 */
export async function lendPgstacRoles(
  superuser: Client,
  major: number,
  admins: readonly string[],
): Promise<void> {
  if (major < GRANTORS_COUNT_SINCE) return;
  const { rows } = await superuser.query<{ name: string }>(
    "SELECT rolname AS name FROM pg_catalog.pg_roles WHERE rolname = ANY ($1::text[])",
    [[owner, ingest, read]],
  );
  const present = rows.map(({ name }) => name);
  for (const role of [owner, ingest, read]) {
    if (!present.includes(role)) await superuser.query(`CREATE ROLE ${escapeIdentifier(role)}`);
  }
  const roles = [owner, ingest, read].map(escapeIdentifier).join(", ");
  // As PgSTAC's installer does; until it has run, an audit would miss it.
  await superuser.query(`GRANT ${escapeIdentifier(read)} TO ${escapeIdentifier(ingest)}`);
  for (const admin of admins) {
    await superuser.query(`GRANT ${roles} TO ${escapeIdentifier(admin)} WITH ADMIN OPTION`);
  }
}
