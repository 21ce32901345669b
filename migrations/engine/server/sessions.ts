/**
 * Shows sessions of this database to the admin as their own roles see them, and ends some of them.
 * Does NOT decide which (see rebuild.ts). Never ends one of a superuser, of another database, or of this program.
 */
import { type Client, escapeIdentifier } from "pg";

import { applicationName } from "../../../stack/connection";
import type { RoleSettings } from "../../../stack/settings";
import type { Blocker } from "./blockers";
import { blockerColumns } from "./watch";

/** Which sessions: by process, or all of some logins. */
export type SessionChoice =
  { readonly pids: readonly number[] } | { readonly logins: readonly string[] };

/** Condition on pg_stat_activity `a`, and its one parameter. */
function conditionOf(choice: SessionChoice): readonly [sql: string, value: unknown] {
  return "pids" in choice
    ? ["a.pid = ANY ($1::int[])", choice.pids]
    : ["a.usename = ANY ($1::name[])", choice.logins];
}

const columns = `a.pid, ${blockerColumns},
  1000 * extract(epoch FROM clock_timestamp() - a.backend_start)::float8 AS "connectedMs"`;

/** Sessions of this database, with what only their own role may see of them. */
export async function describeSessions(
  client: Client,
  choice: SessionChoice,
): Promise<readonly Blocker[]> {
  const [condition, value] = conditionOf(choice);
  return withTheirRights(client, choice, async () => {
    const { rows } = await client.query<Blocker>(
      `SELECT ${columns} FROM pg_stat_activity a
        WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND ${condition}
        ORDER BY a.backend_start, a.pid`,
      [value],
    );
    return rows;
  });
}

/**
 * Ends sessions of this database. Those that this login may not end, it leaves.
 *
 * @param client  The admin, outside of a transaction.
 * @returns       Those that were told to end; they do so in a moment.
 */
export async function endSessions(
  client: Client,
  { admin, migrators, approvers }: RoleSettings,
  choice: SessionChoice,
): Promise<readonly Blocker[]> {
  const [condition, value] = conditionOf(choice);
  return withTheirRights(client, choice, async () => {
    const { rows } = await client.query<Blocker>(
      `SELECT ${columns} FROM pg_stat_activity a JOIN pg_roles r ON r.oid = a.usesysid
        WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND ${condition}
          AND NOT r.rolsuper AND pg_has_role(a.usesysid, 'USAGE')
          AND NOT (a.usename = ANY ($2::name[]) AND starts_with(a.application_name, $3))`,
      [value, [admin, ...migrators, ...approvers], applicationName("")],
    );
    const ended: Blocker[] = [];
    for (const row of rows) {
      // False: it has just ended by itself.
      const { rows: told } = await client.query<{ ended: boolean }>(
        "SELECT pg_terminate_backend($1) AS ended",
        [row.pid],
      );
      if (told[0]?.ended === true) ended.push(row);
    }
    return ended;
  });
}

/**
 * Runs `work` with the rights of the sessions' roles: what another login does is shown to it alone, and ended by it
 * alone. The admin becomes a member of those that it may, in a transaction that is rolled back in any case: nobody else
 * sees that, and nothing is left of it, whenever this process ends. Signals are not rolled back.
 * Source: postgresql.org/docs/current/functions-admin.html, "Server Signaling Functions".
 */
async function withTheirRights<T>(
  client: Client,
  choice: SessionChoice,
  work: () => Promise<T>,
): Promise<T> {
  const [condition, value] = conditionOf(choice);
  const { rows } = await client.query<{ login: string }>(
    `SELECT DISTINCT a.usename AS login FROM pg_stat_activity a JOIN pg_roles r ON r.oid = a.usesysid
      WHERE a.datname = current_database() AND ${condition}
        AND NOT r.rolsuper AND NOT pg_has_role(a.usesysid, 'USAGE')`,
    [value],
  );
  await client.query("BEGIN");
  try {
    for (const { login } of rows) {
      await client.query("SAVEPOINT borrowing");
      // Refused: a role of somebody else's. Its sessions stay as they are.
      await client
        .query(`GRANT ${escapeIdentifier(login)} TO CURRENT_USER`)
        .catch(() => client.query("ROLLBACK TO SAVEPOINT borrowing"));
    }
    return await work();
  } finally {
    await client.query("ROLLBACK").catch(() => undefined);
  }
}
