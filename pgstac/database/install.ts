/**
 * Installs or upgrades PgSTAC and hardens it, in one step: the application is kept away until both are done. Killed at any
 * point, it is done again, or finished, by the next run, and the application stays away until then.
 * Does NOT ask whether it is allowed now (migrations/engine/gate/gatePgstacRules.ts).
 */
import type { Client } from "pg";

import { recordEvent } from "../../migrations/engine/ledger/ledger";
import { LockConnection } from "../../migrations/engine/server/runnerLock";
import { healPrivileges } from "../../roles/database/heal";
import type { Deviation } from "../../roles/model";
import { type Access, inTransaction, withClient } from "../../stack/connection";
import { MigrationError } from "../../stack/errors";
import { closedSearchPath } from "../hardening/hardening";
import { planPgstac } from "../hardening/plan";
import type { PgstacVersion } from "../hardening/versions";
import { liftConstraints } from "./constraints";
import { lockOut } from "./lockOut";
import { lookAtPgstac } from "./look";
import { preparePgstac } from "./prepare";
import { fetchPypgstac, migratePgstac, type PgstacChange } from "./runPypgstac";

/** It cannot be brought to the version that the stack says, or could not be made safe. */
class PgstacRefusedError extends MigrationError {
  readonly code = "PGSTAC_REFUSED";
}

type Log = (message: string) => void;

/** What a run did. */
export interface PgstacOutcome {
  readonly version: string;
  /** Null: nothing was to be done. */
  readonly change: PgstacChange | null;
}

/**
 * Brings PgSTAC to a version, under the runner lock, as the admin.
 *
 * @param ticket  Of the change, for the event; null where none is stated.
 * @throws {PgstacRefusedError} there is no safe way to that version, or hardening could not be finished: the application
 *                              then stays without CONNECT.
 */
export async function ensurePgstac(
  access: Access,
  version: PgstacVersion,
  ticket: string | null,
  log: Log,
): Promise<PgstacOutcome> {
  const admin = { account: "admin", activity: "pgstac" } as const;
  return whileLocked(access, log, async (lock) =>
    withClient(access, admin, async (client) => {
      const plan = planPgstac(await lookAtPgstac(client), version);
      if (plan.kind === "refused") throw new PgstacRefusedError(plan.reason, plan.remedy);
      if (plan.kind === "nothing") return { version, change: null };
      const pypgstac = await fetchPypgstac(plan, log);
      lock.ensureHeld();
      const { settings } = access;
      const { roles, server } = settings;
      await inTransaction(client, () => preparePgstac(client, roles.admin, server.database));
      const sessions = await lockOut(client, settings);
      if (sessions > 0) log(`ended ${sessions} session(s) of the application and of readers`);
      // Again, now that nobody can add to it.
      const again = planPgstac(await lookAtPgstac(client), version);
      if (again.kind === "refused") {
        await heal(client, access, log, () => false);
        throw new PgstacRefusedError(again.reason, again.remedy);
      }
      const lifted = await inTransaction(client, () => liftConstraints(client));
      lock.ensureHeld();
      await migratePgstac(access, plan, pypgstac).catch(async (error: unknown) => {
        // Nothing of it was kept: what was there before is made as it was.
        await heal(client, access, log, () => false);
        throw error;
      });
      log(
        `${plan.kind === "install" ? "installed" : `upgraded from ${plan.from ?? ""} to`} ${version}`,
      );
      const hardened = await harden(client, access, log);
      const { from, to, file, digest } = plan;
      const detail = { from, to, file, digest, hardened, lifted, endedSessions: sessions };
      const event = {
        kind: "pgstac-migrated",
        version: to,
        checksum: `sha256:${digest}`,
        detail,
      } as const;
      await recordEvent(client, ticket === null ? event : { ...event, ticket });
      await letIn(client, access, log);
      return { version, change: plan };
    }),
  );
}

const nothing = (): Promise<void> => Promise.resolve();

/** Runs `work` while nothing else is run on this database: no migration, no rebuild, no other of these. */
async function whileLocked<T>(
  access: Access,
  log: Log,
  work: (lock: LockConnection) => Promise<T>,
): Promise<T> {
  const lock = await LockConnection.open(access);
  try {
    await lock.acquire(log, nothing, nothing);
    return await work(lock);
  } finally {
    await lock.close();
  }
}

const givesConnect = ({ text }: Deviation): boolean => /^database .* lacks .*CONNECT/.test(text);

/** Heals; what is spared is told by a deviation. */
function heal(
  client: Client,
  { settings }: Access,
  log: Log,
  spares: (deviation: Deviation) => boolean,
): ReturnType<typeof healPrivileges> {
  return healPrivileges(client, settings, { log, isSpared: spares });
}

/** What was changed to make it safe, for the event. */
async function harden(client: Client, access: Access, log: Log): Promise<Hardened> {
  // PgSTAC's installer leaves a helper of its own behind, in a schema that everybody looks into.
  await client.query("DROP FUNCTION IF EXISTS public.pgstac_admin_owns()");
  const { mended, left } = await heal(client, access, log, givesConnect);
  const open = left.filter(({ deviation }) => !givesConnect(deviation));
  if (open.length > 0) {
    const lines = open.map(({ deviation, reason }) => `${deviation.text}: ${reason}`);
    throw new PgstacRefusedError(
      `PgSTAC is there, and ${open.length} thing(s) in it could not be made safe; the application stays out:\n  ${lines.join("\n  ")}`,
      "have an administrator mend these, then run up again.",
    );
  }
  const paths = mended.filter(
    ({ statements }) => statements[0]?.includes(closedSearchPath) === true,
  );
  return { searchPaths: paths.length, privileges: mended.length - paths.length };
}

interface Hardened {
  readonly searchPaths: number;
  readonly privileges: number;
}

async function letIn(client: Client, access: Access, log: Log): Promise<void> {
  await heal(client, access, log, () => false);
}
