/**
 * Empties the governed schemas of a dev or qa database, so that the next up builds them anew from the files.
 * Does NOT run migrations or grant anything: up does. Never touches roles, the ledger's past or the events.
 */
import { type Client, escapeIdentifier } from "pg";

import { type Access, withClient } from "../../../stack/connection";
import { MigrationError } from "../../../stack/errors";
import { isDeclared } from "../../../stack/furtherRoles";
import type { Log } from "../../../stack/log";
import { ledgerTable } from "../../../stack/ownTables";
import { type Tier, tierRules } from "../../../stack/tier";
import { ensureStamp } from "../history/stamp";
import { wholeRecord } from "../history/structureRecord";
import { readHistory, recordEvent } from "../ledger/ledger";
import { readStructure } from "../ledger/structure";
import { type Blocker, describeBlocker, describeBlockers } from "../server/blockers";
import { BlockedError, inPatientTransaction } from "../server/lockWaiting";
import { withRunner } from "../server/runner";
import { createSchemas } from "../server/schemas";
import { historyUnderLock, type RunSession } from "../server/session";
import { describeSessions, endSessions, type SessionChoice } from "../server/sessions";
import type { Look } from "../server/watch";

/** The tier, or the database's own stamp, does not allow a rebuild. */
export class RebuildRefusedError extends MigrationError {
  readonly code = "REBUILD_REFUSED";
}

/** Other sessions hold what would be dropped. Nothing was changed. */
export class RebuildHeldUpError extends MigrationError {
  readonly code = "REBUILD_HELD_UP";
}

/** What a rebuild may do beside dropping. */
export interface RebuildOptions {
  /** End sessions that hold it up, and in the end those of the application. */
  readonly endSessions?: boolean;
}

/** @throws {RebuildRefusedError} the tier is not dev or qa. Needs no database. */
function ensureRebuildable(tier: Tier): void {
  if (tierRules[tier].rebuild) return;
  throw new RebuildRefusedError(
    `A ${tier} database is never rebuilt: it holds real data. Nothing was changed.`,
    "write a migration, and roll it back with its rollback file if need be.",
  );
}

/**
 * Drops and creates the governed schemas in one transaction and marks every version as rolled back. Killed at any
 * point, it has done all of it or nothing.
 *
 * It waits for sessions that hold locks as a migration does: for lockTimeoutMs at a time, again and again until
 * lockBudgetMs, and names them. With `endSessions` those in its way are ended, by process and as often as it takes: it
 * keeps the locks that it has, so that whoever comes anew waits behind it. Sessions of the application that hold nothing
 * do not hinder it; they stay, or, with `endSessions`, are ended too before it commits, because what they have prepared
 * for objects that are gone would fail until they connect anew.
 * Source: policy, "DEV / QA: Rebuild Schema".
 *
 * @returns how many versions were applied before.
 * @throws {RebuildRefusedError} by configuration or, whatever that says, by the database's stamp.
 * @throws {RebuildHeldUpError}  sessions hold it up that it may not, or shall not, end.
 */
export async function rebuildSchemas(
  access: Access,
  log: Log,
  options: RebuildOptions = {},
): Promise<number> {
  const { tier, run, server } = access.settings;
  ensureRebuildable(tier);
  const admin = { account: "admin", activity: "sessions" } as const;
  // Asked before the runner lock: only the admin can tell about a database that was never set up.
  const { stamp } = await withClient(access, { ...admin, readOnly: true }, readHistory);
  if (stamp === null) {
    throw new RebuildRefusedError(
      `The database ${server.database} was never set up by this program. Nothing was changed.`,
      "run up: there is nothing to rebuild yet.",
    );
  }
  ensureRebuildable(stamp);
  ensureStamp(access.settings, stamp);

  const ends = options.endSessions === true;
  // Whoever is in the way of one that ends sessions does not stay there: so it need not let others pass.
  const lockTimeoutMs = ends ? run.lockBudgetMs : run.lockTimeoutMs;
  const patient = {
    ...access,
    settings: { ...access.settings, run: { ...run, lockTimeoutMs } },
  };
  return withRunner(
    patient,
    (runner) =>
      runner.holding(log, () =>
        runner.inSession("rebuild schemas", log, (session) =>
          withClient(access, admin, (beside) => new Rebuild(session, beside, ends).run()),
        ),
      ),
    "admin",
  );
}

