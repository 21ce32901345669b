/**
 * Looks at files and database before anything is registered, and plans. Reads only: no lock, no write.
 * Does NOT register resources (see migrationSet.ts) or run anything.
 */
import { type Client, escapeIdentifier } from "pg";

import { lookAtPgstac } from "../../../pgstac/database/look";
import { type PgstacPlan, planPgstac } from "../../../pgstac/hardening/plan";
import { type Access, ConnectionError, withClient } from "../../../stack/connection";
import { BadInputError, MigrationError, type Problem } from "../../../stack/errors";
import { ledgerTable, ownTables } from "../../../stack/ownTables";
import type { RoleSettings, Settings } from "../../../stack/settings";
import type { MigrationFile } from "../files/file";
import type { RepeatableFile } from "../files/repeatable";
import { checkGate } from "../gate/gate";
import type { FoundAlready, GateInput } from "../gate/input/gateInput";
import type { Violation } from "../gate/input/gateRule";
import { type Plan, planMigrations, planRollback } from "../gate/input/plan";
import { type WaitingFile, waitingIn } from "../gate/waiting";
import { doubtsIn } from "../history/doubted";
import type { History } from "../history/history";
import type { LowerTier } from "../history/promotion";
import { provenNow } from "../history/proof";
import { isOfOtherTool } from "../history/shape";
import { shapeStatements } from "../history/shapeSql";
import { ensureStamp } from "../history/stamp";
import type { Comparison } from "../history/structureRecord";
import { describeUpgrade, type TableUpgrade } from "../history/upgrades";
import { describeLosses, lossesOf } from "../impact/rollbackLosses";
import { inspectTables, isEmptyDatabase, readProofs, serverTime } from "../ledger/ledger";
import { readCurrentState } from "../ledger/structure";
import type { Beside } from "../server/beside";
import { findCollisions } from "./collisions";
import { collect, type Loaded, readSources, type Sources } from "./load";
import { readObstacles } from "./obstacles";
import type { PreflightPreview } from "./preflightPreview";
import { parseUnlessRecorded, recordedIn } from "./recorded";
import { readRowEstimates } from "./rowEstimates";
import { previewServer } from "./serverLook";

/** What neither files nor database can say. */
export interface Circumstances {
  /**
   * What the stack that this one promotes from publishes; null when none is configured. A function is asked only where
   * versions go back with a rollback file that was changed since they were applied: nothing else that goes back needs it.
   */
  readonly lower: LowerTier | null | (() => Promise<LowerTier | null>);
  /** False for a look ahead: what must not be run yet is then only warned of. */
  readonly isUpdate: boolean;
  /** Versions to take back by name, in place of what the target asks for. */
  readonly takeBack?: readonly string[];
  /** Whether the stack was never brought up: then its server may not be there yet. Absent: it was. */
  readonly isNew?: () => Promise<boolean>;
  /** The admin's session to look from, where one stays open for what comes after. */
  readonly beside?: Beside;
  /** Why there is no server to look at yet: this very run makes it. Null or absent: there should be one. */
  readonly unmade?: string | null;
}

/** What files and database say, and what follows from it. */
export interface Survey {
  readonly files: readonly MigrationFile[];
  readonly repeatables: readonly RepeatableFile[];
  readonly history: History;
  /** How the live schemas compare with what was recorded. */
  readonly structure: Comparison;
  readonly plan: Plan<MigrationFile>;
  readonly violations: readonly Violation[];
  /** Files up to the target that only wait for a date; they are among plan.held. Lowest first. */
  readonly waiting: readonly WaitingFile[];
  /** What each rollback file of plan.toRollBack would throw away, by the migration's file name; one line a table. */
  readonly losses: ReadonlyMap<string, readonly string[]>;
  /** What pre-flight would say now; null when nothing is to run, or when it is about to say so itself. */
  readonly preflight: PreflightPreview | null;
  /** What the stack that this one promotes from publishes; null when none is configured. */
  readonly lower: LowerTier | null;
  /** Named for this run. */
  readonly tickets: readonly string[];
  /** Those of the configured roles that the server has already. */
  readonly existingRoles: ReadonlySet<string>;
  /** PgSTAC as it was found, and what leads to the one of the stack; null where the stack has none. */
  readonly pgstac: { readonly installed: string | null; readonly plan: PgstacPlan } | null;
  /** What stands in the way of what is declared, and what an administrator runs. */
  readonly obstacles: readonly string[];
  /** Steps from an older release's tables of our own to this one's, which `up` takes before anything runs. */
  readonly upgrades: readonly TableUpgrade[];
  /** When it was looked at, by the server's clock. */
  readonly now: Date;
  /** Why the database could not be looked at, in a preview of a stack that was never brought up; else null. */
  readonly unseen: string | null;
}

/** The ledger exists but is not the policy's. */
export class LedgerShapeError extends MigrationError {
  readonly code = "LEDGER_SHAPE";

