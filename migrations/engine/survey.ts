/**
 * Looks at files and database before anything is registered, and plans. Reads only: no lock, no write.
 * Does NOT register resources (see migrationSet.ts) or run anything.
 */
import type { Client } from "pg";

import type { RoleSettings } from "../../settings";
import { type Access, withClient } from "./database";
import { BadInputError, MigrationError } from "./errors";
import type { MigrationFile } from "./file";
import { checkGate, type Violation } from "./gate";
import type { History } from "./history";
import { inspectTables, isEmptyDatabase, readHistory, serverTime } from "./ledger";
import { loadMigrations } from "./load";
import { type Plan, planMigrations } from "./plan";
import type { LowerTier } from "./promotion";
import { ensureStamp } from "./stamp";

/** What neither files nor database can say. */
export interface Circumstances {
  /** What the stack that this one promotes from publishes; null when none is configured. */
  readonly lower: LowerTier | null;
  /** False for a look ahead: what must not be run yet is then only warned of. */
  readonly isUpdate: boolean;
}

/** What files and database say, and what follows from it. */
export interface Survey {
  readonly files: readonly MigrationFile[];
  readonly history: History;
  readonly plan: Plan<MigrationFile>;
  readonly violations: readonly Violation[];
  /** Those of the configured roles that the server has already. */
  readonly existingRoles: ReadonlySet<string>;
  /** When it was looked at, by the server's clock. */
  readonly now: Date;
}

/** The ledger exists but is not the policy's. */
export class LedgerShapeError extends MigrationError {
  readonly code = "LEDGER_SHAPE";

  constructor(differences: readonly string[]) {
    super(
      `The ledger is not what the policy says:\n  ${differences.join("\n  ")}`,
      "correct the table by hand as its owner; this program never changes a ledger that exists.",
    );
  }
}

/**
 * Makes sure that what there is of our tables is right. To be called before they are read: a query for a column that
 * is not there would fail with nothing but its name. Runs as the admin, reads only.
 *
 * @throws {LedgerShapeError} naming every difference.
 */
export async function ensureLedgerShape(client: Client, roles: RoleSettings): Promise<void> {
  const { differences } = await inspectTables(client, roles);
  if (differences.length > 0) throw new LedgerShapeError(differences);
}

/**
 * Reads everything and plans.
 *
 * @throws {BadInputError}    files that cannot be used, all problems at once.
 * @throws {ConnectionError}  the database cannot be reached.
 * @throws {StampError}       it belongs to another tier.
 * @throws {LedgerShapeError} its ledger is not the policy's.
 */
export async function surveyStack(
  access: Access,
  folder: string,
  { lower, isUpdate }: Circumstances,
): Promise<Survey> {
  const { settings } = access;
  const { migrations: files, problems } = await loadMigrations(folder);
  if (problems.length > 0) throw new BadInputError(problems);
  const purpose = { account: "admin", activity: "plan", readOnly: true } as const;
  const live = await withClient(access, purpose, async (client) => {
    await ensureLedgerShape(client, settings.roles);
    return {
      history: await readHistory(client),
      empty: await isEmptyDatabase(client),
      existingRoles: await findRoles(client, settings.roles),
      now: await serverTime(client),
    };
  });
  ensureStamp({
    stamp: live.history.stamp,
    empty: live.empty,
    tier: settings.tier,
    adopt: settings.adopt,
    database: settings.server.database,
  });

  const { targetVersion, tickets } = settings.run;
  const plan = planMigrations(files, live.history.versions, targetVersion);
  const violations = checkGate({
    tier: settings.tier,
    plan,
    tickets,
    targetVersion,
    migratorConfigured: settings.roles.migrator !== null,
    infrastructureRole: settings.roles.infrastructure,
    files,
    schemas: settings.schemas,
    now: live.now,
    appliedAt: (version) => {
      const state = live.history.versions.find((one) => one.version === version);
      return state?.status === "applied" ? state.completedAt : null;
    },
    isUpdate,
    lower,
    windows: settings.run.windows,
    breakGlass: live.history.breakGlass,
  });
  const { history, existingRoles, now } = live;
  return { files, history, plan, violations, existingRoles, now };
}

async function findRoles(
  client: Client,
  { service, infrastructure, migrators, approvers, further }: RoleSettings,
): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ name: string }>(
    "SELECT rolname AS name FROM pg_roles WHERE rolname = ANY ($1::text[])",
    [[service, infrastructure, ...migrators, ...approvers, ...further.map(({ name }) => name)]],
  );
  return new Set(rows.map(({ name }) => name));
}
