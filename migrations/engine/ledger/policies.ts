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

/** A policy that is not as it should be, and the statements that make it so. */
export interface PolicyMending {
  readonly name: string;
  readonly what: "is missing" | "should not be there" | "is not as it should be";
  readonly statements: readonly string[];
}

/** What mends the policies, policy by policy: one that changed is dropped and made anew. */
export function policyMendings({ missing, unexpected }: PolicyChanges): readonly PolicyMending[] {
  const names = [...new Set([...unexpected, ...missing].map(({ name }) => name))];
  return names.map((name) => {
    const [gone, made] = [unexpected, missing].map((list) => list.filter((p) => p.name === name));
    const what = gone?.length === 0 ? "is missing" : "should not be there";
    return {
      name,
      what: gone?.length === made?.length ? "is not as it should be" : what,
      statements: [
        ...(gone ?? []).map(() => `DROP POLICY ${escapeIdentifier(name)} ON ${eventsTable()}`),
        ...(made ?? []).map(createStatement),
      ],
    };
  });
}

const eventsTable = (): string => `public.${escapeIdentifier(eventsShape.name)}`;

function createStatement({ name, command, roles, using, check }: RowPolicy): string {
  const to = roles.map(escapeIdentifier).join(", ");
  return (
    `CREATE POLICY ${escapeIdentifier(name)} ON ${eventsTable()} FOR ${command} TO ${to}` +
    (using === null ? "" : ` USING (${using})`) +
    (check === null ? "" : ` WITH CHECK (${check})`)
  );
}

/** Drops and makes policies, in the caller's transaction: between the two nobody but the owner may write. */
export async function mendPolicies(client: Client, changes: PolicyChanges): Promise<void> {
  for (const { statements } of policyMendings(changes)) {
    for (const statement of statements) await client.query(statement);
  }
}