  /** @param admin  Login of the admin, to whom the tables should belong. */
  constructor(differences: readonly string[], admin: string) {
    const list = differences.join("\n  ");
    const [what, hint] = isOfOtherTool(differences)
      ? [
          `The database has a ${ledgerTable} already, which is another tool's and not the policy's ledger:`,
          "leave that table as it is while its tool is in use, and give this program a database of its own. Once the tool " +
            "is retired, keep what it wrote under another name, then run up: " +
            `ALTER TABLE ${ledgerTable} RENAME TO ${ownTables.ledger}_before; ` +
            "what it says is applied is then recorded with npx ddl compare and npx ddl baseline.",
        ]
      : [
          "The ledger is not what the policy says:",
          "correct the table by hand as its owner; this program never changes a ledger that exists.",
        ];
    const statements = isOfOtherTool(differences) ? [] : statementsFor(differences, admin);
    const wanted = statements.map((sql) => `\n    ${sql};`).join("");
    const heading = wanted === "" ? "" : "\nAs its owner, after a look at what it holds:";
    super(`${what}\n  ${list}${heading}${wanted}`, hint);
  }
}

/** What makes each table as it should be, as far as a statement can be written. */
const statementsFor = (differences: readonly string[], admin: string): readonly string[] =>
  [...new Set(differences.map(tableOf))].flatMap((table) =>
    shapeStatements(
      table,
      differences
        .filter((line) => tableOf(line) === table)
        .map((line) => line.slice(`${table}: `.length)),
      escapeIdentifier(admin),
    ),
  );

/** Lines begin with the table's name. */
const tableOf = (line: string): string => line.slice(0, line.indexOf(": "));

/** The program's own tables are those of an older release. */
export class OutdatedTablesError extends MigrationError {
  readonly code = "TABLES_OUTDATED";

  constructor(upgrades: readonly TableUpgrade[]) {
    super(
      `This program's own tables are of an older release:\n  ${upgrades.map(describeUpgrade).join("\n  ")}`,
      "bring the stack up: pulumi up (of the sandbox: make up STACK=…) upgrades them before anything else.",
    );
  }
}

/**
 * Makes sure that what there is of our tables is right. To be called before they are read: a query for a column that
 * is not there would fail with nothing but its name. Runs as the admin, reads only.
 *
 * @returns Steps from an older release's tables to this one's.
 * @throws {LedgerShapeError} naming every difference.
 */
export async function ensureLedgerShape(
  client: Client,
  roles: RoleSettings,
): Promise<readonly TableUpgrade[]> {
  const { differences, upgrades } = await inspectTables(client, roles);
  if (differences.length > 0) throw new LedgerShapeError(differences, roles.admin);
  return upgrades;
}

/**
 * Makes sure that none of those steps is left. To be called before a run that nothing brings up to date on its way.
 *
 * @throws {OutdatedTablesError} naming every step.
 */
export function ensureUpgraded(upgrades: readonly TableUpgrade[]): void {
  if (upgrades.length > 0) throw new OutdatedTablesError(upgrades);
}

/**
 * Reads everything and plans.
 *
 * @throws {BadInputError}    files that cannot be used, all problems at once.
 * @throws {ConnectionError}  the database cannot be reached, and the stack is not one that is only looked ahead for.
 * @throws {StampError}       it belongs to another tier.
 * @throws {LedgerShapeError} its ledger is not the policy's.
 */
export async function surveyStack(
  access: Access,
  folder: string,
  circumstances: Circumstances,
): Promise<Survey> {
  const { settings } = access;
  const { isUpdate } = circumstances;
  const sources = await readSources(folder);
  const look = async (): Promise<Live> => {
    const { unmade = null } = circumstances;
    if (unmade === null) return readDatabase(access, sources, circumstances);
    const loaded = collect(sources);
    ensureUsable(loaded.problems);
    return withoutDatabase(access, loaded, unmade);
  };
  const live = await look().catch(async (error: unknown) => {
    // Whatever is wrong with the database, files that cannot be used are to be corrected first.
    const loaded = collect(sources);
    ensureUsable(loaded.problems);
    const isAbsent = error instanceof ConnectionError && error.isAbsent && !isUpdate;
    if (isAbsent && (await circumstances.isNew?.()) === true) {
      return withoutDatabase(access, loaded, error.message);
    }
    throw error;
  });
  ensureStamp(settings, live.history.stamp, { empty: live.empty, adopt: settings.adopt });

  const { targetVersion, tickets } = settings.run;
  const { files, repeatables, history, plan } = live;
  const lower = await lowerFor(plan, circumstances);
  const stateOf = new Map(history.versions.map((state) => [state.version, state]));
  const input: GateInput = {
    tier: settings.tier,
    plan,
    tickets,
    targetVersion,
    migratorConfigured: settings.roles.migrator !== null,
    provenRollbacks: live.proven,
    files,
    repeatables,
    schemas: settings.schemas,
    now: live.now,
    appliedAt: (version) => {
      const state = stateOf.get(version);
      return state?.status === "applied" ? state.completedAt : null;
    },
    isUpdate,
    lower,
    windows: settings.run.windows,
    breakGlass: live.history.breakGlass,
    structure: live.structure,
    doubted: doubtsIn(live.history),
    found: live.found,
    pgstac:
      live.pgstac === null || settings.pgstac === null
        ? null
        : { ...settings.pgstac, plan: live.pgstac.plan },
  };
  const violations = checkGate(input);
  const waiting = waitingIn(input, violations);
  if (waiting === null) return { ...live, violations, waiting: [], tickets, lower };
  const left = checkGate(waiting.input);
  return {
    ...live,
    plan: waiting.input.plan,
    violations: [...left, waiting.violation],
    waiting: waiting.files,
    tickets,
    lower,
  };
}

