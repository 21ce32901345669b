/**
 * Looks at what taking a database over would take from whom.
 * Does NOT take anything (see heal.ts), and says it in no words (see compare/adoption.ts).
 */
import type { Client } from "pg";

import type { Settings } from "../../stack/settings";
import type { Sessions } from "../compare/adoption";
import type { Deviation } from "../model";
import { inspectPrivileges } from "./inspection";

/** What stands between a database as it is and one that is governed. */
export interface AdoptionLook {
  readonly deviations: readonly Deviation[];
  readonly sessions: Sessions;
  /** Of the stack's schemas those that are there. */
  readonly schemas: ReadonlySet<string>;
}

/** Reads it as the admin, in a constant number of queries. */
export async function lookForAdoption(client: Client, settings: Settings): Promise<AdoptionLook> {
  const { deviations } = await inspectPrivileges(client, settings);
  const { rows } = await client.query<{ role: string; count: number }>(
    `SELECT usename::text AS role, count(*)::integer AS count FROM pg_catalog.pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename IS NOT NULL
      GROUP BY usename`,
  );
  const { rows: schemas } = await client.query<{ name: string }>(
    "SELECT nspname::text AS name FROM pg_catalog.pg_namespace WHERE nspname = ANY ($1::text[])",
    [settings.schemas],
  );
  return {
    deviations,
    sessions: new Map(rows.map(({ role, count }) => [role, count])),
    schemas: new Set(schemas.map(({ name }) => name)),
  };
}
