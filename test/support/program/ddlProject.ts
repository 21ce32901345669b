/**
 * A project folder for the `ddl` command: configuration of one stack that leads to a test's database, and migrations.
 * Does NOT make the database (see programDatabase.ts) or run a command (see ddl.ts).
 */
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { stringify } from "yaml";

import type { ProgramDatabase } from "../servers/programDatabase";
import { ddl, ddlEnvironment, type DdlOutcome } from "./ddl";
import { backendIn } from "./publishBelow";

const repository = resolve(__dirname, "../../..");

/** Files by name. */
type Files = Readonly<Record<string, string>>;

type Variables = Readonly<Record<string, string | undefined>>;

export interface DdlProject {
  readonly folder: string;
  readonly migrations: string;
  /** What leads a command here, for a test that starts one itself. */
  readonly environment: NodeJS.ProcessEnv;
  /** Runs `ddl <words>` here; a password that is shown fails the test. `env` may take variables away. */
  run(words: string, env?: Variables): Promise<DdlOutcome>;
  /** The same for words that hold blanks. */
  runWords(words: readonly string[], env?: Variables): Promise<DdlOutcome>;
  /** Adds or replaces a stack's file. */
  configure(
    stack: string,
    database: ProgramDatabase,
    more?: Readonly<Record<string, unknown>>,
  ): Promise<void>;
  write(files: Files): Promise<void>;
  remove(): Promise<void>;
}

/** Configuration by which the program finds the database. */
function configOf({ settings }: ProgramDatabase): Record<string, unknown> {
  const { server, roles, run, tier } = settings;
  return {
    tier,
    host: server.host,
    port: server.port,
    database: server.database,
    sslmode: server.sslmode,
    admin: roles.admin,
    migrator: roles.migrator ?? "",
    migrators: roles.migrators,
    approver: roles.approver ?? "",
    approvers: roles.approvers,
    serviceRole: roles.service,
    infrastructureRole: roles.infrastructure,
    targetVersion: run.targetVersion,
    promotesFrom: run.promotesFrom ?? "",
    lockTimeoutMs: run.lockTimeoutMs,
    lockBudgetMs: run.lockBudgetMs,
    runnerWaitMs: run.runnerWaitMs,
  };
}

/** Makes a project whose stack has the name of the database's tier. */
export async function makeDdlProject(database: ProgramDatabase, files: Files): Promise<DdlProject> {
  const folder = await mkdtemp(join(tmpdir(), "ddl-project-"));
  const migrations = join(folder, "migrations");
  await mkdir(migrations);
  await copyFile(join(repository, "Pulumi.yaml"), join(folder, "Pulumi.yaml"));
  const password = (await database.access.passwordOf("admin", database.names.admin)) ?? "";
  const own = {
    DDL_PROJECT: folder,
    DDL_SANDBOX: join(folder, ".sandbox"),
    DDL_ADMIN_PASSWORD: password,
    DDL_MIGRATOR_PASSWORD: password,
    DDL_APPROVER_PASSWORD: password,
    ...backendIn(folder),
  };
  const runWords: DdlProject["runWords"] = async (words, env = {}) => {
    const outcome = await ddl(words, { cwd: folder, env: { ...own, ...env } });
    const shown = outcome.stdout + outcome.stderr;
    if (shown.includes(password)) throw new Error("the password was shown");
    if (/^\s+at .+:\d+:\d+/m.test(shown)) throw new Error(`a stack trace was shown:\n${shown}`);
    return outcome;
  };
  const project: DdlProject = {
    folder,
    migrations,
    environment: ddlEnvironment(own),
    runWords,
    run: (words, env) => runWords(words.split(" "), env),
    async configure(stack, { settings, ...rest }, more = {}) {
      const values = Object.entries({ ...configOf({ settings, ...rest }), ...more });
      const config = Object.fromEntries(
        values.map(([key, value]) => [`rmhgeoapi-database:${key}`, value]),
      );
      await writeFile(join(folder, `Pulumi.${stack}.yaml`), stringify({ config }));
    },
    async write(more) {
      for (const [name, text] of Object.entries(more))
        await writeFile(join(migrations, name), text);
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
  await project.configure(database.settings.tier, database);
  await project.write(files);
  return project;
}