async function lowerFor(
  plan: Plan<MigrationFile>,
  { lower }: Circumstances,
): Promise<LowerTier | null> {
  if (typeof lower !== "function") return lower;
  return plan.toRollBack.some((file) => plan.changedRollbacks.includes(file)) ? lower() : null;
}

/** The survey before the gate's word, and what the gate needs beside it. */
type Live = Omit<Survey, "violations" | "waiting" | "tickets" | "lower"> & {
  /** See GateInput. */
  readonly found: readonly FoundAlready[];
  readonly empty: boolean;
  /** Versions whose rollback is proven. */
  readonly proven: ReadonlySet<string>;
};

/** Reads what the database knows, and the files in its light: what is applied as it stands is not parsed again. */
async function readDatabase(
  access: Access,
  sources: Sources,
  { isUpdate, takeBack, beside }: Circumstances,
): Promise<Live> {
  const { roles, run, schemas } = access.settings;
  const purpose = { account: "admin", activity: "plan", readOnly: true } as const;
  const look = async (client: Client): Promise<Live> => {
    const upgrades = await ensureLedgerShape(client, roles);
    const { history, structure } = await readCurrentState(client, schemas);
    const parse = parseUnlessRecorded(recordedIn(history.versions));
    const { migrations: files, repeatables, problems } = collect(sources, parse);
    ensureUsable(problems);
    const planned = planMigrations(files, history.versions, run.targetVersion);
    const chosen = takeBack === undefined ? planned : planRollback(planned, takeBack);
    const plan = access.settings.onlyLooks ? holding(chosen) : chosen;
    return {
      files,
      repeatables,
      history,
      structure,
      plan,
      preflight: isUpdate ? null : await previewServer(client, roles, { files, ...plan }),
      proven: provenNow(files, await readProofs(client)),
      found: history.versions.length > 0 ? [] : await findCollisions(client, plan.pending),
      losses: await estimateLosses(client, files, plan.toRollBack),
      empty: await isEmptyDatabase(client),
      existingRoles: await findRoles(client, roles),
      pgstac: await surveyPgstac(client, access.settings.pgstac, history),
      obstacles: await readObstacles(client, access.settings),
      upgrades,
      now: await serverTime(client),
      unseen: null,
    };
  };
  return beside === undefined ? withClient(access, purpose, look) : look(await beside.client());
}

/** Nothing runs, and nothing goes back, in a database that is only looked at. */
const holding = (plan: Plan<MigrationFile>): Plan<MigrationFile> => ({
  ...plan,
  pending: [],
  held: [...plan.pending, ...plan.held],
  toRollBack: [],
});

/** What is known of a database that is not there yet: nothing. Everything up to the target is pending. */
function withoutDatabase(
  { settings }: Access,
  { migrations: files, repeatables }: Loaded,
  unseen: string,
): Live {
  return {
    files,
    repeatables,
    history: { stamp: null, breakGlass: null, versions: [], vouchings: [] },
    structure: { kind: "never recorded" },
    plan: planMigrations(files, [], settings.run.targetVersion),
    preflight: null,
    proven: new Set(),
    found: [],
    losses: new Map(),
    empty: true,
    existingRoles: new Set(),
    pgstac: null,
    obstacles: [],
    upgrades: [],
    now: new Date(),
    unseen,
  };
}

async function surveyPgstac(
  client: Client,
  settings: Settings["pgstac"],
  { pgstac }: History,
): Promise<Survey["pgstac"]> {
  if (settings === null) return null;
  const found = { ...(await lookAtPgstac(client)), recorded: pgstac?.installed ?? null };
  if (found.hidden) return null;
  return { installed: found.version, plan: planPgstac(found, settings.version) };
}

function ensureUsable(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new BadInputError(problems);
}

async function estimateLosses(
  client: Client,
  files: readonly MigrationFile[],
  toRollBack: readonly MigrationFile[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const losses = toRollBack.map((file) => ({ file, losses: lossesOf(file, files) }));
  const tables = losses.flatMap((one) => one.losses.map(({ table }) => table));
  const estimates = await readRowEstimates(client, [...new Set(tables)]);
  return new Map(losses.map((one) => [one.file.fileName, describeLosses(one.losses, estimates)]));
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
