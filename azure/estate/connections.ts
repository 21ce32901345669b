/**
 * How many connections the logins of a stack may have at once, beside what a server leaves to them all. Pure.
 * Does NOT limit anything: the service role's and the further roles' limits are their roles' (roles/resources).
 */
import type { Settings } from "../../stack/settings";

/**
 * Most connections that an `up` of this program has at once, from an empty database on, proofs included: measured by
 * test/stack/connections.long.test.ts, which fails where it is more.
 */
export const ownConnections = 10;

/** Connections by whom they are for; limits of -1 are no limit, and cannot be counted. */
export function connectionBudget({
  serviceLimits,
  roles,
}: Pick<Settings, "serviceLimits" | "roles">): readonly (readonly [string, number])[] {
  return [
    ["this program", ownConnections],
    ["serviceConnectionLimit", serviceLimits.connectionLimit],
    ...roles.further
      .filter(({ connectionLimit }) => connectionLimit > 0)
      .map(({ name, connectionLimit }) => [name, connectionLimit] as const),
  ];
}
