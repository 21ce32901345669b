/**
 * Empties the governed schemas of a dev or qa database, so that the next up builds them anew from the files.
 * Does NOT run migrations or grant anything: up does. Never touches roles, the ledger's past or the events.
 */
import { escapeIdentifier } from "pg";

import { type Access, inTransaction, withClient } from "./database";
import { MigrationError } from "./errors";
import { readHistory, recordEvent } from "./ledger";
import { withRunnerLock } from "./runnerLock";
import { createSchemas } from "./schemas";
import { ensureStamp } from "./stamp";
import { readStructure } from "./structure";
import { wholeRecord } from "./structureRecord";
import { type Tier, tierRules } from "./tier";

/** The tier, or the database's own stamp, does not allow a rebuild. */
export class RebuildRefusedError extends MigrationError {
  readonly code = "REBUILD_REFUSED";
}

/** @throws {RebuildRefusedError} the tier is not dev or qa. Needs no database. */
export function ensureRebuildable(tier: Tier): void {
  if (tierRules[tier].rebuild) return;
  throw new RebuildRefusedError(
    `A ${tier} database is never rebuilt: it holds real data. Nothing was changed.`,
    "write a migration, and roll it back with its rollback file if need be.",
  );
}

/**
 * Drops and creates the governed schemas in one transaction and marks every version as rolled back.
 * Source: policy, "DEV / QA: Rebuild Schema".
 *
 * @returns how many versions were applied before.
 * @throws {RebuildRefusedError} by configuration or, whatever that says, by the database's stamp.
 */
export async function rebuildSchemas(
  access: Access,
  log: (message: string) => void,
): Promise<number> {
  const { tier, roles, schemas, server } = access.settings;
  ensureRebuildable(tier);
  const admin = { account: "admin", activity: "rebuild" } as const;
  // Asked before the runner lock: only the admin can tell about a database that was never set up.
  const { stamp } = await withClient(access, { ...admin, readOnly: true }, readHistory);
  if (stamp === null) {
    throw new RebuildRefusedError(
      `The database ${server.database} was never set up by this program. Nothing was changed.`,
      "run up: there is nothing to rebuild yet.",
    );
  }
  ensureRebuildable(stamp);
  ensureStamp({ stamp, empty: false, tier, adopt: null, database: server.database });

  return withRunnerLock(access, log, (lock) =>
    withClient(access, admin, (client) =>
      inTransaction(client, async () => {
        lock.ensureHeld();
        for (const schema of schemas.map(escapeIdentifier)) {
          await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
        }
        await createSchemas(client, schemas, roles.infrastructure);
        const { rowCount } = await client.query(
          `UPDATE public.schema_migrations SET applied = false, rolled_back_at = clock_timestamp()
            WHERE applied OR rolled_back_at IS NULL`,
        );
        const structure = wholeRecord(await readStructure(client, schemas));
        await recordEvent(client, { kind: "rebuilt", detail: { schemas, structure } });
        return rowCount ?? 0;
      }),
    ),
  );
}
