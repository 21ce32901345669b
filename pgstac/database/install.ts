/**
 * Installs or upgrades PgSTAC and hardens it, in one step: the application is kept away until both are done. Killed at any
 * point, it is done again, or finished, by the next run, and the application stays away until then.
 * Does NOT judge a plan by its tier (migrations/engine/gate/rules/pgstac), but asks again for what changes with time.
 */
import type { Client } from "pg";

import { pgstacVersionName } from "../../migrations/engine/history/pgstacState";
import { recordEvent } from "../../migrations/engine/ledger/ledger";
import { LockConnection } from "../../migrations/engine/server/runnerLock";
import { healPrivileges } from "../../roles/database/heal";
import type { Deviation } from "../../roles/model";
import { type Access, inTransaction, withClient } from "../../stack/connection";
import { closedSearchPath } from "../hardening/hardening";
import { type PgstacPlan, planPgstac } from "../hardening/plan";
import type { PgstacVersion } from "../hardening/versions";
import { ensureAllowedNow, stateUnderLock } from "./allowedNow";
import { liftConstraints } from "./constraints";
import { lockOut } from "./lockOut";
import { lookAtPgstac } from "./look";
import { endOrphans } from "./orphans";
import { preparePgstac } from "./prepare";
import { PgstacRefusedError } from "./refused";
import { fetchPypgstac, migratePgstac, type PgstacChange } from "./runPypgstac";

type Log = (message: string) => void;

/** What a run did. */
export interface PgstacOutcome {
  readonly version: string;
  /** Null: nothing was to be done. */
  readonly change: PgstacChange | null;
}

/** How far a run is, in order; the last two follow for what is only finished, too. */
export const pgstacSteps = [
  ...["prepared", "locked out", "lifted", "migrating", "migrated", "hardened", "recorded"],
] as const;

/** What is changed, by whom it is watched. */
interface Work {
  readonly client: Client;
  readonly access: Access;
  readonly version: PgstacVersion;
  readonly log: Log;
  readonly ensureHeld: () => void;
  /** Told at each step: a test ends the process there. */
  readonly reached: (step: string) => void;
}

/** What was done before the hardening, for the event. */
interface Brought {
  readonly lifted: readonly string[];
  readonly endedSessions: number;
}

/**
 * Brings PgSTAC to a version, under the runner lock, as the admin.
 *
 * @param ticket   Of the change, for the event; null where none is stated.
 * @param reached  Told of each step, by its name in pgstacSteps.
 * @throws {PgstacRefusedError} there is no safe way to that version, it may not be done now, or hardening could not be
 *                              finished: the application then stays without CONNECT.
 */
export async function ensurePgstac(
  access: Access,
  version: PgstacVersion,
  ticket: string | null,
  log: Log,
  reached: (step: string) => void = () => undefined,
): Promise<PgstacOutcome> {
  const admin = { account: "admin", activity: "pgstac" } as const;
  return whileLocked(access, log, async (lock) =>
    withClient(access, admin, async (client) => {
      const ensureHeld = (): void => {
        lock.ensureHeld();
      };
      const work: Work = { client, access, version, log, ensureHeld, reached };
      await endOrphans(client);
      const history = await stateUnderLock(client, access);
      const plan = await planNow(work, history.pgstac?.installed ?? null);
      if (plan === null) return { version, change: null };
      await ensureAllowedNow(client, access, plan, ticket, history);
      const brought =
        plan.kind === "finish" ? { lifted: [], endedSessions: 0 } : await bring(work, plan);
      const hardened = await harden(work);
      reached("hardened");
      ensureHeld();
      await record(client, plan, ticket, { ...brought, hardened });
      reached("recorded");
      await heal(work);
      return { version, change: plan };
    }),
  );
}

/**
 * What is to be done; null for nothing.
 *
 * @throws {PgstacRefusedError} it cannot be.
 */
async function planNow(
  { client, version }: Work,
  recorded: string | null,
): Promise<PgstacChange | null> {
  const plan: PgstacPlan = planPgstac({ ...(await lookAtPgstac(client)), recorded }, version);
  if (plan.kind === "refused") throw new PgstacRefusedError(plan.reason, plan.remedy);
  return plan.kind === "nothing" ? null : plan;
}

/** Installs or upgrades, with the application out. When that fails, everything is as it was before. */
async function bring(work: Work, plan: PgstacChange): Promise<Brought> {
  const { client, access, version, log, ensureHeld, reached } = work;
  const pypgstac = await fetchPypgstac(plan, log);
  ensureHeld();
  const { settings } = access;
  const { roles, server } = settings;
  await inTransaction(client, () => preparePgstac(client, roles.admin, server.database));
  reached("prepared");
  const endedSessions = await lockOut(client, settings);
  if (endedSessions > 0) log(`ended ${endedSessions} session(s) of the application and of readers`);
  reached("locked out");
  try {
    // Again, now that nobody can add to it.
    await planNow(work, plan.from);
    const lifted = await inTransaction(client, () => liftConstraints(client));
    reached("lifted");
    ensureHeld();
    reached("migrating");
    await migratePgstac(access, plan, pypgstac);
    reached("migrated");
    const what = plan.kind === "install" ? "installed" : `upgraded from ${plan.from ?? ""} to`;
    log(`${what} ${version}`);
    return { lifted, endedSessions };
  } catch (error) {
    await heal(work);
    throw error;
  }
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

/** Makes everything as the rules say, CONNECT too unless it is spared. */
function heal(
  { client, access, log }: Work,
  isSpared: (deviation: Deviation) => boolean = () => false,
): ReturnType<typeof healPrivileges> {
  return healPrivileges(client, access.settings, { log, isSpared });
}

interface Hardened {
  readonly searchPaths: number;
  readonly privileges: number;
}

/** What was changed to make it safe, for the event. */
async function harden(work: Work): Promise<Hardened> {
  // PgSTAC's installer leaves a helper of its own behind, in a schema that everybody looks into.
  await work.client.query("DROP FUNCTION IF EXISTS public.pgstac_admin_owns()");
  const { mended, left } = await heal(work, givesConnect);
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

async function record(
  client: Client,
  { kind, from, to, file, digest }: PgstacChange,
  ticket: string | null,
  done: Brought & { readonly hardened: Hardened },
): Promise<void> {
  await recordEvent(client, {
    kind: "pgstac-migrated",
    version: pgstacVersionName(to),
    checksum: `sha256:${digest}`,
    ...(ticket === null ? {} : { ticket }),
    detail: { from, to, file, digest, ...done, ...(kind === "finish" ? { finished: true } : {}) },
  });
}
