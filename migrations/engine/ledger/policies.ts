/**
 * Reads the row-security policies of the events, and makes them what they should be.
 * Does NOT know what that is (see shape.ts).
 */
import { type Client, escapeIdentifier } from "pg";

import {
  comparePolicies,
  eventPolicies,
  eventsShape,
  type EventWriters,
  type PolicyChanges,
  type RowPolicy,
} from "../history/shape";

/** What differs between the live policies of the events, which must exist, and those for these writers. Reads only. */
export async function inspectPolicies(
  client: Client,
  writers: EventWriters,
): Promise<PolicyChanges> {
  return comparePolicies(eventPolicies(writers), await readPolicies(client));
}

async function readPolicies(client: Client): Promise<readonly RowPolicy[]> {
  const { rows } = await client.query<RowPolicy>(
    `SELECT policyname::text AS name, cmd || CASE permissive WHEN 'PERMISSIVE' THEN '' ELSE ' AS ' || permissive END AS command,
            ARRAY(SELECT role::text FROM unnest(roles) AS role ORDER BY role::text COLLATE "C") AS roles,
            qual AS "using", with_check AS "check"
       FROM pg_policies WHERE schemaname = 'public' AND tablename = $1 ORDER BY policyname`,
    [eventsShape.name],
  );
  return rows;
}

/** Drops and makes policies, in the caller's transaction: between the two nobody but the owner may write. */
export async function mendPolicies(client: Client, changes: PolicyChanges): Promise<void> {
  const events = `public.${escapeIdentifier(eventsShape.name)}`;
  for (const { name } of changes.unexpected) {
    await client.query(`DROP POLICY ${escapeIdentifier(name)} ON ${events}`);
  }
  for (const { name, command, roles, using, check } of changes.missing) {
    const to = roles.map(escapeIdentifier).join(", ");
    await client.query(
      `CREATE POLICY ${escapeIdentifier(name)} ON ${events} FOR ${command} TO ${to}` +
        (using === null ? "" : ` USING (${using})`) +
        (check === null ? "" : ` WITH CHECK (${check})`),
    );
  }
}