/** One rebuild, in a session of the admin's and with another beside it. */
class Rebuild {
  private readonly ended: Blocker[] = [];

  constructor(
    private readonly session: RunSession,
    private readonly beside: Client,
    private readonly ends: boolean,
  ) {}

  async run(): Promise<number> {
    await historyUnderLock(this.session);
    try {
      const versions = await this.dropAndMake();
      if (!this.ends) await this.tellConnected();
      return versions;
    } catch (error) {
      throw error instanceof BlockedError ? await this.explain(error) : error;
    }
  }

  private dropAndMake(): Promise<number> {
    const { client, lock, access } = this.session;
    const { roles, schemas } = access.settings;
    return inPatientTransaction(this.session, async (inside) => {
      lock.ensureHeld();
      const run = (title: string, sql: string) =>
        inside(
          title,
          () => client.query(sql),
          (look) => this.makeWay(look),
        );
      for (const schema of schemas) {
        const name = escapeIdentifier(schema);
        await run(`DROP SCHEMA ${name}`, `DROP SCHEMA IF EXISTS ${name} CASCADE`);
      }
      await createSchemas(client, schemas, roles.infrastructure);
      const { rowCount } = await run(
        "the ledger",
        `UPDATE ONLY ${ledgerTable} SET applied = false, rolled_back_at = clock_timestamp()
          WHERE applied OR rolled_back_at IS NULL`,
      );
      if (this.ends) await this.end({ logins: this.applicationLogins });
      const endedSessions = this.ended.map(({ pid, login, application }) => ({
        ...{ pid, login, application },
      }));
      const structure = wholeRecord(await readStructure(client, schemas));
      const detail = { schemas, structure, ...(endedSessions.length > 0 ? { endedSessions } : {}) };
      await recordEvent(client, { kind: "rebuilt", detail });
      return rowCount ?? 0;
    });
  }

  /** Logins that use rows and never hold the governed schemas' definition. */
  private get applicationLogins(): readonly string[] {
    const { service, further } = this.session.access.settings.roles;
    return [service, ...further.filter(isDeclared).map(({ name }) => name)];
  }

  /** Ends what the look found in the way; the rebuild keeps its place in the queue meanwhile. */
  private async makeWay({ wait }: Look): Promise<void> {
    const pids = (wait?.blockers ?? []).map(({ pid }) => pid).filter((pid) => pid !== 0);
    if (!this.ends || pids.length === 0) return;
    // The next look tries again, and in the end the wait is over.
    await this.end({ pids }).catch(() => undefined);
  }

  private async end(choice: SessionChoice): Promise<void> {
    const { access, log } = this.session;
    const ended = await endSessions(this.beside, access.settings.roles, choice);
    // One that is slow to end is told twice.
    const known = new Set(this.ended.map(({ pid }) => pid));
    for (const one of ended.filter(({ pid }) => !known.has(pid))) {
      this.ended.push(one);
      log(`ended the session of ${describeBlocker(one)}`);
    }
  }

  private async tellConnected(): Promise<void> {
    const found = await describeSessions(this.beside, { logins: this.applicationLogins });
    if (found.length === 0) return;
    this.session.log(
      `${found.length} session(s) of the application stay connected: ${describeBlockers(found)}. What they have prepared may fail until they connect anew.`,
    );
  }

  private async explain(error: BlockedError): Promise<RebuildHeldUpError> {
    const { server } = this.session.access.settings;
    const blockers = error.wait?.blockers ?? [];
    const pids = blockers.map(({ pid }) => pid);
    const seen = new Map(
      (await describeSessions(this.beside, { pids })).map((one) => [one.pid, one]),
    );
    const list = blockers.map((one) => `\n  ${describeBlocker(seen.get(one.pid) ?? one)}`);
    return new RebuildHeldUpError(
      `Sessions hold up the rebuild of ${server.database} (waiting for ${error.wait?.object ?? "a lock"}). Nothing was changed.${list.join("")}`,
      this.ends
        ? "this program may not end them: have an administrator do so (SELECT pg_terminate_backend(<process>)), then rebuild again."
        : "have their transactions ended, or let the rebuild end these sessions: make rebuild END_SESSIONS=1, npx ddl rebuild --end-sessions.",
      { cause: error },
    );
  }
}
